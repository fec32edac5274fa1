import type { Aggregate } from '../model/rule.ts';

/** Slots of one window: its memory does not depend on how often samples come. */
export const WINDOW_SLOTS = 120;
/** A window that has been watched for less than this share of its length says nothing yet. */
const WATCHED = 0.75;

/**
 * Values of the last `overMs`, in slots of a 120th of it. Exact while at most one sample falls into a slot; with
 * more, sums and extremes are exact to a slot at the far end, and percentiles are of the slots' means. Says nothing
 * until it was watched for most of its length, so that one sample after a restart is no average.
 */
export class SlidingWindow {
  readonly #overMs: number;
  readonly #slotMs: number;
  /** Numbers of the slots; −1 where none was filled. */
  readonly #slots: Float64Array = new Float64Array(WINDOW_SLOTS).fill(-1);
  readonly #counts: Float64Array = new Float64Array(WINDOW_SLOTS);
  readonly #sums: Float64Array = new Float64Array(WINDOW_SLOTS);
  readonly #extremes: Float64Array = new Float64Array(WINDOW_SLOTS);
  readonly #aggregate: Aggregate;
  readonly #percentile: number;
  #watchedMs = Number.NaN;
  #newestMs = Number.NaN;

  constructor(overMs: number, aggregate: Aggregate, percentile = 0.5) {
    this.#overMs = overMs;
    this.#slotMs = overMs / WINDOW_SLOTS;
    this.#aggregate = aggregate;
    this.#percentile = percentile;
  }

  /** Starts anew, because times went back. */
  reset(): void {
    this.#slots.fill(-1);
    this.#watchedMs = this.#newestMs = Number.NaN;
  }

  /** Takes a value at a time not before the last one; answers the aggregate, NaN while it is not known. */
  add(timeMs: number, value: number): number {
    if (!(timeMs - this.#newestMs <= this.#overMs)) this.#watchedMs = timeMs;
    this.#newestMs = timeMs;
    const slot = Math.floor(timeMs / this.#slotMs);
    const place = slot % WINDOW_SLOTS;
    if (this.#slots[place] === slot) {
      this.#counts[place] = (this.#counts[place] as number) + 1;
      this.#sums[place] = (this.#sums[place] as number) + value;
      this.#extremes[place] = this.#worse(this.#extremes[place] as number, value);
    } else {
      this.#slots[place] = slot;
      this.#counts[place] = 1;
      this.#sums[place] = value;
      this.#extremes[place] = value;
    }
    if (this.#aggregate === 'last') return value;
    if (timeMs - this.#watchedMs < this.#overMs * WATCHED) return Number.NaN;
    return this.#over(slot);
  }

  #worse(a: number, b: number): number {
    return this.#aggregate === 'min' ? Math.min(a, b) : Math.max(a, b);
  }

  #over(newest: number): number {
    const oldest = newest - WINDOW_SLOTS;
    const slots = this.#slots;
    if (this.#aggregate === 'percentile') return this.#quantile(oldest);
    let count = 0;
    let sum = 0;
    let extreme = Number.NaN;
    for (let place = 0; place < WINDOW_SLOTS; place++) {
      if ((slots[place] as number) <= oldest) continue;
      count += this.#counts[place] as number;
      sum += this.#sums[place] as number;
      const value = this.#extremes[place] as number;
      extreme = extreme === extreme ? this.#worse(extreme, value) : value;
    }
    return this.#aggregate === 'avg' ? sum / count : extreme;
  }

  /** Linear between the two nearest ranks, as R's type 7 has it. */
  #quantile(oldest: number): number {
    const means: number[] = [];
    for (let place = 0; place < WINDOW_SLOTS; place++)
      if ((this.#slots[place] as number) > oldest)
        means.push((this.#sums[place] as number) / (this.#counts[place] as number));
    means.sort((a, b) => a - b);
    const rank = this.#percentile * (means.length - 1);
    const low = means[Math.floor(rank)] as number;
    const high = means[Math.ceil(rank)] as number;
    return low + (high - low) * (rank - Math.floor(rank));
  }
}

/** Change per second from the first sample of the last `overMs` to the newest one. */
export class RateWindow {
  readonly #overMs: number;
  readonly #slotMs: number;
  readonly #times: Float64Array = new Float64Array(WINDOW_SLOTS).fill(Number.NEGATIVE_INFINITY);
  readonly #values: Float64Array = new Float64Array(WINDOW_SLOTS);

  constructor(overMs: number) {
    this.#overMs = overMs;
    this.#slotMs = overMs / WINDOW_SLOTS;
  }

  /** Starts anew, because times went back. */
  reset(): void {
    this.#times.fill(Number.NEGATIVE_INFINITY);
  }

  /** Takes a value at a time not before the last one; answers the rate, NaN while it is not known. */
  add(timeMs: number, value: number): number {
    let from = timeMs;
    let before = value;
    for (let index = 0; index < WINDOW_SLOTS; index++) {
      const time = this.#times[index] as number;
      if (time >= timeMs - this.#overMs && time < from) {
        from = time;
        before = this.#values[index] as number;
      }
    }
    // Only now: the newest sample takes the place of one that is a whole window old.
    const place = Math.floor(timeMs / this.#slotMs) % WINDOW_SLOTS;
    if (timeMs - (this.#times[place] as number) >= this.#slotMs) {
      this.#times[place] = timeMs;
      this.#values[place] = value;
    }
    const spanMs = timeMs - from;
    return spanMs < this.#overMs * WATCHED ? Number.NaN : ((value - before) / spanMs) * 1000;
  }
}
