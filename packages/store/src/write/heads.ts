/**
 * Heads: the newest rows of each set, rewritten with each commit. A head has few rows, so a rewrite costs the disk
 * about as much as appending one row. When it is full or its window is over, its rows are merged into the window's
 * chunk.
 */
import type { DatabaseSync } from 'node:sqlite';
import { type ChunkView, encodeChunk } from '../chunk/chunk.ts';
import { RAW_WINDOW_MS } from '../file/layout.ts';
import { StoreError } from '../contract/store-error.ts';
import type { RawPlace } from '../file/host.ts';
import type { RawTable } from '../file/raw.ts';
import { addRows, emptyColumns, type Head } from './head.ts';
import { RawChunks } from './raw-chunks.ts';
import type { SampleChunks } from '../tiers/rollup.ts';

/**
 * Values held in memory, in total and in one window of a set. In total: beyond it the least recently used head is
 * evicted, and read back when needed. In one window: room for 3,000 series every second; more is refused.
 */
export const MAX_HELD_VALUES = 4_000_000;
/** Values that one transaction buffers before it writes them. */
export const MAX_DUE_VALUES = 1_000_000;
/** A head with this many rows is merged into its chunk. */
export const HEAD_ROWS = 24;

/** Merge buffers have room for at least this many rows; larger ones than the maximum are not kept. */
const MIN_MERGED_ROWS = 256;
const MAX_MERGED_ROWS = 4096;

export class Heads implements SampleChunks {
  readonly #chunks: RawChunks;
  /** Least recently used first. */
  readonly #heads = new Map<string, Head>();
  /** Dirty heads: changed, or closed, since the last flush. */
  readonly #due = new Set<Head>();
  #heldValues = 0;
  /** Values added since the last flush. */
  #dueValues = 0;
  /** Merge buffers, one per column. */
  readonly #merged: Float64Array[] = [];

  constructor(database: DatabaseSync) {
    this.#chunks = new RawChunks(database);
  }

  get held(): number {
    return this.#heldValues;
  }

