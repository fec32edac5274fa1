import { emptySeries, type SeriesSnapshot, type SubscribeOptions } from '@openmanager/client';
import { headlineKeys, targetTopic, type Topic } from '@openmanager/protocol';
import { useMemo } from 'react';
import { useTopic } from './use-client.ts';
import { identity, useSelected } from './use-selected.ts';
import type { HubTarget } from './types.ts';

export interface UseSeriesOptions extends HubTarget, Pick<SubscribeOptions, 'maxRateMs' | 'chart'> {
  /**
   * Where live points come from: `fleet` (headline series, at the host's own interval), `host` (any series,
   * every second while held), or `none` to read only what others make arrive.
   * @default 'fleet' for headline series, 'host' for others
   */
  readonly from?: 'fleet' | 'host' | 'none' | undefined;
}

const headlines: ReadonlySet<string> = new Set(headlineKeys);

/** Points of one series; a new object only when they changed. */
export function useSeries(
  hostId: string,
  key: string,
  options: UseSeriesOptions = {},
): SeriesSnapshot {
  const topic = topicFor(hostId, key, options.from);
  const { maxRateMs, chart } = options;
  const hosts = topic === 'fleet' ? [hostId] : undefined;
  const client = useTopic(options, topic, { hosts, metrics: [key], maxRateMs, chart });
  const readable = useMemo(() => client.series(hostId, key), [client, hostId, key]);
  return useSelected(readable, emptySeries, identity, Object.is);
}

function topicFor(hostId: string, key: string, from: UseSeriesOptions['from']): Topic | null {
  const source = from ?? (headlines.has(key) ? 'fleet' : 'host');
  if (source === 'none') return null;
  return source === 'fleet' ? 'fleet' : targetTopic(hostId);
}
