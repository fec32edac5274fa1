import type { SelectedSeries } from '../contract/series-history.ts';
import { COUNT, FIRST, LAST, LOST, MAX, MIN, RESETS, SUM } from '../tiers/rollup-chunk.ts';
import type { Found } from './scan.ts';

const COUNTER_WIDTH = 3;

/** Values in one piece of memory, where one series has no more. */
const MOST_IN_PIECE = 65_536;

/**
 * Columns that series of one answer have in common, so that they are made and sent once: the times of what was sampled
 * together, and the widths and counts of samples, which are all 0 and 1. Nobody may write to a column of an answer.
 */
export class SharedColumns {
  #times = new Float64Array();
  #zeros = new Float64Array();
  #ones = new Float64Array();
  #piece = new Float64Array();
  #used = 0;

  /** A copy, in a piece of memory with those of other series: pieces are sent from thread to thread, not columns. */
  values(of: Float64Array): Float64Array {
    if (this.#used + of.length > this.#piece.length) {
      const room = Math.max(of.length, Math.min(2 * this.#piece.length, MOST_IN_PIECE));
      this.#piece = new Float64Array(room);
      this.#used = 0;
    }
    const taken = this.#piece.subarray(this.#used, (this.#used += of.length));
    taken.set(of);
    return taken;
  }

  /** The same times as last where they are equal. */
  times(of: Float64Array): Float64Array {
    const last = this.#times;
    if (last.length === of.length) {
      let at = 0;
      while (at < of.length && last[at] === of[at]) at++;
      if (at === of.length) return last;
    }
    return (this.#times = of.slice());
  }

  widths(rows: number): Float64Array {
    return this.#zeros.length === rows ? this.#zeros : (this.#zeros = new Float64Array(rows));
  }

  counts(rows: number): Float64Array {
    return this.#ones.length === rows ? this.#ones : (this.#ones = new Float64Array(rows).fill(1));
  }
}

/** Collects the points of one series as they are stored, and puts them in the order of time. */
export class Gathered {
  #rows = 0;
  #sorted = true;
  #data = new Float64Array();
  /** First value, lost and resets of each row; empty without buckets. */
  #counters = new Float64Array();

  /** Samples alone are kept as two columns, as long as nothing else comes. */
  #samples = 0;
  #times = new Float64Array();
  #values = new Float64Array();

  static readonly #WIDTH = 7;

  /** True when it took the chunk. */
  #addSamples(found: Found, place: number): boolean {
    if (found.level !== 0 || this.#rows > 0) return false;
    const values = found.column(place, 0);
    if (values === undefined) return true;
    const need = this.#samples + found.rows;
    if (need > this.#times.length) {
      const room = Math.max(need, this.#times.length * 2);
      const [times, grown] = [new Float64Array(room), new Float64Array(room)];
      times.set(this.#times.subarray(0, this.#samples));
      grown.set(this.#values.subarray(0, this.#samples));
      [this.#times, this.#values] = [times, grown];
    }
    const [times, kept, { timesMs }] = [this.#times, this.#values, found];
    let rows = this.#samples;
    let last = rows > 0 ? (times[rows - 1] as number) : -Infinity;
    let sorted = true;
    const end = found.first + found.rows;
    for (let row = found.first; row < end; row++) {
      const value = values[row] as number;
      if (value !== value) continue;
      const time = timesMs[row] as number;
      sorted &&= time > last;
      times[rows] = last = time;
      kept[rows++] = value;
    }
    this.#sorted &&= sorted;
    this.#samples = rows;
    return true;
  }

  /** Makes rows of the samples, for what else comes. */
  #asRows(): void {
    const rows = this.#samples;
    if (rows === 0) return;
    this.#samples = 0;
    const width = Gathered.#WIDTH;
    this.#data = new Float64Array(rows * width);
    for (let row = 0; row < rows; row++) {
      const value = this.#values[row] as number;
      this.#data.fill(value, row * width + 2, row * width + 6);
      this.#data[row * width] = this.#times[row] as number;
      this.#data[row * width + 6] = 1;
    }
    this.#rows = rows;
  }

  add(found: Found, place: number, widthMs: number): void {
    if (this.#addSamples(found, place)) return;
    this.#asRows();
    const columns =
      found.level === 0
        ? [found.column(place, 0)]
        : [COUNT, MIN, MAX, SUM, LAST, FIRST, LOST, RESETS].map((figure) =>
            found.column(place, figure),
          );
    if (columns.includes(undefined)) return;
    const width = Gathered.#WIDTH;
    const need = (this.#rows + found.rows) * width;
    if (need > this.#data.length) {
      const grown = new Float64Array(Math.max(need, this.#data.length * 2));
      grown.set(this.#data.subarray(0, this.#rows * width));
      this.#data = grown;
    }
    const data = this.#data;
    const [one, min, max, sum, last, first, lost, resets] = columns as Float64Array[];
    if (found.level > 0 && this.#counters.length * width < data.length * COUNTER_WIDTH) {
      const grown = new Float64Array((data.length / width) * COUNTER_WIDTH).fill(Number.NaN);
      grown.set(this.#counters);
      this.#counters = grown;
    }
    const counters = this.#counters;
    for (let row = found.first; row < found.first + found.rows; row++) {
      const value = (one as Float64Array)[row] as number;
      const raw = found.level === 0;
      if (raw ? value !== value : !(value > 0)) continue;
      const time = found.timesMs[row] as number;
      const at = this.#rows * width;
      if (this.#rows > 0 && time <= (data[at - width] as number)) this.#sorted = false;
      data[at] = time;
      data[at + 1] = widthMs;
      data[at + 2] = raw ? value : (min?.[row] as number);
      data[at + 3] = raw ? value : (max?.[row] as number);
      data[at + 4] = raw ? value : (sum?.[row] as number) / value;
      data[at + 5] = raw ? value : (last?.[row] as number);
      data[at + 6] = raw ? 1 : value;
      if (!raw) {
        const to = this.#rows * COUNTER_WIDTH;
        counters[to] = first?.[row] as number;
        counters[to + 1] = lost?.[row] as number;
        counters[to + 2] = resets?.[row] as number;
      }
      this.#rows++;
    }
  }

  /** Points that are NaN, at the times that `other` has; those that the series has a value at stay. */
  addNotNumbers(other: Gathered): void {
    const width = Gathered.#WIDTH;
    this.#asRows();
    other.#asRows();
    if (other.#rows === 0) return;
    const data = new Float64Array((this.#rows + other.#rows) * width);
    data.set(this.#data.subarray(0, this.#rows * width));
    data.set(other.#data.subarray(0, other.#rows * width), this.#rows * width);
    for (let row = this.#rows; row < this.#rows + other.#rows; row++)
      data.fill(Number.NaN, row * width + 2, row * width + 6);
    this.#data = data;
    this.#rows += other.#rows;
    this.#sorted = false;
  }

  finish(hostId: string, key: string, shared: SharedColumns): SelectedSeries | undefined {
    if (this.#samples > 0 && this.#sorted) {
      const rows = this.#samples;
      const values = shared.values(this.#values.subarray(0, rows));
      return {
        hostId,
        key,
        timesMs: shared.times(this.#times.subarray(0, rows)),
        widthsMs: shared.widths(rows),
        min: values,
        max: values,
        mean: values,
        last: values,
        count: shared.counts(rows),
      };
    }
    this.#asRows();
    if (this.#rows === 0) return undefined;
    const width = Gathered.#WIDTH;
    let order: Uint32Array | undefined;
    let rows = this.#rows;
    if (!this.#sorted) {
      const time = (row: number): number => this.#data[row * width] as number;
      order = Uint32Array.from({ length: rows }, (_, row) => row).sort(
        (a, b) => time(a) - time(b) || a - b,
      );
      // Of two sets that share a series, the first one's sample of a time stays.
      order = order.filter(
        (row, index) =>
          index === 0 || time((order as Uint32Array)[index - 1] as number) < time(row),
      );
      rows = order.length;
    }
    const column = (figure: number): Float64Array => {
      const values = new Float64Array(rows);
      for (let row = 0; row < rows; row++)
        values[row] = this.#data[(order ? (order[row] as number) : row) * width + figure] as number;
      return values;
    };
    const counter = (figure: number): Float64Array =>
      Float64Array.from(
        { length: rows },
        (_, row) =>
          this.#counters[(order ? (order[row] as number) : row) * COUNTER_WIDTH + figure] ??
          Number.NaN,
      );
    return {
      hostId,
      key,
      timesMs: column(0),
      widthsMs: column(1),
      min: column(2),
      max: column(3),
      mean: column(4),
      last: column(5),
      count: column(6),
      ...(this.#counters.length > 0 && {
        counter: { first: counter(0), lost: counter(1), resets: counter(2) },
      }),
    };
  }
}
