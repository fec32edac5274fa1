/**
 * All batches that wait for their acknowledgement, in order: the older ones on disk, the newer ones in memory. While
 * the hub answers within a moment nothing touches the disk. Both parts are bounded, and what has to go is counted. A disk
 * that does not take them is tried again later, and memory does until then.
 */
import { MINUTE_MS, SECOND_MS } from '@openmanager/protocol/durations';
import {
  ByteReader,
  ByteWriter,
  countIn,
  nothingReceived,
  raisedTo,
  type Received,
  unionOf,
  withRange,
} from '@openmanager/protocol';
import type { DiskSpool } from './disk-spool.ts';
import type { Entry } from './entry.ts';
import { firstMark, isAfter, type Mark } from './mark.ts';
import { follows, PACK_BYTES, PACK_VALUES, type Pack, packOf } from './pack.ts';

export interface BatchQueueOptions {
  /** Opens the disk's part, or throws why it cannot be used. None: memory only. */
  readonly spool: (() => DiskSpool) | undefined;
  /** Bound of the batches in memory. @default 4 MiB */
  readonly memoryBytes?: number;
  /** How long a batch may wait in memory before it goes to disk. @default 1_000 */
  readonly spoolAfterMs?: number;
  /** Called when the disk refuses, once until it takes something again, and with undefined when it does. */
  readonly onSpoolError?: (error: Error | undefined) => void;
}

export const batchQueueDefaults: { readonly memoryBytes: number; readonly spoolAfterMs: number } = {
  memoryBytes: 4 * 1024 * 1024,
  spoolAfterMs: SECOND_MS,
};

/** What an entry costs beside its bytes, roughly. */
const ENTRY_BYTES = 200;
/** Waits between attempts at a disk that refuses: the first, and the bound of doubling. */
const RETRY_MS = { first: SECOND_MS, last: MINUTE_MS } as const;

interface Waiting {
  readonly entry: Entry;
  readonly sinceMs: number;
}

export class BatchQueue {
  readonly #open: (() => DiskSpool) | undefined;
  readonly #memoryLimit: number;
  readonly #spoolAfterMs: number;
  readonly #onSpoolError: (error: Error | undefined) => void;
  #spool: DiskSpool | undefined;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #droppedHere = 0;
  /** What the hub has, or will never get. */
  #settled: Received = nothingReceived;
  /** The newest batch there was. */
  #newest: Mark = firstMark;
  #failure: Error | undefined;
  #failures = 0;
  #retryMs = 0;
  #retryAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: BatchQueueOptions) {
    this.#open = options.spool;
    this.#memoryLimit = options.memoryBytes ?? batchQueueDefaults.memoryBytes;
    this.#spoolAfterMs = options.spoolAfterMs ?? batchQueueDefaults.spoolAfterMs;
    this.#onSpoolError = options.onSpoolError ?? (() => {});
    this.#disk(Number.NEGATIVE_INFINITY);
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

  /** Why batches wait in memory only; undefined while the disk takes them, or where none is wanted. */
  get spoolFailure(): string | undefined {
    return this.#failure?.message;
  }

  /** What failed on the disk since the start: openings, writes, syncs, removals. */
  get spoolFailures(): number {
    return this.#failures + (this.#spool?.failures ?? 0);
  }

  get isEmpty(): boolean {
    return this.after(firstMark) === undefined;
  }

  get settled(): Received {
    return this.#settled;
  }

  /** Everything up to here is settled: the batch before the oldest that is held. */
  get floor(): Mark {
    const oldest = this.after(firstMark);
    return oldest ? { ...oldest.mark, seq: oldest.mark.seq - 1 } : this.#newest;
  }

  /** No batch of this boot epoch was made yet. */
  begin(bootEpoch: number): void {
    this.#newest = { bootEpoch, seq: 0 };
  }