  /**
   * Adds the rows from `from` to before `to` of `timesMs`, all of one window; `values` holds column after column.
   * Answers how many were left out because there is a row of their time already.
   */
  add(
    place: RawPlace,
    timesMs: Float64Array,
    values: Float64Array,
    from: number,
    to: number,
  ): number {
    const head = this.#open(place);
    if ((head.rows + head.chunkTimes.length + to - from) * head.width > MAX_HELD_VALUES)
      throw new StoreError(
        'overloaded',
        `more than ${MAX_HELD_VALUES} values within ${RAW_WINDOW_MS / 1000} s`,
      );
    const before = head.rows;
    addRows(head, timesMs, values, from, to);
    const added = head.rows - before;
    if (added === 0) return to - from;
    this.#heldValues += added * head.width;
    this.#dueValues += added * head.width;
    head.changed = true;
    this.#due.add(head);
    if (this.#dueValues > MAX_DUE_VALUES) this.#writeDue();
    return to - from - added;
  }

  /** Times of the window's rows, and of those at which each series of the places has a value. */
  timesOf(
    place: RawPlace,
    places: readonly number[],
  ): { readonly rows: ReadonlySet<number>; readonly of: readonly ReadonlySet<number>[] } {
    const rows = new Set<number>();
    const of = places.map(() => new Set<number>());
    const add = (
      timesMs: Float64Array,
      count: number,
      column: (at: number) => Float64Array,
    ): void => {
      for (let row = 0; row < count; row++) rows.add(timesMs[row] as number);
      for (const [index, at] of places.entries()) {
        const values = column(at);
        for (let row = 0; row < count; row++)
          if (!Number.isNaN(values[row])) of[index]?.add(timesMs[row] as number);
      }
    };
    this.#chunks.read('chunk', place, (view) => {
      const column = new Float64Array(view.rows);
      add(view.times(), view.rows, (at) => {
        view.column(at, column, 0);
        return column;
      });
    });
    const head = this.#open(place);
    add(head.timesMs, head.rows, (at) => head.columns[at] as Float64Array);
    return { rows, of };
  }

  #open(place: RawPlace): Head {
    const name = `${place.host}/${place.set}/${place.window}`;
    const held = this.#heads.get(name);
    if (held) {
      this.#heads.delete(name);
      this.#heads.set(name, held);
      return held;
    }
    const head = this.#read(place);
    this.#heads.set(name, head);
    this.#heldValues += head.rows * head.width + head.chunkTimes.length;
    for (const [oldName, old] of this.#heads) {
      if (this.#heldValues <= MAX_HELD_VALUES || old === head) break;
      this.#write(old);
      this.#drop(oldName, old);
    }
    return head;
  }

  #read(place: RawPlace): Head {
    const { host, set, width, window } = place;
    const chunk = this.#chunks.read('chunk', place, (view) => view.times());
    const stored = this.#chunks.read('head', place, (view) => ({
      timesMs: view.times(),
      columns: Array.from({ length: width }, (_, at) => {
        const column = new Float64Array(view.rows);
        view.column(at, column, 0);
        return column;
      }),
    }));
    return {
      host,
      set,
      width,
      window,
      rows: stored?.value.timesMs.length ?? 0,
      timesMs: stored?.value.timesMs ?? new Float64Array(),
      columns: stored?.value.columns ?? emptyColumns(width),
      chunkTimes: chunk?.value ?? new Float64Array(),
      samples: stored?.samples ?? 0,
      storedSamples: stored?.samples ?? 0,
      isStored: stored !== undefined,
      changed: false,
      past: false,
    };
  }

  /** Quarantines a chunk or head if it is damaged; returns whether it was. */
  check(table: RawTable, place: RawPlace): boolean {
    const before = this.#chunks.damaged;
    this.#chunks.read(table, place, (view) => {
      view.times();
      const scratch = new Float64Array(view.rows);
      for (let at = 0; at < place.width; at++) view.column(at, scratch, 0);
    });
    return this.#quarantinedSince(before, place);
  }

  /** The window's chunk, verified as a whole; a damaged one is quarantined. */
  sound(place: RawPlace): ChunkView | undefined {
    const before = this.#chunks.damaged;
    const view = this.#chunks.read('chunk', place, (chunk) => chunk)?.value;
    this.#quarantinedSince(before, place);
    return view;
  }

  /** A head in memory may be the counterpart of a chunk that was just quarantined: drop it. */
  #quarantinedSince(before: number, place: RawPlace): boolean {
    if (this.#chunks.damaged === before) return false;
    const name = `${place.host}/${place.set}/${place.window}`;
    const held = this.#heads.get(name);
    if (held) this.#drop(name, held);
    return true;
  }

  #write(head: Head): void {
    const { window } = head;
    this.#due.delete(head);
    if (!head.changed && !head.past) return;
    if (head.rows === 0) return;
    this.#chunks.addSamples(head.samples - head.storedSamples);
    if (head.rows >= HEAD_ROWS || head.past) {
      this.#merge(head);
    } else {
      const data = encodeChunk(
        window,
        window * RAW_WINDOW_MS,
        head.timesMs,
        head.columns,
        head.rows,
      );
      this.#chunks.put('head', head, head.samples, data);
      head.isStored = true;
      head.storedSamples = head.samples;
    }
    head.changed = false;
  }

  #mergedColumn(place: number, rows: number): Float64Array {
    const column = this.#merged[place];
    if (column && column.length >= rows && column.length <= MAX_MERGED_ROWS) return column;
    return (this.#merged[place] = new Float64Array(Math.max(rows, MIN_MERGED_ROWS)));
  }

  /** Merges the head's rows into the chunk. */
  #merge(head: Head): void {
    const { host, window, set, width } = head;
    const chunk = this.#chunks.read('chunk', head, (view) => view);
    const old = chunk?.value;
    const oldRows = old?.rows ?? 0;
    const rows = oldRows + head.rows;
    let { timesMs } = head;
    let columns: readonly Float64Array[] = head.columns;
    if (old) {
      const oldTimes = old.times();
      timesMs = new Float64Array(rows);
      timesMs.set(oldTimes);
      timesMs.set(head.timesMs.subarray(0, head.rows), oldRows);
      const inOrder = (oldTimes[oldRows - 1] ?? -1) < (head.timesMs[0] as number);
      const order = inOrder ? undefined : orderOf(timesMs);
      if (order) timesMs = timesMs.slice().sort();
      const scratch = new Float64Array(order ? rows : 0);
      columns = Array.from({ length: width }, (_, place) => {
        const column = this.#mergedColumn(place, rows);
        const into = order ? scratch : column;
        old.column(place, into, 0);
        into.set((head.columns[place] as Float64Array).subarray(0, head.rows), oldRows);
        if (order)
          for (let row = 0; row < rows; row++) column[row] = into[order[row] as number] as number;
        return column;
      });
    }
    const samples = (chunk?.samples ?? 0) + head.samples;
    this.#chunks.put(
      'chunk',
      head,
      samples,
      encodeChunk(
        window,
        window * RAW_WINDOW_MS,
        timesMs,
        columns,
        rows,
        !head.past && isOpen(window, timesMs, rows),
      ),
    );
    if (head.isStored) this.#chunks.remove('head', head);
    this.#heldValues += rows - head.chunkTimes.length - head.rows * width;
    head.chunkTimes = timesMs.slice(0, rows);
    head.timesMs = new Float64Array();
    head.columns = emptyColumns(width);
    head.rows = 0;
    head.samples = 0;
    head.storedSamples = 0;
    head.isStored = false;
    if (!head.past) return;
    this.#drop(`${host}/${set}/${window}`, head);
  }

  #writeDue(): void {
    for (const head of this.#due) this.#write(head);
    this.#due.clear();
    this.#dueValues = 0;
  }

  /** Writes all dirty heads and the sample counter; comes before a commit. */
  flush(): void {
    this.#writeDue();
    this.#chunks.flush();
  }

  count(name: string, by: number): void {
    this.#chunks.count(name, by);
  }

  /** The set has started a newer window: the head is merged into its chunk with this commit. */
  close(place: RawPlace): void {
    const head = this.#open(place);
    if (head.rows === 0) {
      this.#due.delete(head);
      this.#drop(`${place.host}/${place.set}/${place.window}`, head);
      return;
    }
    head.past = true;
    this.#due.add(head);
  }

  /** Merges the head of a window into its chunk now, if there is one. */
  settle(place: RawPlace): void {
    this.close(place);
    const head = this.#heads.get(`${place.host}/${place.set}/${place.window}`);
    if (head) this.#write(head);
  }

  /** Drops the host's heads before a window; none of them may be dirty. */
  forget(host: number, beforeWindow: number): void {
    for (const [name, head] of this.#heads)
      if (head.host === host && head.window < beforeWindow) this.#drop(name, head);
  }

  #drop(name: string, head: Head): void {
    if (!this.#heads.delete(name)) return;
    this.#due.delete(head);
    this.#heldValues -= head.rows * head.width + head.chunkTimes.length;
  }

  /** After a rollback, when memory no longer matches the database. */
  clear(): void {
    this.#heads.clear();
    this.#due.clear();
    this.#dueValues = 0;
    this.#heldValues = 0;
    this.#chunks.clear();
  }
}

/** Whether more rows of the window are to be expected, judging by their interval so far. */
function isOpen(window: number, timesMs: Float64Array, rows: number): boolean {
  const last = timesMs[rows - 1] as number;
  const interval = (last - (timesMs[0] as number)) / Math.max(1, rows - 1);
  return last + 2 * interval < (window + 1) * RAW_WINDOW_MS;
}

function orderOf(timesMs: Float64Array): Uint32Array {
  return Uint32Array.from(timesMs, (_, row) => row).sort(
    (one, other) => (timesMs[one] as number) - (timesMs[other] as number),
  );
}
