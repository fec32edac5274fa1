import { HOUR_MS, MINUTE_MS } from '@openmanager/protocol/durations';
import type { Server } from 'node:http';
import { limits, type ErrorCode, type TargetLookup } from '@openmanager/protocol';
import type {
  AlertSource,
  Authenticator,
  Authorize,
  Clock,
  Connections,
  EventLog,
  HistorySource,
  HostDirectory,
  LiveTicks,
  Pulse,
  OutlookSource,
  StatusSource,
} from '../ports/index.ts';
import type { Timers } from './timers.ts';

/** The part of a pino logger that the gateway uses. */
export interface GatewayLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Bounds and intervals; defaults in `gatewayDefaults`. */
export interface GatewayLimits {
  /** Connections at once; more are refused. @default 20_000 */
  readonly clients?: number;
  /** Connections at once that have not shown who they are; the longest quiet go first. @default 2_048 */
  readonly strangers?: number;
  /** Of these, from one address. @default 512 */
  readonly strangersPerAddress?: number;
  /** Connections of one address within ten seconds that do not show who they are. @default 2_000 */
  readonly handshakesPerAddress?: number;
  /** Time to show who one is. @default 5_000 */
  readonly provingMs?: number;
  /** Handshakes that wait for their turn; more are refused and come again. @default 5_000 */
  readonly handshakesWaiting?: number;
  /** Topics one client holds. @default 64 */
  readonly subscriptionsPerClient?: number;
  /** Different views of `fleet` that one session or token holds, over all its connections. @default 32 */
  readonly fleetViewsPerSubject?: number;
  /** Requests per second of one client, in the long run. @default 50 */
  readonly requestsPerSecond?: number;
  /** Requests a client may send at once after a pause. @default 200 */
  readonly requestBurst?: number;
  /** History answers one client waits for at once. @default 16 */
  readonly historyPerClient?: number;
  /** Refusals in a row for too many requests after which the client is disconnected. @default 500 */
  readonly refusalsBeforeCut?: number;
  /** Bytes that one client has not acknowledged, wherever they wait, and bytes of answers to it. @default 1 MiB */
  readonly queueBytes?: number;
  /** Missed frames up to this size are sent after a stall instead of a keyframe. @default 64 KiB */
  readonly catchUpBytes?: number;
  /** Frames and messages a channel keeps for `recovered`. @default 1024 */
  readonly ringEntries?: number;
  /** @default 1 MiB */
  readonly ringBytes?: number;
  /** @default 300_000 */
  readonly ringAgeMs?: number;
  /** How long a channel of frames goes on without subscribers, so that they can resume. @default 60_000 */
  readonly channelLingerMs?: number;
  /** Channels without subscribers at once; the longest idle go first. @default 32 */
  readonly idleChannels?: number;
  /** Channels of frames at once: topics times the different views of them. @default 4096 */
  readonly channels?: number;
  /** A client that acknowledged nothing for this long is behind. @default 8_000 */
  readonly laggingAfterMs?: number;
  /** And is disconnected after this. @default 15_000 */
  readonly evictAfterMs?: number;
  /** Longest absence that is filled from history. @default 3_600_000 */
  readonly backfillMs?: number;
  /** Rows of one host that are filled from history. @default 10_000 */
  readonly backfillRows?: number;
  /** Hosts of `fleet` that are filled from history. @default 64 */
  readonly backfillHosts?: number;
}

export interface GatewayOptions {
  readonly httpServer: Server;
  readonly clock: Clock;
  readonly authorize: Authorize;
  /** With its labels. */
  readonly target: TargetLookup;
  readonly authenticator: Authenticator;
  /** Exact origins besides the hub's own, such as `https://status.example.org`. */
  readonly allowedOrigins: readonly string[];
  readonly live: LiveTicks & HostDirectory;
  readonly alerts: AlertSource;
  readonly events: EventLog;
  readonly status: StatusSource;
  readonly history: HistorySource;
  readonly outlooks: OutlookSource;
  readonly connections?: Connections | undefined;
  readonly log: GatewayLog;
  /** @default the hub misses nothing */
  readonly pulse?: Pulse;
  /** @default system timers */
  readonly timers?: Timers;
  /** Differs with each start of the hub. @default the clock at construction */
  readonly epoch?: number;
  readonly limits?: GatewayLimits;
}

export const gatewayDefaults: Required<GatewayLimits> = {
  clients: 20_000,
  strangers: 2_048,
  strangersPerAddress: 512,
  handshakesPerAddress: 2_000,
  provingMs: 5_000,
  handshakesWaiting: 5_000,
  subscriptionsPerClient: limits.subscriptionsPerClient,
  fleetViewsPerSubject: 32,
  requestsPerSecond: 50,
  requestBurst: 200,
  historyPerClient: 16,
  refusalsBeforeCut: 500,
  queueBytes: 1024 * 1024,
  catchUpBytes: 64 * 1024,
  ringEntries: 1024,
  ringBytes: 1024 * 1024,
  ringAgeMs: 5 * MINUTE_MS,
  channelLingerMs: MINUTE_MS,
  idleChannels: 32,
  channels: 4096,
  laggingAfterMs: 8_000,
  evictAfterMs: 15_000,
  backfillMs: HOUR_MS,
  backfillRows: limits.historyPoints,
  backfillHosts: 64,
};

/**
 * A peer that is silent is given up after `pingIntervalMs` + `pingTimeoutMs` at the latest. Long, because it is the
 * last resort: who gets frames is given up when it does not acknowledge them, and clients probe the hub themselves.
 */
export const heartbeat = { pingIntervalMs: 20_000, pingTimeoutMs: 10_000 } as const;

/** Why the gateway ends connections. */
export type CutCode = Extract<
  ErrorCode,
  'unauthenticated' | 'shutting-down' | 'slow-consumer' | 'too-many-requests'
>;
