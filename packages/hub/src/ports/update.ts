import type { ProcessRow } from '@openmanager/protocol';

/** Samples of one host at one time, as they flow from ingest through the stream. */
export interface HostUpdate {
  readonly hostId: string;
  /** Time of the samples, epoch ms, in hub time (corrected when the host's clock is skewed). */
  readonly timeMs: number;
  /** When the hub received them, epoch ms. */
  readonly receivedMs: number;
  /** Series keys, one array shared by all updates of a set: compare by identity first. */
  readonly keys: readonly string[];
  /** One value per key, base units; NaN where there is no sample. */
  readonly values: Float64Array;
}

/** Rows older than what was already delivered live: replayed from an agent's spool. Rows in time order. */
export interface LateRows {
  readonly hostId: string;
  readonly keys: readonly string[];
  readonly timesMs: readonly number[];
  readonly columns: readonly Float64Array[];
}

export interface ProcessTable {
  readonly hostId: string;
  readonly timeMs: number;
  readonly rows: readonly ProcessRow[];
}
