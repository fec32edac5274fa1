/** Figures of several series over steps of equal width. */
import type { Found } from './scan.ts';
import { COUNT, FIRST, LAST, LOST, MAX, MIN, SUM } from '../tiers/rollup-chunk.ts';

export interface GridFigures {
  readonly min?: boolean;
  readonly max?: boolean;
  readonly sum?: boolean;
  readonly last?: boolean;
  /** First value, and increase with resets corrected: for rates. */
  readonly increase?: boolean;
}

const none = new Float64Array();

export class Grid {
  readonly steps: number;
  readonly width: number;
  readonly counts: Float64Array;
  readonly mins: Float64Array;
  readonly maxs: Float64Array;
  readonly sums: Float64Array;
  readonly lasts: Float64Array;
  readonly increases: Float64Array;
  /** Time of `lasts`, and of the first value of the step. */
  readonly lastTimes: Float64Array;
  readonly firstTimes: Float64Array;
  readonly #startMs: number;
  readonly #stepMs: number;
  #slots = new Int32Array(1024);
  /** Of each series, for increases across steps. */
  readonly #previous: Float64Array;
  readonly #previousTimes: Float64Array;

  /** Steps begin at `startMs`. */
  constructor(width: number, steps: number, startMs: number, stepMs: number, figures: GridFigures) {
    this.width = width;
    this.steps = steps;
    this.#startMs = startMs;
    this.#stepMs = stepMs;
    const size = width * steps;
    const array = (wanted: boolean | undefined): Float64Array =>
      wanted === true ? new Float64Array(size) : none;
    this.counts = new Float64Array(size);
    this.mins = array(figures.min);
    this.maxs = array(figures.max);
    this.sums = array(figures.sum);
    this.lasts = array(figures.last);
    this.lastTimes = array(figures.last === true || figures.increase === true);
    this.firstTimes = array(figures.increase);
    this.increases = array(figures.increase);
    this.#previous = new Float64Array(figures.increase === true ? width : 0).fill(Number.NaN);
    this.#previousTimes = new Float64Array(figures.increase === true ? width : 0);
  }

  /** Adds a chunk; chunks of one series come in the order of time, but for late rows. */
  add(found: Found): void {
    const { timesMs, first, rows, level } = found;
    const end = first + rows;
    if (this.#slots.length < end) this.#slots = new Int32Array(end);
    const slots = this.#slots;
    for (let row = first; row < end; row++)
      slots[row] = Math.floor(((timesMs[row] as number) - this.#startMs) / this.#stepMs);
    for (const [place, column] of found.pairs)
      if (level === 0) this.#addSamples(found, place, column * this.steps, column);
      else this.#addBuckets(found, place, column * this.steps, column);
  }

  #addSamples(found: Found, place: number, base: number, column: number): void {
    const values = found.column(place, 0);
    if (!values) return;
    if (this.increases.length > 0) this.#addIncreases(found, values, base, column);
    const { counts, mins, maxs, sums, lasts, lastTimes } = this;
    const slots = this.#slots;
    const end = found.first + found.rows;
    for (let row = found.first; row < end;) {
      const slot = slots[row] as number;
      let count = 0;
      let min = Infinity;
      let max = -Infinity;
      let sum = 0;
      let lastRow = 0;
      for (; row < end && slots[row] === slot; row++) {
        const value = values[row] as number;
        if (value !== value) continue;
        count++;
        if (value < min) min = value;
        if (value > max) max = value;
        sum += value;
        lastRow = row;
      }
      if (count === 0) continue;
      const at = base + slot;
      const before = counts[at] as number;
      counts[at] = before + count;
      if (mins.length > 0) mins[at] = before === 0 ? min : Math.min(mins[at] as number, min);
      if (maxs.length > 0) maxs[at] = before === 0 ? max : Math.max(maxs[at] as number, max);
      if (sums.length > 0) sums[at] = (sums[at] as number) + sum;
      if (lasts.length > 0) {
        const time = found.timesMs[lastRow] as number;
        if (before === 0 || time >= (lastTimes[at] as number)) {
          lasts[at] = values[lastRow] as number;
          lastTimes[at] = time;
        }
      }
    }
  }

  #addBuckets(found: Found, place: number, base: number, column: number): void {
    const { counts, mins, maxs, sums, lasts, lastTimes } = this;
    const slots = this.#slots;
    const end = found.first + found.rows;
    const added = found.column(place, COUNT);
    if (!added) return;
    const min = mins.length > 0 ? found.column(place, MIN) : none;
    const max = maxs.length > 0 ? found.column(place, MAX) : none;
    const sum = sums.length > 0 ? found.column(place, SUM) : none;
    const needsLast = lasts.length > 0 || this.increases.length > 0;
    const last = needsLast ? found.column(place, LAST) : none;
    // Damaged: no figure of these buckets counts.
    if (!min || !max || !sum || !last) return;
    if (this.increases.length > 0)
      this.#addIncreases(found, last, base, column, [
        found.column(place, FIRST) ?? none,
        found.column(place, LOST) ?? none,
      ]);
    for (let row = found.first; row < end; row++) {
      const count = added[row] as number;
      if (!(count > 0)) continue;
      const at = base + (slots[row] as number);
      const before = counts[at] as number;
      counts[at] = before + count;
      if (mins.length > 0)
        mins[at] =
          before === 0 ? (min[row] as number) : Math.min(mins[at] as number, min[row] as number);
      if (maxs.length > 0)
        maxs[at] =
          before === 0 ? (max[row] as number) : Math.max(maxs[at] as number, max[row] as number);
      if (sums.length > 0) sums[at] = (sums[at] as number) + (sum[row] as number);
      if (lasts.length > 0) {
        const time = found.timesMs[row] as number;
        if (before === 0 || time >= (lastTimes[at] as number)) {
          lasts[at] = last[row] as number;
          lastTimes[at] = time;
        }
      }
    }
  }

  /** What the counter rose by, from value to value; a lower value is a reset, after which it began at 0. */
  #addIncreases(
    found: Found,
    values: Float64Array,
    base: number,
    column: number,
    [firsts, lost]: readonly Float64Array[] = [],
  ): void {
    const end = found.first + found.rows;
    for (let row = found.first; row < end; row++) {
      const value = values[row] as number;
      const time = found.timesMs[row] as number;
      if (value !== value || time < (this.#previousTimes[column] as number)) continue;
      const at = base + (this.#slots[row] as number);
      const previous = this.#previous[column] as number;
      if (previous === previous) {
        // Resets within a bucket are made up for where they are kept.
        const kept = firsts?.[row] ?? Number.NaN;
        const [next, within] =
          kept === kept ? [kept, value - kept + (lost?.[row] as number)] : [value, 0];
        this.increases[at] =
          (this.increases[at] as number) + within + (next >= previous ? next - previous : next);
        if (this.firstTimes[at] === 0) this.firstTimes[at] = this.#previousTimes[column] as number;
        this.lastTimes[at] = time;
      }
      this.#previous[column] = value;
      this.#previousTimes[column] = time;
    }
  }
}
