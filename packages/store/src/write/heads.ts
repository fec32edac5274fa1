/**
 * The newest rows of each set, which are written anew with each commit: few of them, so that it costs the disk about
 * what a row of its own would. When there are enough, or their window is past, they go into the window's chunk.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type ChunkView, encodeChunk } from '../chunk/chunk.ts';
import { DamagedCode } from '../chunk/rice.ts';
import { RAW_WINDOW_MS, rawId } from '../file/layout.ts';
import { StoreError } from '../contract/store-error.ts';
import { RawReader, type RawTable } from '../read/raw.ts';

/**
 * Values held in memory, in all and in one window of a set. In all: beyond it the head used least recently is let go,
 * and read back when needed. In one window: room for 3,000 series every second; more is refused.
 */
export const MAX_HELD_VALUES = 4_000_000;
/** Values that one transaction adds before it writes what it has: what came is held as it came until then. */
export const MAX_DUE_VALUES = 1_000_000;
/** Rows of a head that are left to it; with more they go into the chunk. */
export const HEAD_ROWS = 24;

/** Columns that are kept to put chunks together in have room for as many rows, and longer ones are not kept. */
const LEAST_MERGED_ROWS = 256;
const MAX_MERGED_ROWS = 4096;

export interface HeadPlace {
  readonly host: number;
  readonly set: number;
  readonly width: number;
  readonly window: number;
}

interface Head extends HeadPlace {
  rows: number;
  timesMs: Float64Array;
  columns: Float64Array[];
  /** Times of the chunk of this window, ascending. */
  chunkTimes: Float64Array;
  /** Values that are not NaN, now and in the stored version of the head. */
  samples: number;
  storedSamples: number;
  isStored: boolean;
  changed: boolean;
  /** Its window is past: it goes into the chunk with the next commit. */
  past: boolean;
}

