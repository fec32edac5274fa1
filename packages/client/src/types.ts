import type {
  Alert,
  Answer,
  ErrorBody,
  History,
  HistoryRequest,
  HostInfo,
  HostOutlook,
  HostStatus,
  HubEvent,
  MetricName,
  Outlook,
  OutlookRequest,
  Priority,
  ProcessRow,
  SystemStatus,
  Topic,
  TopicName,
  View,
} from '@openmanager/protocol';

/** Why a connection is not open, for people and for code. */
export type CloseReason =
  | 'never-connected'
  | 'user'
  | 'network'
  | 'hub-stopping'
  | 'heartbeat-timeout'
  | 'attempts-exhausted'
  | 'refused';

/**
 * idle ─connect→ connecting ─→ connected ─lost→ reconnecting (fast attempts, jitter) ─spent→ offline (slow
 * attempts; at once on `online` or when the page becomes visible) ─→ connected. `closed` ends it: by the user,
 * or refused by the hub with an error that a retry cannot fix.
 */
export type ConnectionState =
  | { readonly status: 'idle' }
  | { readonly status: 'connecting'; readonly attempt: number }
  | { readonly status: 'connected'; readonly sinceMs: number; readonly rttMs: number | null }
  | {
      readonly status: 'reconnecting';
      readonly attempt: number;
      readonly maxAttempts: number;
      readonly reason: CloseReason;
    }
  | { readonly status: 'offline'; readonly reason: CloseReason; readonly retryAtMs: number | null }
  | { readonly status: 'closed'; readonly reason: CloseReason; readonly error?: ErrorBody };

/** Values by metric for series without attributes, typed by the catalogue. */
export type MetricValues = { readonly [M in MetricName]?: number };

/** Newest state of a host on the fleet topic. */
export interface ServerMetrics {
  readonly hostId: string;
  readonly hostname: string;
  readonly info: HostInfo;
  readonly status: HostStatus;
  readonly priority: Priority;
  /** Time of the newest sample, epoch ms. */
  readonly timeMs: number;
  readonly metrics: MetricValues;
  /** Every series by its key, those with attributes too. */
  readonly series: Readonly<Record<string, number>>;
}

export interface HostState extends ServerMetrics {
  readonly processes: { readonly timeMs: number; readonly rows: readonly ProcessRow[] } | null;
  /** Anomalies of the last day and forecasts; null until the hub has sent any. */
  readonly outlook: HostOutlook | null;
}

/** A span for which the data is missing for good. */
export interface Gap {
  readonly topic: Topic;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ClientStats {
  readonly framesReceived: number;
  readonly bytesReceived: number;
  readonly messagesReceived: number;
  readonly reconnects: number;
  readonly recovered: number;
  readonly backfilled: number;
  readonly gaps: readonly Gap[];
  readonly rttMs: number | null;
  /** Sample time to applied here, in hub time, over the last 200 frames. */
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null;
  /** Epoch ms of the last frame or message. */
  readonly lastReceivedMs: number | null;
  readonly malformedFrames: number;
  /** The hub leaves frames out because this client is slow to read. */
  readonly lagging: boolean;
  /** Frames left out on this connection. */
  readonly framesCoalesced: number;
  /** Points held and the bound. */
  readonly points: {
    readonly held: number;
    readonly limit: number;
    /** Points evicted to stay within the bound, since the client was created. */
    readonly evicted: number;
  };
}

export type SubscriptionState = 'subscribing' | 'subscribed' | 'unsubscribed';

export interface SubscriptionInfo {
  readonly topic: Topic;
  readonly state: SubscriptionState;
  readonly minPriority: Priority;
  readonly error?: ErrorBody;
}

/** A read-only view of a ring of points; a new object whenever the content changed. */
export interface SeriesSnapshot {
  /** Ascending, epoch ms. */
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
  readonly gaps: readonly Gap[];
}

export interface ClientOptions {
  /** Origin of the hub. @default the page's own origin */
  readonly url?: string;
  /** API token, for pages on another origin. */
  readonly token?: string;
  /** Fast attempts before `offline`. @default 5 */
  readonly reconnectAttempts?: number;
  /** Whether slow attempts follow the fast ones. @default true */
  readonly keepTrying?: boolean;
  /** Points kept per series. @default 900 */
  readonly pointsPerSeries?: number;
  /** Points kept in all; the series least recently read lose theirs first. @default 2_000_000 */
  readonly pointsInAll?: number;
  /** Logs to the console. @default false */
  readonly debug?: boolean;
}

/** What may change while the client lives. */
export type ClientTuning = Pick<ClientOptions, 'reconnectAttempts' | 'keepTrying' | 'debug'>;

/** What is on screen; the hub sends no more. Holders of one topic get the union of their views. */
export interface SubscribeOptions extends View {
  /** @default 'low' */
  readonly minPriority?: Priority | undefined;
}

export type Listener = () => void;

/** A value that changes: the two functions React's useSyncExternalStore wants. Snapshots are immutable. */
export interface Readable<T> {
  readonly subscribe: (listener: Listener) => () => void;
  readonly getSnapshot: () => T;
}

export interface OpenManagerClient {
  readonly url: string;
  /** Changes only the fields given. */
  configure(tuning: ClientTuning): void;
  connect(): void;
  disconnect(): void;
  /** Reference-counted: the topic is unsubscribed when the last holder releases it. Kept while not connected. */
  subscribeTopic(name: TopicName, options?: SubscribeOptions): () => void;
  readonly connection: Readable<ConnectionState>;
  readonly subscriptions: Readable<readonly SubscriptionInfo[]>;
  /** All hosts of the fleet topic, in the hub's order; unchanged hosts keep their identity. */
  readonly fleet: Readable<readonly ServerMetrics[]>;
  readonly alerts: Readable<readonly Alert[]>;
  /** Newest first, at most 200. */
  readonly events: Readable<readonly HubEvent[]>;
  readonly system: Readable<SystemStatus | null>;
  readonly stats: Readable<ClientStats>;
  /** The host updated last. */
  readonly latest: Readable<ServerMetrics | null>;
  /** Full state of one host; filled while `target:<id>` is subscribed, headline values from the fleet otherwise. */
  host(hostId: string): Readable<HostState | null>;
  /** Points of one series, live and backfilled. */
  series(hostId: string, key: string): Readable<SeriesSnapshot>;
  /** Loads past samples into the rings (and returns them), so that a chart starts full. */
  loadHistory(request: HistoryRequest): Promise<Answer<History>>;
  /** What was expected of a series, what stood out, and its forecast. */
  loadOutlook(request: OutlookRequest): Promise<Answer<Outlook>>;
  /** Asks for the system topic's newest state now. */
  refreshStatus(): Promise<void>;
  /** Forgets points and alerts held here; subscriptions stay. */
  clearData(): void;
  /**
   * Called once per firing of which browsers are to be told, after the first snapshot: when it begins, or when what
   * muted it (a silence, another alert …) ends while it still fires. `alerts` has the others too, with the reason in
   * `notify`.
   */
  onAlert(listener: (alert: Alert) => void): () => void;
  /** Hub time now, by the measured offset. */
  hubNow(): number;
  close(): void;
}
