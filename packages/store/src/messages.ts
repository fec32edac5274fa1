/** Calls that cross to the two threads, and how they are answered. */
import type { RangeQuery, RecordChange, Rows, StoreErrorCode, Watermark } from './metric-store.ts';

export type WriteCall =
  | {
      readonly call: 'append';
      readonly agentId: string;
      readonly mark: Watermark;
      readonly rows: Rows;
    }
  | { readonly call: 'write'; readonly changes: readonly RecordChange[] }
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

export type Call = WriteCall | ReadCall | { readonly call: 'close' };

export interface Request {
  readonly id: number;
  readonly call: Call;
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
}