export class Heads {
  readonly #database: DatabaseSync;
  readonly #reader: RawReader;
  /** The head used least recently comes first. */
  readonly #heads = new Map<string, Head>();
  /** Changed, or past, since the last flush. */
  readonly #due = new Set<Head>();
  readonly #upsert: { readonly [T in RawTable]: StatementSync };
  readonly #remove: { readonly [T in RawTable]: StatementSync };
  readonly #addToCounter: StatementSync;
  #heldValues = 0;
  /** Added since the last time that all was written. */
  #dueValues = 0;
  #samplesAdded = 0;
  #damaged = 0;
  /** Memory in which chunks are put together. */
  readonly #merged: Float64Array[] = [];

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#reader = new RawReader(database);
    const upsert = (table: RawTable): StatementSync =>
      database.prepare(
        `INSERT INTO ${table} (id, samples, data) VALUES (${rawId}, ?4, ?5)
         ON CONFLICT (id) DO UPDATE SET samples = excluded.samples, data = excluded.data`,
      );
    const remove = (table: RawTable): StatementSync =>
      database.prepare(`DELETE FROM ${table} WHERE id = ${rawId}`);
    this.#upsert = { chunk: upsert('chunk'), head: upsert('head') };
    this.#remove = { chunk: remove('chunk'), head: remove('head') };
    this.#addToCounter = database.prepare('UPDATE counter SET value = value + ? WHERE name = ?');
  }

  get held(): number {
    return this.#heldValues;
  }

  /** Adds the rows from `from` to before `to` of `timesMs`, all of one window; `values` holds column after column. */
  add(
    place: HeadPlace,
    timesMs: Float64Array,
    values: Float64Array,
    from: number,
    to: number,
  ): void {
    const head = this.#open(place);
    if ((head.rows + head.chunkTimes.length + to - from) * head.width > MAX_HELD_VALUES)
      throw new StoreError(
        'overloaded',
        `more than ${MAX_HELD_VALUES} values within ${RAW_WINDOW_MS / 1000} s`,
      );
    const before = head.rows;
    if (follows(head, timesMs, from, to)) this.#copy(head, timesMs, values, from, to);
    else for (let row = from; row < to; row++) this.#insert(head, timesMs, values, row);
    if (head.rows === before) return;
    this.#heldValues += (head.rows - before) * head.width;
    this.#dueValues += (head.rows - before) * head.width;
    head.changed = true;
    this.#due.add(head);
    if (this.#dueValues > MAX_DUE_VALUES) this.#writeDue();
  }

  /** Rows that come after all there are, strictly ascending. */
  #copy(head: Head, timesMs: Float64Array, values: Float64Array, from: number, to: number): void {
    const count = to - from;
    if (head.rows === 0) {
      this.#take(head, timesMs, values, from, to);
      return;
    }
    grow(head, head.rows + count);
    head.timesMs.set(timesMs.subarray(from, to), head.rows);
    const rows = timesMs.length;
    let samples = 0;
    for (let place = 0; place < head.width; place++) {
      const column = head.columns[place] as Float64Array;
      const base = place * rows;
      for (let row = 0; row < count; row++) {
        const value = values[base + from + row] as number;
        column[head.rows + row] = value;
        if (value === value) samples++;
      }
    }
    head.rows += count;
    head.samples += samples;
  }

  /** The first rows of a head: what came is held as it is. Whoever adds to it finds it full, and copies. */
  #take(head: Head, timesMs: Float64Array, values: Float64Array, from: number, to: number): void {
    const rows = timesMs.length;
    head.timesMs = timesMs.subarray(from, to);
    let samples = 0;
    for (let place = 0; place < head.width; place++) {
      const column = values.subarray(place * rows + from, place * rows + to);
      head.columns[place] = column;
      for (let row = 0; row < column.length; row++) {
        const value = column[row] as number;
        if (value === value) samples++;
      }
    }
    head.rows = to - from;
    head.samples = samples;
  }

  #insert(head: Head, timesMs: Float64Array, values: Float64Array, row: number): void {
    const time = timesMs[row] as number;
    const at = placeOf(head.timesMs, head.rows, time);
    // The first row of a time wins, as the first sample of a batch that was sent twice does.
    if (at < head.rows && head.timesMs[at] === time) return;
    const inChunk = placeOf(head.chunkTimes, head.chunkTimes.length, time);
    if (head.chunkTimes[inChunk] === time) return;
    grow(head, head.rows + 1);
    head.timesMs.copyWithin(at + 1, at, head.rows);
    head.timesMs[at] = time;
    for (let place = 0; place < head.width; place++) {
      const column = head.columns[place] as Float64Array;
      const value = values[place * timesMs.length + row] as number;
      column.copyWithin(at + 1, at, head.rows);
      column[at] = value;
      if (value === value) head.samples++;
    }
    head.rows++;
  }

  #open(place: HeadPlace): Head {
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
      this.#letGo(oldName, old);
    }
    return head;
  }

  #read(place: HeadPlace): Head {
    const { host, set, width, window } = place;
    const chunk = this.#viewed('chunk', place, (view) => view.times());
    const stored = this.#viewed('head', place, (view) => ({
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
      columns: stored?.value.columns ?? nothing(width),
      chunkTimes: chunk?.value ?? new Float64Array(),
      samples: stored?.samples ?? 0,
      storedSamples: stored?.samples ?? 0,
      isStored: stored !== undefined,
      changed: false,
      past: false,
    };
  }

  /** What is stored, verified as a whole. What cannot be read is laid aside: nothing that comes in waits for it. */
  #viewed<T>(
    table: RawTable,
    place: HeadPlace,
    read: (view: ChunkView) => T,
  ): { readonly value: T; readonly samples: number } | undefined {
    const { host, window, set, width } = place;
    const row = this.#reader.read(table, host, window, set, width);
    if (!row) return undefined;
    if (row.view) {
      try {
        row.view.verify();
        return { value: read(row.view), samples: row.samples };
      } catch (error) {
        if (!(error instanceof DamagedCode)) throw error;
      }
    }
    this.#layAside(table, place);
    return undefined;
  }

  #layAside(table: RawTable, { host, window, set }: HeadPlace): void {
    this.#database
      .prepare(
        `INSERT INTO damaged (source, id, found_ms, data) SELECT '${table}', id, ?4, data FROM ${table} WHERE id = ${rawId}
         ON CONFLICT DO NOTHING`,
      )
      .run(host, window, set, Date.now());
    const { samples } = this.#database
      .prepare(`SELECT samples FROM ${table} WHERE id = ${rawId}`)
      .get(host, window, set) as { samples: number };
    this.#remove[table].run(host, window, set);
    this.#samplesAdded -= samples;
    this.#damaged++;
  }

  /** Lays a raw chunk aside when it is damaged; answers whether it was. */
  check(table: RawTable, place: HeadPlace): boolean {
    const before = this.#damaged;
    this.#viewed(table, place, (view) => {
      view.times();
      const scratch = new Float64Array(view.rows);
      for (let at = 0; at < place.width; at++) view.column(at, scratch, 0);
    });
    return this.#laidAsideSince(before, place);
  }

  /** The window's chunk, verified as a whole; one that is damaged is laid aside. */
  sound(place: HeadPlace): ChunkView | undefined {
    const before = this.#damaged;
    const view = this.#viewed('chunk', place, (chunk) => chunk)?.value;
    this.#laidAsideSince(before, place);
    return view;
  }

  /** What is held may stand for what is gone. */
  #laidAsideSince(before: number, place: HeadPlace): boolean {
    if (this.#damaged === before) return false;
    const name = `${place.host}/${place.set}/${place.window}`;
    const held = this.#heads.get(name);
    if (held) this.#letGo(name, held);
    return true;
  }

  #write(head: Head): void {
    const { host, window, set } = head;
    this.#due.delete(head);
    if (!head.changed && !head.past) return;
    if (head.rows === 0) return;
    this.#samplesAdded += head.samples - head.storedSamples;
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
      this.#upsert.head.run(host, window, set, head.samples, data);
      head.isStored = true;
      head.storedSamples = head.samples;
    }
    head.changed = false;
  }

  #mergedColumn(place: number, rows: number): Float64Array {
    const column = this.#merged[place];
    if (column && column.length >= rows && column.length <= MAX_MERGED_ROWS) return column;
    return (this.#merged[place] = new Float64Array(Math.max(rows, LEAST_MERGED_ROWS)));
  }

  /** The head's rows go into the chunk. */
  #merge(head: Head): void {
    const { host, window, set, width } = head;
    const chunk = this.#viewed('chunk', head, (view) => view);
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
    this.#upsert.chunk.run(
      host,
      window,
      set,
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
    if (head.isStored) this.#remove.head.run(host, window, set);
    this.#heldValues += rows - head.chunkTimes.length - head.rows * width;
    head.chunkTimes = timesMs.slice(0, rows);
    head.timesMs = new Float64Array();
    head.columns = nothing(width);
    head.rows = 0;
    head.samples = 0;
    head.storedSamples = 0;
    head.isStored = false;
    if (!head.past) return;
    this.#letGo(`${host}/${set}/${window}`, head);
  }

  #writeDue(): void {
    for (const head of this.#due) this.#write(head);
    this.#due.clear();
    this.#dueValues = 0;
  }

  /** Writes everything that was added to, and what the commit counts. */
  flush(): void {
    this.#writeDue();
    this.count('samples', this.#samplesAdded);
    this.#samplesAdded = 0;
  }

  count(name: string, by: number): void {
    if (by !== 0) this.#addToCounter.run(by, name);
  }

  /** The set has begun a newer window: the head goes into its chunk with this commit. */
  close(place: HeadPlace): void {
    const head = this.#open(place);
    if (head.rows === 0) {
      this.#due.delete(head);
      this.#letGo(`${place.host}/${place.set}/${place.window}`, head);
      return;
    }
    head.past = true;
    this.#due.add(head);
  }

  /** Brings the head of a window into its chunk, if there is one; what was written is complete then. */
  settle(place: HeadPlace): void {
    this.close(place);
    const head = this.#heads.get(`${place.host}/${place.set}/${place.window}`);
    if (head) this.#write(head);
  }

  /** Lets go of everything of the host before a window; nothing may be waiting to be written. */
  forget(host: number, beforeWindow: number): void {
    for (const [name, head] of this.#heads)
      if (head.host === host && head.window < beforeWindow) this.#letGo(name, head);
  }

  #letGo(name: string, head: Head): void {
    if (!this.#heads.delete(name)) return;
    this.#due.delete(head);
    this.#heldValues -= head.rows * head.width + head.chunkTimes.length;
  }

  /** After a rollback: what is held is not what is stored. */
  clear(): void {
    this.#heads.clear();
    this.#due.clear();
    this.#dueValues = 0;
    this.#heldValues = 0;
    this.#samplesAdded = 0;
  }
}

/** More rows of the window are to come, if they come as they did. */
function isOpen(window: number, timesMs: Float64Array, rows: number): boolean {
  const last = timesMs[rows - 1] as number;
  const interval = (last - (timesMs[0] as number)) / Math.max(1, rows - 1);
  return last + 2 * interval < (window + 1) * RAW_WINDOW_MS;
}

const empty = new Float64Array();

function nothing(width: number): Float64Array[] {
  return Array.from({ length: width }, () => empty);
}

function follows(head: Head, timesMs: Float64Array, from: number, to: number): boolean {
  let before = Math.max(
    head.rows > 0 ? (head.timesMs[head.rows - 1] as number) : -1,
    head.chunkTimes.at(-1) ?? -1,
  );
  for (let row = from; row < to; row++) {
    const time = timesMs[row] as number;
    if (time <= before) return false;
    before = time;
  }
  return true;
}

function grow(head: Head, rows: number): void {
  if (rows <= head.timesMs.length) return;
  const room = Math.max(rows, head.timesMs.length * 2);
  const grown = (old: Float64Array): Float64Array => {
    const array = new Float64Array(room);
    array.set(old.subarray(0, head.rows));
    return array;
  };
  head.timesMs = grown(head.timesMs);
  head.columns = head.columns.map(grown);
}

/** Where the time is, or belongs, among the first `count` of ascending times. */
function placeOf(timesMs: Float64Array, count: number, timeMs: number): number {
  let high = count;
  if (high === 0 || (timesMs[high - 1] as number) < timeMs) return high;
  let low = 0;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timesMs[middle] as number) < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function orderOf(timesMs: Float64Array): Uint32Array {
  return Uint32Array.from(timesMs, (_, row) => row).sort(
    (one, other) => (timesMs[one] as number) - (timesMs[other] as number),
  );
}
