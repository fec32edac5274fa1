/** Slots a ring of this many points has: a fifth to spare, so that it is copied only now and then. */
export function slotsFor(points: number): number {
  return Math.ceil(points * 1.25);
}

export function pointsFor(slots: number): number {
  return slots - Math.ceil(slots / 5);
}

export const FIRST_SLOTS = 32;

/** Grants a ring `wanted` slots or fewer. */
export type Allot = (held: number, wanted: number) => number;

/**
 * The newest points of one series, ascending in time, one per time, in typed arrays of bounded size.
 * Points lie side by side and slide forward, so a view of them is one subarray. What a view shows is never
 * written again: a change of the past moves the points to new arrays.
 */
export class Ring {
  #times: Float64Array = new Float64Array(0);
  #values: Float64Array = new Float64Array(0);
  #start = 0;
  #end = 0;
  #lost = 0;
  readonly #limit: number;
  readonly #allot: Allot;

  /** `limit`: most points. */
  constructor(limit: number, allot: Allot) {
    this.#limit = limit;
    this.#allot = allot;
  }

  get length(): number {
    return this.#end - this.#start;
  }

  get slots(): number {
    return this.#times.length;
  }

  get firstMs(): number {
    return this.length === 0 ? Number.NaN : (this.#times[this.#start] as number);
  }

  get lastMs(): number {
    return this.length === 0 ? Number.NaN : (this.#times[this.#end - 1] as number);
  }

  /** Points evicted for lack of memory since the last call; those beyond the limit are not counted. */
  takeLost(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  view(): { readonly timesMs: Float64Array; readonly values: Float64Array } {
    return {
      timesMs: this.#times.subarray(this.#start, this.#end),
      values: this.#values.subarray(this.#start, this.#end),
    };
  }

  /** Returns whether anything changed. A value for a time that is held replaces it only when told to. */
  push(timeMs: number, value: number, replace: boolean): boolean {
    if (this.length === 0 || timeMs > this.lastMs) return this.#append(timeMs, value);
    if (timeMs === this.lastMs && (!replace || value === this.#values[this.#end - 1])) return false;
    return this.merge([timeMs], [value], replace);
  }

  /** Merges points in strictly ascending time order. */
  merge(timesMs: ArrayLike<number>, values: ArrayLike<number>, replace: boolean): boolean {
    if (timesMs.length === 0) return false;
    if (this.length === 0 || (timesMs[0] as number) > this.lastMs) {
      let changed = false;
      for (let index = 0; index < timesMs.length; index++)
        changed = this.#append(timesMs[index] as number, values[index] as number) || changed;
      return changed;
    }
    const merged = this.#interleave(timesMs, values, replace);
    if (!merged.changed) return false;
    const slots = this.#grant(slotsFor(merged.count));
    const wanted = Math.min(merged.count, this.#limit);
    const keep = Math.min(wanted, pointsFor(slots));
    this.#lost += wanted - keep;
    const times = new Float64Array(slots);
    const kept = new Float64Array(slots);
    times.set(merged.times.subarray(merged.count - keep, merged.count));
    kept.set(merged.values.subarray(merged.count - keep, merged.count));
    this.#times = times;
    this.#values = kept;
    this.#start = 0;
    this.#end = keep;
    return true;
  }

  #append(timeMs: number, value: number): boolean {
    if (this.#end === this.#times.length) this.#move();
    if (this.#end === this.#times.length) return false;
    this.#times[this.#end] = timeMs;
    this.#values[this.#end] = value;
    this.#end++;
    if (this.length > this.#limit) this.#start++;
    return true;
  }

  /** To new arrays, larger ones while allowed. */
  #move(): void {
    const slots = this.#grant(Math.max(FIRST_SLOTS, this.slots * 2));
    const keep = slots > this.slots ? this.length : Math.min(this.length, pointsFor(slots));
    this.#lost += this.length - keep;
    const times = new Float64Array(slots);
    const values = new Float64Array(slots);
    times.set(this.#times.subarray(this.#end - keep, this.#end));
    values.set(this.#values.subarray(this.#end - keep, this.#end));
    this.#times = times;
    this.#values = values;
    this.#start = 0;
    this.#end = keep;
  }

  #grant(wanted: number): number {
    const limit = slotsFor(this.#limit);
    return wanted <= this.slots
      ? this.slots
      : this.#allot(this.slots, Math.min(limit, Math.max(FIRST_SLOTS, wanted)));
  }

  #interleave(
    timesMs: ArrayLike<number>,
    fresh: ArrayLike<number>,
    replace: boolean,
  ): { times: Float64Array; values: Float64Array; count: number; changed: boolean } {
    const times = new Float64Array(this.length + timesMs.length);
    const values = new Float64Array(times.length);
    let changed = false;
    let count = 0;
    let held = this.#start;
    let next = 0;
    while (held < this.#end || next < timesMs.length) {
      const heldMs = held < this.#end ? (this.#times[held] as number) : Infinity;
      const nextMs = next < timesMs.length ? (timesMs[next] as number) : Infinity;
      if (heldMs <= nextMs) {
        times[count] = heldMs;
        values[count] = this.#values[held++] as number;
        if (heldMs === nextMs) {
          const value = fresh[next++] as number;
          if (replace && value !== values[count]) {
            values[count] = value;
            changed = true;
          }
        }
      } else {
        times[count] = nextMs;
        values[count] = fresh[next++] as number;
        changed = true;
      }
      count++;
    }
    return { times, values, count, changed };
  }
}
