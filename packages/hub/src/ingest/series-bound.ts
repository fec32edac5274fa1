import { DAY_MS } from '@openmanager/protocol/durations';

/**
 * How many different series one host may have within a day, over all its connections. Those beyond the limit are left
 * out, the others go on. Containers come and go, so that what was not sent for a day does not count any more.
 */
export class SeriesBound {
  readonly #limit: number;
  readonly #nowMs: () => number;
  /** The sets of this day, as long as they cannot have more series than the limit together: most hosts never do. */
  #sets = new Map<string, readonly string[]>();
  #sum = 0;
  /** Every series that was taken, once the sets could have too many. */
  #taken: Set<string> | undefined;
  #sinceMs: number;

  constructor(limit: number, nowMs: () => number = () => performance.now()) {
    this.#limit = limit;
    this.#nowMs = nowMs;
    this.#sinceMs = nowMs();
  }

  /** Places of the series of a set that are taken; undefined: all are. */
  take(setId: string, keys: readonly string[]): readonly number[] | undefined {
    if (this.#nowMs() - this.#sinceMs > DAY_MS) this.#restart();
    if (!this.#taken && !this.#sets.has(setId)) {
      this.#sum += keys.length;
      if (this.#sum <= this.#limit) this.#sets.set(setId, keys);
      else this.#taken = new Set([...this.#sets.values()].flat());
    }
    const taken = this.#taken;
    if (!taken) return undefined;
    this.#sets.clear();
    const places: number[] = [];
    for (const [place, key] of keys.entries()) {
      if (!taken.has(key)) {
        if (taken.size >= this.#limit) continue;
        taken.add(key);
      }
      places.push(place);
    }
    return places.length === keys.length ? undefined : places;
  }

  #restart(): void {
    this.#sinceMs = this.#nowMs();
    this.#sets = new Map();
    this.#sum = 0;
    this.#taken = undefined;
  }
}
