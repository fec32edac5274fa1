import type {
  Alert,
  Anomaly,
  History,
  HistoryRequest,
  HostInfo,
  HostOutlook,
  HostStatus,
  HostSummary,
  HubEvent,
  Outlook,
  OutlookRequest,
  EventKind,
  Severity,
  SlowClients,
  SystemStatus,
} from '@openmanager/protocol';
import type { Subject } from './subject.ts';
import type { HostUpdate, LateRows, ProcessTable } from './update.ts';

export type Unsubscribe = () => void;

/** What ingest hands on. Every call returns at once and never throws. */
export interface LiveInput {
  update(update: HostUpdate): void;
  late(rows: LateRows): void;
  processes(table: ProcessTable): void;
  /**
   * A host appeared, or its facts, interval or clock offset changed. Comes before anything else about a host:
   * calls about hosts that are not known are counted and dropped.
   */
  hostInfo(info: HostInfo): void;
  /** The agent's connection opened or ended. */
  connected(hostId: string, connected: boolean): void;
  removeHost(hostId: string): void;
}

/** Judges a sample at once, before any throttle; answers the host's worst firing severity. */
export type Judge = (update: HostUpdate) => Severity | undefined;

/** Newest state of every host. */
export interface HostDirectory {
  hosts(): readonly HostSummary[];
  host(hostId: string): HostSummary | undefined;
  processes(hostId: string): ProcessTable | undefined;
  onStatus(
    listener: (hostId: string, status: HostStatus, previous: HostStatus) => void,
  ): Unsubscribe;
}

/** Which hosts somebody looks at: their agents are asked for one-second samples. */
export interface Watchers {
  isWatched(hostId: string): boolean;
  onWatched(listener: (hostId: string, watched: boolean) => void): Unsubscribe;
}

export interface AlertSource {
  /** Pending and firing instances. */
  current(): readonly Alert[];
  /** Called after the change is durable. */
  onChange(listener: (changed: readonly Alert[]) => void): Unsubscribe;
}

export interface EventLog {
  /** Newest first. */
  recent(limit: number): readonly HubEvent[];
  record(
    kind: EventKind,
    hostId: string | undefined,
    detail: HubEvent['detail'],
    anomalies?: readonly Anomaly[],
  ): void;
  onEvent(listener: (event: HubEvent) => void): Unsubscribe;
}

/** What is made of hosts' series beyond their samples. */
export interface OutlookSource {
  /** Undefined while nothing stood out and nothing was forecast. */
  outlook(hostId: string): HostOutlook | undefined;
  onOutlook(listener: (hostId: string) => void): Unsubscribe;
  /** Throws `not-found` for an unknown host. */
  series(request: OutlookRequest): Promise<Outlook>;
}

export interface StatusSource {
  status(): SystemStatus;
}

export interface HistorySource {
  history(request: HistoryRequest): Promise<History>;
  /** The samples themselves, or `too-many` when the span holds more than `maxRows` rows. */
  rows(
    hostId: string,
    keys: readonly string[] | undefined,
    fromMs: number,
    toMs: number,
    maxRows: number,
  ): Promise<LateRows | 'too-many'>;
}

/** History as the text of an answer. */
export interface HistoryJson {
  /** What `history` answers, as JSON in UTF-8. */
  historyJson(request: HistoryRequest): Promise<Uint8Array>;
}

/** Who a request or a handshake is from. Wrong credentials throw ProtocolError; none at all is `anonymous`. */
export interface Authenticator {
  authenticate(credentials: {
    readonly cookie?: string | undefined;
    readonly bearer?: string | undefined;
  }): Promise<Subject>;
  /** A session, token or agent key was revoked: whoever uses it is cut. */
  onRevoked(listener: (subject: Subject) => void): Unsubscribe;
}

/** Counters the gateway keeps for topic `system` and /metrics. */
export interface DeliveryStats {
  readonly clients: number;
  readonly slowClients: SlowClients;
  readonly framesSent: number;
  readonly bytesSent: number;
  readonly framesCoalesced: number;
  readonly deliveryMs: { readonly p50: number; readonly p99: number };
}
