/**
 * Buckets of the series of one stripe, and the chunk that holds them: five columns for each series, or eight where any
 * of them looks like a counter.
 */
import { ChunkView, encodeChunk } from '../chunk/chunk.ts';
import { DamagedCode } from '../chunk/damaged-code.ts';
import { POWERS } from '../chunk/decimals.ts';
import { STRIPE_SERIES, TIER_ROWS } from '../file/layout.ts';

/**
 * Offsets of a series' columns. The sum is stored instead of the mean, because a sum of decimals is a decimal itself.
 */
export const COUNT = 0;
export const MIN = 1;
export const MAX = 2;
export const SUM = 3;
export const LAST = 4;
/**
 * What a rate needs of a counter: the first value, the sum of the values before each reset, and the number of resets.
 * Absent where the series does not look like one: they would cost as much as all other columns together.
 */
export const FIRST = 5;
export const LOST = 6;
export const RESETS = 7;
export const FIGURES = 8;
const PLAIN_FIGURES = 5;
/** A series with more resets than one of so many rises is no counter, unless its name says so. */
const RISES_PER_RESET = 3;

/** Columns of each series of a chunk. */
export function figuresOf({ width }: ChunkView, series: number): number {
  if (width === series * FIGURES) return FIGURES;
  if (width === series * PLAIN_FIGURES) return PLAIN_FIGURES;
  throw new DamagedCode('the chunk has another width');
}

/** Whether the name is one that counters have by convention. */
export function namesCounter(key: string): boolean {
  return /[._](?:total|count|sum|bucket)$/.test(key.split('{', 1)[0] as string);
}

/** Above it a scaled sum is not exact. */
const MAX_EXACT = 2 ** 52;

/** The buckets of one stripe and one window of a tier, while they are computed. */
export class Buckets {
  readonly width: number;
  readonly counts: Float64Array;
  readonly mins: Float64Array;
  readonly maxs: Float64Array;
  readonly sums: Float64Array;
  readonly lasts: Float64Array;
  readonly firsts: Float64Array;
  readonly lost: Float64Array;
  readonly resets: Float64Array;
  /** Most decimals of any value of each series so far. */
  readonly #decimals: Uint8Array;

  constructor(width: number) {
    this.width = width;
    const size = width * TIER_ROWS;
    this.counts = new Float64Array(size);
    this.mins = new Float64Array(size);
    this.maxs = new Float64Array(size);
    this.sums = new Float64Array(size);
    this.lasts = new Float64Array(size);
    this.firsts = new Float64Array(size);
    this.lost = new Float64Array(size);
    this.resets = new Float64Array(size);
    this.#decimals = new Uint8Array(width);
  }

  /** As new. */
  reset(): void {
    this.counts.fill(0);
    this.#decimals.fill(0);
  }

  /** Forgets the buckets from `from` to before `to`. */
  clear(from: number, to: number): void {
    for (let place = 0; place < this.width; place++)
      this.counts.fill(0, place * TIER_ROWS + from, place * TIER_ROWS + to);
  }

  /**
   * Adds values of so many decimals in the order of time; `bucketOf` gives each row's bucket, below 0 for none.
   * `isCounter` where that is known, otherwise the values tell.
   */
  addSamples(
    place: number,
    values: Float64Array,
    decimals: number,
    bucketOf: Int32Array,
    rows: number,
    isCounter = false,
  ): void {
    this.#note(place, decimals);
    const known = isCounter || looksLikeCounter(values, rows);
    const { counts, mins, maxs, sums, lasts } = this;
    const base = place * TIER_ROWS;
    for (let row = 0; row < rows;) {
      const bucket = bucketOf[row] as number;
      let count = 0;
      let min = Infinity;
      let max = -Infinity;
      let sum = 0;
      let last = 0;
      let first = 0;
      let lost = 0;
      let resets = 0;
      for (; row < rows && bucketOf[row] === bucket; row++) {
        const value = values[row] as number;
        if (value !== value) continue;
        if (count === 0) first = value;
        else if (value < last) {
          lost += last;
          resets++;
        }
        count++;
        if (value < min) min = value;
        if (value > max) max = value;
        sum += value;
        last = value;
      }
      if (count === 0 || bucket < 0) continue;
      const at = base + bucket;
      const before = counts[at] as number;
      this.#addCounter(at, before === 0, known ? first : Number.NaN, lost, resets);
      counts[at] = before + count;
      mins[at] = before === 0 ? min : Math.min(mins[at] as number, min);
      maxs[at] = before === 0 ? max : Math.max(maxs[at] as number, max);
      sums[at] = before === 0 ? sum : (sums[at] as number) + sum;
      lasts[at] = last;
    }
  }

