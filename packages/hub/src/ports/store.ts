/** The store as ingest and auth see it; app gives them the real one, whose interfaces are the same. */

/** Identity of a batch: the larger is the newer. */
export interface BatchMark {
  readonly bootEpoch: number;
  readonly seq: number;
}

/** Rows of one series set of one host. */
export interface BatchRows {
  readonly setId: string;
  readonly keys: readonly string[];
  readonly timesMs: readonly number[];
  readonly columns: readonly Float64Array[];
}

export interface SampleStore {
  /** Resolves when rows and mark are durable in one transaction; at or below the agent's mark nothing changes. */
  append(agentId: string, mark: BatchMark, rows: BatchRows): Promise<void>;
  /** What is stored of each agent. */
  watermarks(): Promise<ReadonlyMap<string, BatchMark>>;
}

export type RecordChange =
  | { readonly collection: string; readonly key: string; readonly value: unknown }
  | { readonly collection: string; readonly key: string; readonly remove: true };

/** JSON values by collection and key. Each call resolves when it is durable; `write` applies all or nothing. */
export interface RecordStore {
  entries<T>(collection: string): Promise<readonly (readonly [key: string, value: T])[]>;
  write(changes: readonly RecordChange[]): Promise<void>;
}
