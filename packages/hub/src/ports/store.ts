/** The store as ingest and auth see it; app gives them the real one, whose interfaces are the same. */

import type { BatchMark, BatchRange, Received } from '@openmanager/protocol';

/** What is stored of an agent; the ranges are left out where there are none. */
export interface StoredMark extends BatchMark {
  readonly ranges?: readonly BatchRange[] | undefined;
}

/** Rows of one series set of one host. */
export interface BatchRows {
  readonly setId: string;
  readonly keys: readonly string[];
  readonly timesMs: readonly number[];
  readonly columns: readonly Float64Array[];
}

export interface SampleStore {
  /** Resolves when rows and mark are durable in one transaction; nothing changes unless the mark is newer. */
  append(agentId: string, mark: Received, rows: BatchRows): Promise<void>;
  /** What is stored of each agent. */
  watermarks(): Promise<ReadonlyMap<string, StoredMark>>;
}

export type RecordChange =
  | { readonly collection: string; readonly key: string; readonly value: unknown }
  | { readonly collection: string; readonly key: string; readonly remove: true };

/** JSON values by collection and key. Each call resolves when it is durable; `write` applies all or nothing. */
export interface RecordStore {
  entries<T>(collection: string): Promise<readonly (readonly [key: string, value: T])[]>;
  write(changes: readonly RecordChange[]): Promise<void>;
}
