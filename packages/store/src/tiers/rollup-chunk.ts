/** Buckets of the series of one stripe, and the chunk that holds them: five columns for each series. */
import { ChunkView, encodeChunk } from '../chunk/chunk.ts';
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
export const FIGURES = 5;

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
   */
  addSamples(
    place: number,
    values: Float64Array,
    decimals: number,
    bucketOf: Int32Array,
    rows: number,
  ): void {
    this.#note(place, decimals);
    const { counts, mins, maxs, sums, lasts } = this;
    const base = place * TIER_ROWS;
    for (let row = 0; row < rows;) {
      const bucket = bucketOf[row] as number;
      let count = 0;
      let min = Infinity;
      let max = -Infinity;
      let sum = 0;
      let last = 0;
      for (; row < rows && bucketOf[row] === bucket; row++) {
        const value = values[row] as number;
        if (value !== value) continue;
        count++;
        if (value < min) min = value;
        if (value > max) max = value;
        sum += value;
        last = value;
      }
      if (count === 0 || bucket < 0) continue;
      const at = base + bucket;
      const before = counts[at] as number;
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
    from: number,
    bucketOf: Int32Array,
    scratch: Float64Array,
  ): void {
    const { rows } = view;
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
    for (let row = 0; row < rows; row++) {
      const bucket = bucketOf[row] as number;
      const count = counts[row] as number;
      if (bucket < 0 || !(count > 0)) continue;
      const at = place * TIER_ROWS + bucket;
      const first = this.counts[at] === 0;
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
    }
    for (let place = 0; place < this.width; place++)
      this.#decimals[place] = Math.max(
        this.#decimals[place] as number,
        other.#decimals[place] as number,
      );
    return dropped;
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
    const columns: Float64Array[] = [];
    for (let place = 0; place < this.width; place++) {
      const base = place * TIER_ROWS;
      const power = POWERS[this.#decimals[place] as number];
      const figures = Array.from({ length: FIGURES }, (_, at) => figureAt(place * FIGURES + at));
      const [counts, mins, maxs, sums, lasts] = figures as [
        Float64Array,
        Float64Array,
        Float64Array,
        Float64Array,
        Float64Array,
      ];
      for (let row = 0; row < used.length; row++) {
        const at = base + (used[row] as number);
        const count = this.counts[at] as number;
        counts[row] = count;
        const some = count > 0;
        mins[row] = some ? (this.mins[at] as number) : Number.NaN;
        maxs[row] = some ? (this.maxs[at] as number) : Number.NaN;
        sums[row] = some ? decimal(this.sums[at] as number, power) : Number.NaN;
        lasts[row] = some ? (this.lasts[at] as number) : Number.NaN;
      }
      columns.push(...figures);
    }
    const originMs = window * windowMs;
    const times = Float64Array.from(used, (bucket) => originMs + bucket * bucketMs);
    return encodeChunk(window, originMs, times, columns);
  }
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
