/** Calls that cross to the two threads, and how they are answered. */
import type { RangeQuery, StoreErrorCode, Watermark } from './metric-store.ts';

/** Rows as they cross: the values of one series after the other. */
export interface AppendCall {
  readonly call: 'append';
  readonly agentId: string;
  readonly mark: Watermark;
  readonly setId: string;
  readonly keys: readonly string[];
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
}

/** A record as JSON text; removed where there is none. */
export interface RecordText {
  readonly collection: string;
  readonly key: string;
  readonly text: string | undefined;
}

export type WriteCall =
  | AppendCall
  | { readonly call: 'write'; readonly changes: readonly RecordText[] }
  | { readonly call: 'removeHost'; readonly hostId: string }
  | { readonly call: 'watermarks' };

export type ReadCall =
  | { readonly call: 'query'; readonly query: RangeQuery }
  | { readonly call: 'series'; readonly hostId: string }
  | { readonly call: 'entries'; readonly collection: string }
  | {
      readonly call: 'latest';
      readonly collection: string;
      readonly limit: number;
      readonly before: string | undefined;
    }
  | { readonly call: 'stats' };

export interface CloseCall {
  readonly call: 'close';
}

export interface Request<C> {
  readonly id: number;
  readonly call: C;
}

export type Reply =
  | { readonly id: number; readonly answer: unknown }
  | {
      readonly id: number;
      readonly error: { readonly code: StoreErrorCode; readonly message: string };
    };

export interface ThreadOptions {
  readonly folder: string;
  readonly retentionMs: number;
  readonly commitDelayMs: number;
  /** Most pages of 4 KiB the database may have, so that a full disk can be had without filling one. */
  readonly maxPages?: number;
}
