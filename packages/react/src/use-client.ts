import type { OpenManagerClient, SubscribeOptions } from '@openmanager/client';
import type { Topic } from '@openmanager/protocol';
import { useEffect } from 'react';
import { holdClient, sharedClient } from './shared-client.ts';
import type { HubTarget } from './types.ts';

/** The shared client, kept while the component is mounted. Does not connect by itself. */
export function useClient(target: HubTarget = {}): OpenManagerClient {
  const entry = sharedClient(target);
  useEffect(() => holdClient(entry), [entry]);
  return entry.client;
}

/** The shared client with a topic held while the component is mounted; connects unless it was ended. */
export function useTopic(
  target: HubTarget,
  topic: Topic | null,
  minPriority?: SubscribeOptions['minPriority'],
): OpenManagerClient {
  const client = useClient(target);
  useEffect(() => {
    if (topic === null) return undefined;
    const release = client.subscribeTopic(topic, minPriority === undefined ? {} : { minPriority });
    // Only from idle: a hook that merely reads must not undo a disconnect or repeat a refused handshake.
    if (client.connection.getSnapshot().status === 'idle') client.connect();
    return release;
  }, [client, topic, minPriority]);
  return client;
}
