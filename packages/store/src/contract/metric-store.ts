import type { RecordStore } from './records.ts';

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

/** Which batches of an agent are stored: all up to `(bootEpoch, seq)`, and those of the ranges after it. */
export interface Watermark {
  readonly bootEpoch: number;
  readonly seq: number;
  /** Left out where there are none. */
  readonly ranges?: readonly WatermarkRange[] | undefined;
}

export interface WatermarkRange {
  readonly bootEpoch: number;
  readonly first: number;
  readonly last: number;
}

/** Whether a watermark has batches that another has not; both are of one agent, and one came after the other. */
export function isNewer(mark: Watermark, than: Watermark): boolean {
  if (mark.bootEpoch !== than.bootEpoch) return mark.bootEpoch > than.bootEpoch;
  if (mark.seq !== than.seq) return mark.seq > than.seq;
  return batchesAhead(mark) > batchesAhead(than);
}

function batchesAhead({ ranges = [] }: Watermark): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
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
  /** Raw samples stored. */
  readonly samplesStored: number;
  /** Rows of agents that were left out, because a row of their host and time was there: the first one stays. */
  readonly rowsRepeated: number;
  /** Database, write-ahead log and index on disk. */
  readonly bytesOnDisk: number;
}

/**
 * History of samples. `append` resolves when the rows and the watermark are durable in one transaction (group commit);
 * rows whose watermark is not newer than the agent's change nothing and resolve too. Until then the columns must not change:
 * they are read when their turn comes.
 */
export interface MetricStore {
  append(agentId: string, mark: Watermark, rows: Rows): Promise<void>;
  /** What is stored of each agent, for de-duplication after a restart. */
  watermarks(): Promise<ReadonlyMap<string, Watermark>>;
  query(query: RangeQuery): Promise<RangeResult>;
  /** The same as JSON text in UTF-8, `null` for NaN; serialised on the reader thread. */
  queryJson?(query: RangeQuery): Promise<Uint8Array<ArrayBuffer>>;
  /** Series keys ever stored for the host. */
  series(hostId: string): Promise<readonly string[]>;
  /** Forgets a host's history and watermark. */
  removeHost(hostId: string): Promise<void>;
  stats(): Promise<StoreStats>;
}

export interface Store extends MetricStore, RecordStore {
  /** Finishes what was appended, closes the files. */
  close(): Promise<void>;
}
