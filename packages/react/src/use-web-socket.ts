import { emptyStats, type OpenManagerClient, type SubscribeOptions } from '@openmanager/client';
import type { Priority, TopicName } from '@openmanager/protocol';
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { useAlertNotifications } from './notifications/use-notifications.ts';
import { TopicHolder } from './topic-holder.ts';
import type { UseWebSocketOptions, UseWebSocketResult } from './types.ts';
import { useClient } from './use-client.ts';

type Data = Omit<UseWebSocketResult, keyof Actions>;
type Actions = Pick<
  UseWebSocketResult,
  'connect' | 'disconnect' | 'subscribe' | 'unsubscribe' | 'refreshStatus' | 'clearData'
>;

/** Defaults of `useWebSocket`. */
export interface WebSocketDefaults {
  readonly autoConnect: boolean;
  readonly reconnectAttempts: number;
  readonly keepTrying: boolean;
  readonly debug: boolean;
  readonly topics: readonly TopicName[];
  readonly minPriority: Priority;
  readonly notifications: boolean;
}

export const webSocketDefaults: WebSocketDefaults = {
  autoConnect: true,
  reconnectAttempts: 5,
  keepTrying: true,
  debug: false,
  topics: ['fleet', 'alerts', 'events', 'system'],
  minPriority: 'low',
  notifications: false,
};

const serverData: Data = {
  isConnected: false,
  isConnecting: false,
  connectionState: { status: 'idle' },
  serverMetrics: [],
  alerts: [],
  events: [],
  latestMetric: null,
  systemStatus: null,
  stats: emptyStats,
  subscriptions: [],
};

type Read = { readonly [K in keyof Data]: (client: OpenManagerClient) => Data[K] };

const read: Read = {
  isConnected: (client) => client.connection.getSnapshot().status === 'connected',
  isConnecting: (client) => {
    const { status } = client.connection.getSnapshot();
    return status === 'connecting' || status === 'reconnecting';
  },
  connectionState: (client) => client.connection.getSnapshot(),
  serverMetrics: (client) => client.fleet.getSnapshot(),
  alerts: (client) => client.alerts.getSnapshot(),
  events: (client) => client.events.getSnapshot(),
  latestMetric: (client) => client.latest.getSnapshot(),
  systemStatus: (client) => client.system.getSnapshot(),
  stats: (client) => client.stats.getSnapshot(),
  subscriptions: (client) => client.subscriptions.getSnapshot(),
};
const fields = Object.keys(read) as (keyof Data)[];

/**
 * Live data of an OpenManager hub: connects, holds the topics, restores both after a loss, and renders when a
 * field that was read changes. All hooks with the same `url` and `token` share one connection.
 */
export function useWebSocket(options: UseWebSocketOptions = {}): UseWebSocketResult {
  const { autoConnect, minPriority, topics, notifications, reconnectAttempts, keepTrying, debug } =
    {
      ...webSocketDefaults,
      ...definedOnly(options),
    };
  const client = useClient(options);
  useEffect(
    () => client.configure({ reconnectAttempts, keepTrying, debug }),
    [client, reconnectAttempts, keepTrying, debug],
  );
  const actions = useActions(client, topics, minPriority);
  useEffect(() => {
    const state = client.connection.getSnapshot();
    // A refused handshake is tried anew by a newly mounted page: somebody may have signed in since.
    const refused = state.status === 'closed' && state.reason === 'refused';
    if (autoConnect && (state.status === 'idle' || refused)) client.connect();
  }, [client, autoConnect]);
  useAlertNotifications(client, notifications);
  return useTrackedData(client, actions);
}

function useActions(
  client: OpenManagerClient,
  topics: readonly TopicName[],
  minPriority: Priority,
): Actions {
  const own = useMemo(
    () => ({ fixed: new TopicHolder(client), asked: new TopicHolder(client) }),
    [client],
  );
  const names = topics.join(' ');
  useEffect(() => {
    for (const topic of names.split(' '))
      if (topic !== '') own.fixed.hold(topic as TopicName, { minPriority });
    return () => own.fixed.releaseAll();
  }, [own, names, minPriority]);
  useEffect(() => () => own.asked.releaseAll(), [own]);
  return useMemo(
    () => ({
      connect: () => client.connect(),
      disconnect: () => client.disconnect(),
      subscribe: (topic: TopicName, options: SubscribeOptions = {}) =>
        own.asked.hold(topic, options),
      unsubscribe: (topic: TopicName) => {
        own.asked.release(topic);
        own.fixed.release(topic);
      },
      refreshStatus: () => client.refreshStatus(),
      clearData: () => client.clearData(),
    }),
    [client, own],
  );
}

/** A result whose getters note what is read, so that only changes of that render again. */
function useTrackedData(client: OpenManagerClient, actions: Actions): UseWebSocketResult {
  const [used] = useState(() => new Set<keyof Data>());
  const last = useRef<{ readonly client: OpenManagerClient; readonly data: Data } | null>(null);
  const subscribe = useMemo(() => subscribeAll(client), [client]);
  const getSnapshot = (): Data => {
    const before = last.current;
    const data = snapshot(client);
    if (
      before?.client === client &&
      [...used].every((name) => Object.is(before.data[name], data[name]))
    )
      return before.data;
    last.current = { client, data };
    return data;
  };
  const data = useSyncExternalStore(subscribe, getSnapshot, () => serverData);
  return useMemo(() => {
    const result = { ...actions };
    for (const name of fields)
      Object.defineProperty(result, name, {
        enumerable: true,
        get: () => {
          used.add(name);
          // Read live: `data` may hold an older value of a field that nobody had read until now.
          return data === serverData ? serverData[name] : read[name](client);
        },
      });
    return result as UseWebSocketResult;
  }, [client, actions, data, used]);
}

function snapshot(client: OpenManagerClient): Data {
  return Object.fromEntries(fields.map((name) => [name, read[name](client)])) as unknown as Data;
}

function subscribeAll(client: OpenManagerClient): (listener: () => void) => () => void {
  return (listener) => {
    const stops = [
      client.connection,
      client.fleet,
      client.alerts,
      client.events,
      client.latest,
      client.system,
      client.stats,
      client.subscriptions,
    ].map((readable) => readable.subscribe(listener));
    return () => {
      for (const stop of stops) stop();
    };
  };
}

/** Without the fields that are there but undefined, which would hide the defaults. */
function definedOnly<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