  /** Adds the newest batch. `nowMs` is monotonic; `connected`: whether the hub accepts batches now. */
  push(entry: Entry, nowMs: number, connected: boolean): void {
    this.#newest = entry.mark;
    this.#waiting.push({ entry, sinceMs: nowMs });
    this.#bytes += entry.bytes.length + ENTRY_BYTES;
    if (!connected || this.#bytes > this.#memoryLimit) this.spill(nowMs);
    else this.spillOld(nowMs);
    while (this.#bytes > this.#memoryLimit) {
      this.#forget(1);
      this.#droppedHere++;
    }
  }

  /** The oldest batch after `mark` that is not settled. */
  after(mark: Mark): Entry | undefined {
    const spooled = this.#spool?.after(mark);
    if (spooled) return spooled;
    for (let at = this.#firstAfter(mark); at < this.#waiting.length; at++) {
      const { entry } = this.#waiting[at] as Waiting;
      if (!this.#isSettled(entry)) return entry;
    }
    return undefined;
  }

  /** The oldest batches after `mark`, up to and including `to`, that can be sent as one. */
  pack(mark: Mark, to: Mark, single: boolean): Pack | undefined {
    const first = this.after(mark);
    if (!first || isAfter(first.mark, to)) return undefined;
    const entries = [first];
    const most = single ? 1 : Math.max(1, Math.floor(PACK_VALUES / first.set.keys.length));
    let bytes = first.bytes.length;
    for (let last = first; entries.length < most;) {
      const next = this.after(last.mark);
      if (!next || isAfter(next.mark, to) || !follows(last, next)) break;
      if ((bytes += next.bytes.length) > PACK_BYTES) break;
      entries.push(next);
      last = next;
    }
    return packOf(entries);
  }

  /** The newest batch that is older than a time, or the one before all. */
  before(timeMs: number): Mark {
    const here = this.#waiting.findLast(({ entry }) => entry.timeMs < timeMs);
    return here?.entry.mark ?? this.#spool?.before(timeMs) ?? firstMark;
  }

  /** The hub has these. */
  settle(received: Received): void {
    this.#settle(unionOf(this.#settled, received));
  }

  /** The hub will never take this one. */
  giveUp({ bootEpoch, seq }: Mark): void {
    this.#settle(withRange(this.#settled, { bootEpoch, first: seq, last: seq }));
  }

  /** Nothing up to here is held any more. */
  settleUpTo(mark: Mark): void {
    this.#settle(raisedTo(this.#settled, mark));
  }

  /** Moves to disk what waits for longer than it may. */
  spillOld(nowMs: number): void {
    const oldest = this.#waiting[0];
    if (oldest && nowMs - oldest.sinceMs > this.#spoolAfterMs) this.spill(nowMs);
  }

  /** Moves what is in memory to disk, as far as the disk takes it. */
  spill(nowMs: number): void {
    if (this.#waiting.length === 0) return;
    const spool = this.#disk(nowMs);
    if (!spool) return;
    const { written, error } = spool.append(this.#waiting.map(({ entry }) => entry));
    this.#forget(written);
    if (error) this.#refused(error, nowMs);
    else this.#taken();
  }

  /** Gives batches of boot epoch `from` the epoch `to`, keeping their order. `to` is newer than all that are here. */
  restamp(from: number, to: number, nowMs: number): void {
    this.spill(nowMs);
    this.#newest = { bootEpoch: to, seq: this.#newest.seq };
    let cursor: Mark = { bootEpoch: from, seq: -1 };
    for (;;) {
      const entry = this.after(cursor);
      if (!entry || entry.mark.bootEpoch !== from) break;
      cursor = entry.mark;
      const mark = { bootEpoch: to, seq: entry.mark.seq };
      this.#waiting.push({
        entry: { ...entry, mark, bytes: restampBytes(entry.bytes, mark) },
        sinceMs: nowMs,
      });
      this.#bytes += entry.bytes.length + ENTRY_BYTES;
      if (this.#bytes > this.#memoryLimit) this.spill(nowMs);
    }
    this.settleUpTo(cursor);
  }

  /** Spools what is left and closes the disk. */
  close(): void {
    this.spill(Number.POSITIVE_INFINITY);
    this.#droppedHere += this.#waiting.length;
    this.#waiting = [];
    this.#bytes = 0;
    this.#spool?.close();
  }

  /** The disk's part, opened when its time has come; undefined while it refuses. */
  #disk(nowMs: number): DiskSpool | undefined {
    if (!this.#open || nowMs < this.#retryAtMs) return undefined;
    if (this.#spool) return this.#spool;
    try {
      this.#spool = this.#open();
      this.#spool.settle(this.#settled);
      this.#taken();
    } catch (error) {
      this.#failures++;
      this.#refused(error as Error, nowMs);
    }
    return this.#spool;
  }

  #refused(error: Error, nowMs: number): void {
    this.#retryMs = Math.min(RETRY_MS.last, Math.max(RETRY_MS.first, 2 * this.#retryMs));
    this.#retryAtMs = nowMs + this.#retryMs;
    const isNew = this.#failure === undefined;
    this.#failure = error;
    if (isNew) this.#onSpoolError(error);
  }

  #taken(): void {
    this.#retryMs = 0;
    this.#retryAtMs = Number.NEGATIVE_INFINITY;
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    this.#onSpoolError(undefined);
  }

  #settle(settled: Received): void {
    this.#settled = settled;
    this.#spool?.settle(settled);
    const kept = this.#waiting.filter(({ entry }) => !this.#isSettled(entry));
    if (kept.length === this.#waiting.length) return;
    this.#waiting = kept;
    this.#bytes = kept.reduce((sum, { entry }) => sum + entry.bytes.length + ENTRY_BYTES, 0);
  }

  #isSettled({ mark: { bootEpoch, seq } }: Entry): boolean {
    return countIn(this.#settled, { bootEpoch, first: seq, last: seq }) === 1;
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
