import type { Enrolled, SystemStatus } from '@openmanager/protocol';
import type { StoreOptions } from '@openmanager/store';
import type { DestinationStream } from 'pino';
import type { AgentLimits } from '../ingest/index.ts';
import type { Clock } from '../ports/index.ts';

/** A step of the start that is done. */
export type HubStep = 'store' | 'history' | 'listen';

export interface HubOptions {
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  /** Folder of the store; made when missing. */
  readonly dataFolder: string;
  /** Starts anew where the database is gone although other files say that there was one. @default false */
  readonly startAnew?: boolean | undefined;
  /** Folder of the built dashboard. @default none is served */
  readonly dashboardFolder?: string | undefined;
  /** Address at which people reach the dashboard, for links in messages. @default what the routing says */
  readonly publicUrl?: string | undefined;
  /** Exact origins of other pages that may connect, such as `https://status.example.org`. @default none */
  readonly allowOrigins?: readonly string[] | undefined;
  /** Age at which samples as they came are removed. @default the store's own: 48 h */
  readonly retentionMs?: number | undefined;
  /** What is kept after that, coarser and longer. @default the store's own: 1 min, 15 min, 2 h */
  readonly tiers?: StoreOptions['tiers'] | undefined;
  /** Most bytes of history on disk. @default no bound */
  readonly maxBytes?: number | undefined;
  /** Base address of a Prometheus-compatible cluster that keeps history behind the data folder. @default none */
  readonly clusterUrl?: string | undefined;
  /** What one agent may ask of the hub. @default agentLimitDefaults of ingest */
  readonly agentLimits?: AgentLimits | undefined;
  /** Whether agents may say that their hosts are simulated. @default false */
  readonly demo?: boolean | undefined;
  /** @default 'info' */
  readonly logLevel?: string | undefined;
  /** Where JSON log lines go. @default standard error */
  readonly logDestination?: DestinationStream | undefined;
  /** Makes a one-time sign-in link even though an administrator has a password. @default false */
  readonly signinLink?: boolean | undefined;
  readonly onProgress?: ((step: HubStep) => void) | undefined;
  /** @default the system's */
  readonly clock?: Clock | undefined;
}

/** Rows in time order: epoch ms, and a column of values per series key, base units. */
export interface Past {
  readonly keys: readonly string[];
  readonly timesMs: readonly number[];
  readonly columns: readonly Float64Array[];
}

export interface RunningHub {
  /** To open in a browser on this machine. */
  readonly url: string;
  /** One-time link that signs the administrator in; null when one has a password and no link was asked for. */
  readonly setupLink: string | null;
  /** The key for an agent that runs beside the hub, one agent per hostname; each call ends the key before. */
  localAgentKey(hostname: string): Promise<Enrolled>;
  /** Stores a past that no agent has sent, as an import does; nothing judges it. */
  backfill(hostId: string, past: Past): Promise<void>;
  status(): SystemStatus;
  /** Whether the store takes what comes. */
  isStoring(): boolean;
  /** What does not work now, a sentence each. */
  problems(): readonly string[];
  /** Tells everyone, stores what came, closes everything: within 3 s. Further calls wait for the first. */
  stop(): Promise<void>;
}
