export const LATENCIES_KEPT = 200;

/** Delays of the last frames, and their percentiles. */
export class LatencyWindow {
  readonly #delays: Float64Array = new Float64Array(LATENCIES_KEPT);
  #count = 0;

  add(delayMs: number): void {
    this.#delays[this.#count++ % LATENCIES_KEPT] = Math.max(0, delayMs);
  }

  percentiles(): { readonly p50: number; readonly p99: number } | null {
    const size = Math.min(this.#count, LATENCIES_KEPT);
    if (size === 0) return null;
    const sorted = this.#delays.slice(0, size).sort();
    return {
      p50: sorted[Math.floor((size - 1) * 0.5)] as number,
      p99: sorted[Math.floor((size - 1) * 0.99)] as number,
    };
  }
}
