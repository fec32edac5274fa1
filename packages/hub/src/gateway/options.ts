import type { Server } from 'node:http';
import { limits, type ErrorCode } from '@openmanager/protocol';
import type {
  AlertSource,
  Authenticator,
  Authorize,
  Clock,
  EventLog,
  HistorySource,
  HostDirectory,
  LiveTicks,
  StatusSource,
} from '../ports/index.ts';
import type { Timers } from './timers.ts';

/** The part of a pino logger that the gateway uses. */
export interface GatewayLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Bounds and intervals. Every one of them is a `…Defaults` away from being changed. */
export interface GatewayLimits {
  /** Connections at once; more are refused. @default 20_000 */
  readonly clients?: number;
  /** Topics one client holds. @default 64 */
  readonly subscriptionsPerClient?: number;
  /** Requests per second of one client, in the long run. @default 50 */
  readonly requestsPerSecond?: number;
  /** Requests a client may send at once after a pause. @default 200 */
  readonly requestBurst?: number;
  /** History answers one client waits for at once. @default 16 */
  readonly historyPerClient?: number;
  /** Refusals in a row for too many requests after which the client is disconnected. @default 500 */
  readonly refusalsBeforeCut?: number;
  /** Bytes of frames, and bytes of messages and answers, kept for one client. @default 1 MiB */
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
  readonly authenticator: Authenticator;
  /** Exact origins besides the hub's own, such as `https://status.example.org`. */
  readonly allowedOrigins: readonly string[];
  readonly live: LiveTicks & HostDirectory;
  readonly alerts: AlertSource;
  readonly events: EventLog;
  readonly status: StatusSource;
  readonly history: HistorySource;
  readonly log: GatewayLog;
  /** @default system timers */
  readonly timers?: Timers;
  /** Differs with each start of the hub. @default the clock at construction */
  readonly epoch?: number;
  readonly limits?: GatewayLimits;
}

export const gatewayDefaults: Required<GatewayLimits> = {
  clients: 20_000,
  subscriptionsPerClient: limits.subscriptionsPerClient,
  requestsPerSecond: 50,
  requestBurst: 200,
  historyPerClient: 16,
  refusalsBeforeCut: 500,
  queueBytes: 1024 * 1024,
  catchUpBytes: 64 * 1024,
  ringEntries: 1024,
  ringBytes: 1024 * 1024,
  ringAgeMs: 300_000,
  channelLingerMs: 60_000,
  idleChannels: 32,
  backfillMs: 3_600_000,
  backfillRows: limits.historyPoints,
  backfillHosts: 64,
};

/** A peer that is silent is given up after `pingIntervalMs` + `pingTimeoutMs` at the latest. */
export const heartbeat = { pingIntervalMs: 5_000, pingTimeoutMs: 10_000 } as const;

/** Why the gateway ends connections. */
export type CutCode = Extract<
  ErrorCode,
  'unauthenticated' | 'shutting-down' | 'slow-consumer' | 'too-many-requests'
>;
