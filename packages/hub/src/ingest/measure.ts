/** Bounded measurements for the hub's own stats. */

/** Percentiles over the newest values. */
export class RecentValues {
  readonly #ring: Float64Array;
  #count = 0;

  /** @param size values kept */
  constructor(size = 1024) {
    this.#ring = new Float64Array(size);
  }

  add(value: number): void {
    this.#ring[this.#count++ % this.#ring.length] = value;
  }

  percentiles(): { p50: number; p99: number } {
    const values = this.#ring.slice(0, Math.min(this.#count, this.#ring.length)).sort();
    const at = (share: number): number =>
      values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
    return { p50: at(0.5), p99: at(0.99) };
  }
}

const RATE_WINDOW_S = 10;

/** Amount per second over the last ten whole seconds. */
export class Rate {
  readonly #amounts = new Float64Array(RATE_WINDOW_S + 1);
  readonly #seconds = new Float64Array(RATE_WINDOW_S + 1);

  add(amount: number, nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    const slot = second % this.#seconds.length;
    if (this.#seconds[slot] !== second) {
      this.#seconds[slot] = second;
      this.#amounts[slot] = 0;
    }
    this.#amounts[slot] = (this.#amounts[slot] ?? 0) + amount;
  }

  perSecond(nowMs: number): number {
    const second = Math.floor(nowMs / 1000);
    let sum = 0;
    for (let slot = 0; slot < this.#seconds.length; slot++) {
      const age = second - (this.#seconds[slot] ?? 0);
      if (age >= 1 && age <= RATE_WINDOW_S) sum += this.#amounts[slot] ?? 0;
    }
    return sum / RATE_WINDOW_S;
  }
}