  /** Adds buckets of a finer tier (or of this one, when read back), in the order of time. */
  addBuckets(
    place: number,
    view: ChunkView,
    figures: number,
    bucketOf: Int32Array,
    scratch: Float64Array,
  ): void {
    const { rows } = view;
    const from = place * figures;
    const column = (figure: number): Float64Array => {
      const into = scratch.subarray(figure * rows, (figure + 1) * rows);
      const decimals = view.column(from + figure, into, 0);
      if (figure !== COUNT) this.#note(place, decimals);
      return into;
    };
    const [counts, mins, maxs, sums, lasts] = [
      column(COUNT),
      column(MIN),
      column(MAX),
      column(SUM),
      column(LAST),
    ];
    const [firsts, lost, resets] =
      figures === FIGURES ? [column(FIRST), column(LOST), column(RESETS)] : [];
    for (let row = 0; row < rows; row++) {
      const bucket = bucketOf[row] as number;
      const count = counts[row] as number;
      if (bucket < 0 || !(count > 0)) continue;
      const at = place * TIER_ROWS + bucket;
      const first = this.counts[at] === 0;
      this.#addCounter(
        at,
        first,
        firsts?.[row] ?? Number.NaN,
        lost?.[row] ?? Number.NaN,
        resets?.[row] ?? Number.NaN,
      );
      this.counts[at] = (this.counts[at] as number) + count;
      this.mins[at] = first
        ? (mins[row] as number)
        : Math.min(this.mins[at] as number, mins[row] as number);
      this.maxs[at] = first
        ? (maxs[row] as number)
        : Math.max(this.maxs[at] as number, maxs[row] as number);
      this.sums[at] = first
        ? (sums[row] as number)
        : (this.sums[at] as number) + (sums[row] as number);
      this.lasts[at] = lasts[row] as number;
    }
  }

  /** Takes over buckets where this has none; returns the samples of those that found their place taken. */
  fillFrom(other: Buckets): number {
    let dropped = 0;
    for (let at = 0; at < this.counts.length; at++) {
      const count = other.counts[at] as number;
      if (count === 0) continue;
      if ((this.counts[at] as number) > 0) {
        dropped += count;
        continue;
      }
      this.counts[at] = count;
      this.mins[at] = other.mins[at] as number;
      this.maxs[at] = other.maxs[at] as number;
      this.sums[at] = other.sums[at] as number;
      this.lasts[at] = other.lasts[at] as number;
      this.firsts[at] = other.firsts[at] as number;
      this.lost[at] = other.lost[at] as number;
      this.resets[at] = other.resets[at] as number;
    }
    for (let place = 0; place < this.width; place++)
      this.#decimals[place] = Math.max(
        this.#decimals[place] as number,
        other.#decimals[place] as number,
      );
    return dropped;
  }

  /** Adds what comes after the values of a bucket, before its `lasts` move on. A first value of NaN is not known. */
  #addCounter(at: number, isFirst: boolean, first: number, lost: number, resets: number): void {
    const isReset = !isFirst && first < (this.lasts[at] as number);
    const before = isFirst ? 0 : (this.lost[at] as number);
    this.lost[at] = before + lost + (isReset ? (this.lasts[at] as number) : 0);
    this.resets[at] = (isFirst ? 0 : (this.resets[at] as number)) + resets + Number(isReset);
    if (isFirst || Number.isNaN(first)) this.firsts[at] = first;
  }

  /** Columns that each series needs. */
  #figures(used: readonly number[]): number {
    for (let place = 0; place < this.width; place++)
      for (const bucket of used) {
        const at = place * TIER_ROWS + bucket;
        if ((this.counts[at] as number) > 0 && !Number.isNaN(this.firsts[at])) return FIGURES;
      }
    return PLAIN_FIGURES;
  }

  #note(place: number, decimals: number): void {
    if (decimals > (this.#decimals[place] as number)) this.#decimals[place] = decimals;
  }

  /** The chunk, or nothing when every bucket is empty. Answers its samples too. */
  encode(window: number, windowMs: number, bucketMs: number): Uint8Array | undefined {
    const used: number[] = [];
    for (let bucket = 0; bucket < TIER_ROWS; bucket++)
      for (let place = 0; place < this.width; place++)
        if ((this.counts[place * TIER_ROWS + bucket] as number) > 0) {
          used.push(bucket);
          break;
        }
    if (used.length === 0) return undefined;
    const figures = this.#figures(used);
    const columns: Float64Array[] = [];
    for (let place = 0; place < this.width; place++) {
      const base = place * TIER_ROWS;
      const power = POWERS[this.#decimals[place] as number];
      const sources = [
        this.counts,
        this.mins,
        this.maxs,
        this.sums,
        this.lasts,
        this.firsts,
        this.lost,
        this.resets,
      ];
      for (let figure = 0; figure < figures; figure++) {
        const from = sources[figure] as Float64Array;
        const into = figureAt(place * FIGURES + figure);
        const adds = figure === SUM || figure === LOST;
        for (let row = 0; row < used.length; row++) {
          const at = base + (used[row] as number);
          const isThere =
            figure === COUNT ||
            ((this.counts[at] as number) > 0 && (figure < FIRST || !Number.isNaN(this.firsts[at])));
          const value = from[at] as number;
          into[row] = !isThere ? Number.NaN : adds ? decimal(value, power) : value;
        }
        columns.push(into);
      }
    }
    const originMs = window * windowMs;
    const times = Float64Array.from(used, (bucket) => originMs + bucket * bucketMs);
    return encodeChunk(window, originMs, times, columns);
  }
}

/**
 * A rise is common and a fall is not, or all are whole numbers and each fall is by half or more; none is below 0.
 */
function looksLikeCounter(values: Float64Array, rows: number): boolean {
  let [rises, falls, before, isDeep] = [0, 0, Number.NaN, true];
  for (let row = 0; row < rows; row++) {
    const value = values[row] as number;
    if (value !== value) continue;
    if (value < 0 || value === Infinity) return false;
    if (value > before) rises++;
    else if (value < before) {
      falls++;
      if (value * 2 > before) isDeep = false;
    }
    if (isDeep && !Number.isInteger(value)) isDeep = false;
    before = value;
  }
  return falls <= Math.max(1, rises / RISES_PER_RESET) || (isDeep && falls <= rises + 1);
}

/** Columns of one chunk after the other. */
const columnsOfChunk: Float64Array[] = [];

function figureAt(place: number): Float64Array {
  return (columnsOfChunk[place] ??= new Float64Array(TIER_ROWS));
}

/** A sum of decimals as the decimal it is, free of what adding doubles left. */
function decimal(sum: number, power: number | undefined): number {
  if (power === undefined) return sum;
  const scaled = sum * power;
  return Math.abs(scaled) < MAX_EXACT ? Math.round(scaled) / power : sum;
}

/** Series of the stripe that is `index`-th in a set of `width`. */
export function stripeWidth(width: number, index: number): number {
  return Math.min(STRIPE_SERIES, width - index * STRIPE_SERIES);
}
