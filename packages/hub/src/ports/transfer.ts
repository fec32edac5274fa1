import type { ImportAnswer } from '@openmanager/protocol';
import type { Readable } from 'node:stream';

export interface ExportRequest {
  /** Whose it is; each has one at a time. */
  readonly of: string;
  readonly format: 'csv' | 'openmetrics' | 'parquet';
  /** Inclusive, epoch ms. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Ids; all when empty. */
  readonly hosts: readonly string[];
  /** Names as on the PromQL surface or our own; all when empty. */
  readonly metrics: readonly string[];
}

/** History in and out of the hub. Each call throws `too-many-requests` while as many as may run do. */
export interface HistoryTransfer {
  export(request: ExportRequest): Readable;
  /** Throws `invalid-input` that names the line; nothing of the text is stored then. */
  import(
    text: AsyncIterable<Uint8Array>,
    hostId: string | undefined,
    /** Aborted when the client is gone. */
    client: AbortSignal,
  ): Promise<ImportAnswer>;
  /** A copy of the database as of now, and its size. */
  backup(): Promise<{ readonly content: Readable; readonly bytes: number }>;
}
