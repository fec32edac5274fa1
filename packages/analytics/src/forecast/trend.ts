/**
 * Where a series is going: the slope of its ten-minute means over the last day, robust against single jumps and
 * cleared files. The slope is the median over pairs of means half the span apart (after H. Theil, "A rank-invariant
 * method of linear and polynomial regression analysis", 1950, with n/2 pairs in place of all, as P. Sen names the
 * incomplete method, JASA 63, 1968), and counts only when most pairs agree on its direction.
 */
import { MINUTE_MS } from '@openmanager/protocol/durations';

export interface TrendOptions {
  /** Width of a mean, ms. @default 600,000 */
  readonly bucketMs?: number;
  /** Means remembered. @default 144: a day */
  readonly buckets?: number;
  /** Means without which nothing is said. @default 18: three hours */
  readonly minBuckets?: number;
}

export const trendDefaults: Required<TrendOptions> = {
  bucketMs: 10 * MINUTE_MS,
  buckets: 144,
  minBuckets: 18,
};

/** Share of the pairs that have to go the slope's way. Noise without a trend has about half. */
const AGREEING = 0.75;

export class Trend {
  readonly #options: Required<TrendOptions>;
  /** Starts and means of full buckets, the oldest first. */
  readonly #starts: number[] = [];
  readonly #means: number[] = [];
  #bucket = Number.NEGATIVE_INFINITY;
  #mean = 0;
  #count = 0;
  #known: number | undefined;

  constructor(options: TrendOptions = {}) {
    this.#options = { ...trendDefaults, ...options };
  }

  /** Takes a sample, or the mean of many. Values that are not finite and times before the newest bucket are left out. */
  add(timeMs: number, value: number): void {
    if (!Number.isFinite(timeMs) || !Number.isFinite(value)) return;
    const bucket = Math.floor(timeMs / this.#options.bucketMs);
    if (bucket < this.#bucket) return;
    if (bucket > this.#bucket) this.#close(bucket);
    this.#count++;
    this.#mean += value / this.#count - this.#mean / this.#count;
  }

  /** Change per ms; 0 where there is no clear direction; undefined while too little is known. */
  slope(): number | undefined {
    if (this.#starts.length < this.#options.minBuckets) return undefined;
    return (this.#known ??= robustSlope(this.#starts, this.#means));
  }

  /** The newest mean; undefined before the first sample. */
  level(): number | undefined {
    return this.#count > 0 ? this.#mean : this.#means.at(-1);
  }

  /**
   * Ms from `timeMs` until the series crosses `bound` if it goes on as it does: 0 beyond it, Infinity when it does
   * not go there, undefined while too little is known.
   */
  crossing(timeMs: number, bound: number, direction: 'above' | 'below'): number | undefined {
    const slope = this.slope();
    if (slope === undefined) return undefined;
    const sign = direction === 'above' ? 1 : -1;
    const level = this.level() as number;
    const missing = (bound - level) * sign;
    if (missing <= 0) return 0;
    const rate = slope * sign;
    if (!(rate > 0)) return Infinity;
    const { bucketMs } = this.#options;
    // The mean stands for the middle of its bucket.
    const since = timeMs - (this.#bucket + 0.5) * bucketMs;
    const left = missing / rate - Math.max(0, since);
    return Number.isNaN(left) ? Infinity : Math.max(0, left);
  }

  #close(next: number): void {
    if (this.#count > 0) {
      this.#starts.push(this.#bucket * this.#options.bucketMs);
      this.#means.push(this.#mean);
      this.#known = undefined;
    }
    this.#bucket = next;
    this.#mean = 0;
    this.#count = 0;
    const oldest = (next - this.#options.buckets) * this.#options.bucketMs;
    while (this.#starts.length > 0 && (this.#starts[0] as number) < oldest) {
      this.#starts.shift();
      this.#means.shift();
      this.#known = undefined;
    }
  }
}

function robustSlope(times: readonly number[], values: readonly number[]): number {
  const half = times.length >> 1;
  const slopes: number[] = [];
  for (let at = 0; at + half < times.length; at++) {
    const rise = (values[at + half] as number) - (values[at] as number);
    slopes.push(rise / ((times[at + half] as number) - (times[at] as number)));
  }
  slopes.sort((a, b) => a - b);
  const median = slopes[slopes.length >> 1] as number;
  const agreeing = slopes.filter((slope) => slope * median > 0).length / slopes.length;
  return Number.isFinite(median) && agreeing >= AGREEING ? median : 0;
}
