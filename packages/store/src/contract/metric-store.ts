import type { TierOptions } from './series-history.ts';

/** Rows of one series set of one host. */
export interface Rows {
  /** Set id from `seriesSetId`; the store keeps the keys under it per host. */
  readonly setId: string;
  readonly keys: readonly string[];
  /** Epoch ms, one per row, not necessarily ascending. */
  readonly timesMs: readonly number[];
  /** One array per key, one value per row, base units; NaN where there is no sample. */
  readonly columns: readonly Float64Array[];
}

/** Identity of a batch: the larger is the newer. */
export interface Watermark {
  readonly bootEpoch: number;
  readonly seq: number;
}

export interface RangeQuery {
  readonly hostId: string;
  /** Series keys; all of the host when undefined. */
  readonly keys?: readonly string[] | undefined;
  /** Inclusive, epoch ms. */
  readonly fromMs: number;
  /** Inclusive, epoch ms. */
  readonly toMs: number;
  /** Upper bound of rows; more are reduced to the mean per step. */
  readonly maxPoints: number;
}

export interface RangeResult {
  readonly keys: readonly string[];
  /** Ascending, epoch ms. With a step, the start of each step. */
  readonly timesMs: Float64Array;
  /** One array per key, one value per time, NaN where there is no sample. */
  readonly columns: readonly Float64Array[];
  /** 0 when these are the samples themselves. */
  readonly stepMs: number;
}

export interface StoreStats {
  /** Samples kept as they came, in the first tier. */
  readonly samplesStored: number;
  /** Database, write-ahead log and index on disk. */
  readonly bytesOnDisk: number;
}

/**
 * History of samples. `append` resolves when the rows and the watermark are durable in one transaction
 * (group commit); a batch at or below the agent's watermark changes nothing and resolves too. Until then the columns
 * must stay as they are: they are read when it is their turn.
 */
export interface MetricStore {
  append(agentId: string, mark: Watermark, rows: Rows): Promise<void>;
  /** What is stored of each agent, for de-duplication after a restart. */
  watermarks(): Promise<ReadonlyMap<string, Watermark>>;
  query(query: RangeQuery): Promise<RangeResult>;
  /** The same as JSON text in UTF-8, `null` for NaN: made where it costs the caller's thread nothing. */
  queryJson?(query: RangeQuery): Promise<Uint8Array<ArrayBuffer>>;
  /** Series keys ever stored for the host. */
  series(hostId: string): Promise<readonly string[]>;
  /** Forgets a host's history and watermark. */
  removeHost(hostId: string): Promise<void>;
  stats(): Promise<StoreStats>;
}

/**
 * Small records beside the samples (users, agents, sessions, rules, alerts, events): JSON values by
 * collection and key. Each call resolves when it is durable; `write` applies all or nothing.
 */
export interface RecordStore {
  entries<T>(collection: string): Promise<readonly (readonly [key: string, value: T])[]>;
  /** Newest keys first by descending key order, at most `limit`, only keys below `before` when given. */
  latest<T>(
    collection: string,
    limit: number,
    before?: string,
  ): Promise<readonly (readonly [key: string, value: T])[]>;
  write(changes: readonly RecordChange[]): Promise<void>;
}

export type RecordChange =
  | { readonly collection: string; readonly key: string; readonly value: unknown }
  | { readonly collection: string; readonly key: string; readonly remove: true };

/**
 * `overloaded`: more is waiting to be committed than the bound allows; try again later. `too-large`: the answer
 * would pass its bound; ask for less, or a wider step. `cancelled`: by the caller's signal. `invalid`: the question
 * or the text to import is not well formed; the message names the field or the line.
 */
export type StoreErrorCode =
  | 'too-large'
  | 'cancelled'
  | 'invalid'
  | 'read-only'
  | 'newer-version'
  | 'in-use'
  | 'corrupt'
  | 'full'
  | 'overloaded'
  | 'closed'
  | 'failed';

export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string) {
    super(message);
    this.name = 'StoreError';
    this.code = code;
  }
}

export interface StoreOptions {
  /** Folder of the database; made when missing. */
  readonly folder: string;
  /** Samples as they came are removed when older than this. @default 48 hours */
  readonly retentionMs?: number;
  /**
   * The coarser tiers, the finest one first; none keeps samples only. Each is kept at least as long as what it is
   * made from. @default 1 min for 30 days, 15 min for a year, 2 h for 5 years
   */
  readonly tiers?: readonly TierOptions[];
  /** Most bytes of samples and tiers; beyond it the oldest of the finest tier goes first. @default no bound */
  readonly maxBytes?: number;
  /** Longest time a row waits for its group commit. @default 20 */
  readonly commitDelayMs?: number;
}

export interface Store extends MetricStore, RecordStore {
  /** Finishes what was appended, closes the files. */
  close(): Promise<void>;
}
