/**
 * All batches that wait for their acknowledgement, in order: the older ones on disk, the newer ones in memory. While
 * the hub answers within a moment nothing touches the disk. Both parts are bounded, and what has to go is counted.
 */
import { ByteReader, ByteWriter } from '@openmanager/protocol';
import type { DiskSpool } from './disk-spool.ts';
import type { Entry } from './entry.ts';
import { isAfter, type Mark } from './mark.ts';

export interface BatchQueueOptions {
  /** None: memory only. */
  readonly spool: DiskSpool | undefined;
  /** Bound of the batches in memory. @default 4 MiB */
  readonly memoryBytes?: number;
  /** How long a batch may wait in memory before it goes to disk. @default 2_000 */
  readonly spoolAfterMs?: number;
  /** Called when the disk refuses, once until it takes something again. */
  readonly onSpoolError?: (error: Error) => void;
}

export const batchQueueDefaults: { readonly memoryBytes: number; readonly spoolAfterMs: number } = {
  memoryBytes: 4 * 1024 * 1024,
  spoolAfterMs: 2_000,
};

/** What an entry costs beside its bytes, roughly. */
const ENTRY_BYTES = 200;

interface Waiting {
  readonly entry: Entry;
  readonly sinceMs: number;
}

export class BatchQueue {
  readonly #spool: DiskSpool | undefined;
  readonly #memoryLimit: number;
  readonly #spoolAfterMs: number;
  readonly #onSpoolError: (error: Error) => void;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #droppedHere = 0;
  #spoolFailed = false;

  constructor(options: BatchQueueOptions) {
    this.#spool = options.spool;
    this.#memoryLimit = options.memoryBytes ?? batchQueueDefaults.memoryBytes;
    this.#spoolAfterMs = options.spoolAfterMs ?? batchQueueDefaults.spoolAfterMs;
    this.#onSpoolError = options.onSpoolError ?? (() => {});
  }

  /** Batches lost to the bounds of memory and disk, or to damage on disk. */
  get dropped(): number {
    return this.#droppedHere + (this.#spool ? this.#spool.dropped + this.#spool.damaged : 0);
  }

  get memoryEntries(): number {
    return this.#waiting.length;
  }

  get memoryBytes(): number {
    return this.#bytes;
  }

  get spoolBytes(): number {
    return this.#spool?.bytes ?? 0;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && (this.#spool?.isEmpty ?? true);
  }

  /** Adds the newest batch. `nowMs` is monotonic; `connected`: whether the hub accepts batches now. */
  push(entry: Entry, nowMs: number, connected: boolean): void {
    this.#waiting.push({ entry, sinceMs: nowMs });
    this.#bytes += entry.bytes.length + ENTRY_BYTES;
    const oldest = this.#waiting[0] as Waiting;
    const waitedLong = nowMs - oldest.sinceMs > this.#spoolAfterMs;
    const backlog = !connected && this.#spool?.isEmpty === false;
    if (waitedLong || backlog || this.#bytes > this.#memoryLimit) this.spill();
    while (this.#bytes > this.#memoryLimit) {
      this.#forget(1);
      this.#droppedHere++;
    }
  }

  /** The oldest batch after `mark`. */
  after(mark: Mark): Entry | undefined {
    return this.#spool?.after(mark) ?? this.#waiting[this.#firstAfter(mark)]?.entry;
  }

  /** Forgets everything up to and including `mark`. */
  acknowledge(mark: Mark): void {
    this.#spool?.acknowledge(mark);
    this.#forget(this.#firstAfter(mark));
  }

  /** Moves what is in memory to disk, as far as the disk takes it. */
  spill(): void {
    if (!this.#spool || this.#waiting.length === 0) return;
    const { written, error } = this.#spool.append(this.#waiting.map(({ entry }) => entry));
    this.#forget(written);
    if (error && !this.#spoolFailed) this.#onSpoolError(error);
    this.#spoolFailed = error !== undefined;
  }

  /** Gives batches of boot epoch `from` the epoch `to`, keeping their order. `to` is newer than all that are here. */
  restamp(from: number, to: number): void {
    this.spill();
    let cursor: Mark = { bootEpoch: from, seq: -1 };
    for (;;) {
      const entry = this.after(cursor);
      if (!entry || entry.mark.bootEpoch !== from) break;
      cursor = entry.mark;
      const mark = { bootEpoch: to, seq: entry.mark.seq };
      this.#waiting.push({
        entry: { ...entry, mark, bytes: restampBytes(entry.bytes, mark) },
        sinceMs: 0,
      });
      this.#bytes += entry.bytes.length + ENTRY_BYTES;
      if (this.#bytes > this.#memoryLimit) this.spill();
    }
    this.acknowledge(cursor);
  }

  /** Spools what is left and closes the disk. */
  close(): void {
    this.spill();
    this.#droppedHere += this.#waiting.length;
    this.#waiting = [];
    this.#bytes = 0;
    this.#spool?.close();
  }

  #forget(count: number): void {
    for (const { entry } of this.#waiting.splice(0, count))
      this.#bytes -= entry.bytes.length + ENTRY_BYTES;
  }

  /** Index of the first batch in memory after `mark`. */
  #firstAfter(mark: Mark): number {
    let low = 0;
    let high = this.#waiting.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isAfter((this.#waiting[middle] as Waiting).entry.mark, mark)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** An encoded batch under another identity. */
export function restampBytes(bytes: Uint8Array, mark: Mark): Uint8Array {
  const reader = new ByteReader(bytes);
  const writer = new ByteWriter(bytes.length + 16);
  writer.u8(reader.u8());
  reader.varint();
  reader.varint();
  writer.varint(mark.bootEpoch);
  writer.varint(mark.seq);
  writer.raw(reader.raw(reader.remaining));
  return writer.finish();
}
