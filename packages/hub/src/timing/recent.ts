const SIZE = 1024;

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/** Percentiles of the values of the last `spanMs`, of the newest thousand at most; zeros while there is none. */
export class Recent {
  readonly #spanMs: number;
  readonly #times = new Float64Array(SIZE).fill(Number.NEGATIVE_INFINITY);
  readonly #values = new Float64Array(SIZE);
  #next = 0;

  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  add(value: number, nowMs: number): void {
    this.#times[this.#next] = nowMs;
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % SIZE;
  }

  read(nowMs: number): Percentiles {
    const values = this.#values.filter(
      (_, at) => (this.#times[at] as number) > nowMs - this.#spanMs,
    );
    values.sort();
    // The lower one of two: with few values a single high one is somebody's network, not the hub.
    const at = (share: number): number => values[Math.floor((values.length - 1) * share)] ?? 0;
    return { p50: at(0.5), p99: at(0.99) };
  }
}
