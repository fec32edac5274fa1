/** The newest rows of one window of a set, in memory, ascending by time. */
import type { RawPlace } from '../file/host.ts';

export interface Head extends RawPlace {
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
  /** Its window is over: it is merged into the chunk with the next commit. */
  past: boolean;
}

/**
 * Adds the rows from `from` to before `to` of `timesMs`, all of the head's window; `values` holds column after column.
 * The first row of a time wins, as the first sample of a batch that was sent twice does.
 */
export function addRows(
  head: Head,
  timesMs: Float64Array,
  values: Float64Array,
  from: number,
  to: number,
): void {
  if (follows(head, timesMs, from, to)) append(head, timesMs, values, from, to);
  else for (let row = from; row < to; row++) insert(head, timesMs, values, row);
}

/** Rows that come after all there are, strictly ascending. */
function append(
  head: Head,
  timesMs: Float64Array,
  values: Float64Array,
  from: number,
  to: number,
): void {
  const count = to - from;
  if (head.rows === 0) {
    adopt(head, timesMs, values, from, to);
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

/** The first rows of a head: the arrays that came are held as they are. They are full, so the next rows are copied. */
function adopt(
  head: Head,
  timesMs: Float64Array,
  values: Float64Array,
  from: number,
  to: number,
): void {
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

function insert(head: Head, timesMs: Float64Array, values: Float64Array, row: number): void {
  const time = timesMs[row] as number;
  const at = positionOf(head.timesMs, head.rows, time);
  if (at < head.rows && head.timesMs[at] === time) return;
  const inChunk = positionOf(head.chunkTimes, head.chunkTimes.length, time);
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

const empty = new Float64Array();

export function emptyColumns(width: number): Float64Array[] {
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

/** Binary search: index of the first of `count` ascending times that is not before `timeMs`. */
function positionOf(timesMs: Float64Array, count: number, timeMs: number): number {
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
