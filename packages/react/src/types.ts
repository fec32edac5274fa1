import type {
  ClientStats,
  ConnectionState,
  ServerMetrics,
  SubscribeOptions,
  SubscriptionInfo,
} from '@openmanager/client';
import type { Alert, HubEvent, Priority, SystemStatus, TopicName } from '@openmanager/protocol';

/** Which hub a hook talks to. All hooks with the same url and token share one connection. */
export interface HubTarget {
  /** Origin of the hub. @default `setDefaultHub`, else the page's own origin */
  readonly url?: string | undefined;
  /** API token, for pages on another origin; the session cookie is used without it. */
  readonly token?: string | undefined;
}

export interface SelectOptions<T> extends HubTarget {
  /** Two selections that are equal do not render again. @default shallow equality of arrays and plain objects */
  readonly isEqual?: ((before: T, after: T) => boolean) | undefined;
}

export interface UseWebSocketOptions extends HubTarget {
  /** Connects when the component mounts. @default true */
  readonly autoConnect?: boolean | undefined;
  /** Fast attempts before the state is `offline`. @default 5 */
  readonly reconnectAttempts?: number | undefined;
  /** Whether slow attempts follow the fast ones. @default true */
  readonly keepTrying?: boolean | undefined;
  /** Logs to the console. @default false */
  readonly debug?: boolean | undefined;
  /** Topics held while the component is mounted. @default ['fleet', 'alerts', 'events', 'system'] */
  readonly topics?: readonly TopicName[] | undefined;
  /** Hosts and alerts below this priority are not sent. @default 'low' */
  readonly minPriority?: Priority | undefined;
  /** Shows a browser notification per alert that starts firing, once the user has permitted it. @default false */
  readonly notifications?: boolean | undefined;
}

/**
 * What the hook knows and can do. A component renders only when a field it has read changes, so take the
 * fields you need: `const { isConnected, alerts } = useWebSocket()`.
 */
export interface UseWebSocketResult {
  readonly isConnected: boolean;
  /** An attempt is under way or about to be made at once. */
  readonly isConnecting: boolean;
  readonly connectionState: ConnectionState;
  /** Hosts of the fleet topic, in the hub's order; a host that did not change is the same object as before. */
  readonly serverMetrics: readonly ServerMetrics[];
  /** Pending and firing alerts and those resolved in the last hour, newest first. */
  readonly alerts: readonly Alert[];
  /** Newest first, at most 200. */
  readonly events: readonly HubEvent[];
  /** The host updated last. */
  readonly latestMetric: ServerMetrics | null;
  readonly systemStatus: SystemStatus | null;
  readonly stats: ClientStats;
  readonly subscriptions: readonly SubscriptionInfo[];
  readonly connect: () => void;
  /** Ends the shared connection, for every hook that uses it, until `connect`. */
  readonly disconnect: () => void;
  /** Holds a topic until the returned function, `unsubscribe`, or unmounting lets it go. */
  readonly subscribe: (topic: TopicName, options?: SubscribeOptions) => () => void;
  /** Lets go of what this hook holds of a topic. */
  readonly unsubscribe: (topic: TopicName) => void;
  readonly refreshStatus: () => Promise<void>;
  readonly clearData: () => void;
}

export type NotificationPermissionState = NotificationPermission | 'unsupported';

export interface UseNotificationsResult {
  /** The browser's permission; `unsupported` where there are no notifications (also on plain http). */
  readonly permission: NotificationPermissionState;
  /** Asks the user. Call it from a click or key press: browsers refuse it elsewhere. */
  readonly request: () => Promise<NotificationPermissionState>;
  /** The user's own switch, remembered in this browser. @default true */
  readonly enabled: boolean;
  readonly setEnabled: (enabled: boolean) => void;
}
