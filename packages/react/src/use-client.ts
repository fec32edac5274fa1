import type { OpenManagerClient, SubscribeOptions } from '@openmanager/client';
import type { Topic } from '@openmanager/protocol';
import { useContext, useEffect } from 'react';
import { ClientContext } from './client-context.ts';
import { holdClient, sharedClient } from './shared-client.ts';
import type { HubTarget } from './types.ts';

/**
 * The shared client, kept while the component is mounted; inside a `HubClient` that one's, unless the target names a
 * hub. Does not connect by itself.
 */
export function useClient(target: HubTarget = {}): OpenManagerClient {
  const given = useContext(ClientContext);
  const isNamed = target.url !== undefined || target.token !== undefined;
  const entry = given === null || isNamed ? sharedClient(target) : undefined;
  useEffect(() => (entry === undefined ? undefined : holdClient(entry)), [entry]);
  return entry?.client ?? (given as OpenManagerClient);
}

/** The shared client with a topic held while the component is mounted; connects unless it was ended. */
export function useTopic(
  target: HubTarget,
  topic: Topic | null,
  options: SubscribeOptions = {},
): OpenManagerClient {
  const client = useClient(target);
  // Options are often written in place: only what they say counts, not which object says it.
  const wanted = JSON.stringify(viewOf(options));
  useEffect(() => {
    if (topic === null) return undefined;
    const release = client.subscribeTopic(topic, JSON.parse(wanted) as SubscribeOptions);
    // Only from idle: a hook that merely reads must not undo a disconnect or repeat a refused handshake.
    if (client.connection.getSnapshot().status === 'idle') client.connect();
    return release;
  }, [client, topic, wanted]);
  return client;
}

function viewOf({
  minPriority,
  hosts,
  metrics,
  maxRateMs,
  chart,
}: SubscribeOptions): SubscribeOptions {
  return { minPriority, hosts, metrics, maxRateMs, chart };
}
