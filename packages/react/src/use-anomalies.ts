import type { HostState, Readable } from '@openmanager/client';
import { targetTopic, type Anomaly, type HubEvent } from '@openmanager/protocol';
import { useMemo } from 'react';
import { useTopic } from './use-client.ts';
import { useSelected } from './use-selected.ts';
import type { HubTarget } from './types.ts';

type Source = readonly HubEvent[] | HostState | null;

const none: readonly Anomaly[] = [];

function anomaliesOf(source: Source): readonly Anomaly[] {
  if (source === null) return none;
  if ('outlook' in source) return source.outlook?.anomalies ?? none;
  return source.flatMap(({ anomalies }) => anomalies ?? none);
}

/**
 * What stood out, newest first. Of all hosts: the anomalies of the newest 200 events, from topic `events`, where one
 * event holds what fired together on a host, its likely root first. Of one host: its last day, at most 20, from topic
 * `target:<id>`.
 */
export function useAnomalies(hostId?: string, options: HubTarget = {}): readonly Anomaly[] {
  const client = useTopic(options, hostId === undefined ? 'events' : targetTopic(hostId));
  const readable = useMemo(
    (): Readable<Source> => (hostId === undefined ? client.events : client.host(hostId)),
    [client, hostId],
  );
  return useSelected(readable, null, anomaliesOf);
}
