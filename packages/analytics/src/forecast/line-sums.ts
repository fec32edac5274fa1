/** Least-squares lines through any stretch of a series in constant time, from running sums. */
export class LineSums {
  readonly length: number;
  /** Between −1 and 1 so that squares neither vanish nor overflow; NaN for a gap. */
  readonly scaled: Float64Array;
  readonly #middle: number;
  readonly #unit: number;
  /** Up to each sample: count, Σt, Σt², Σy, Σty, Σy². */
  readonly #sums: readonly Float64Array[];

  constructor(values: Float64Array) {
    this.length = values.length;
    let low = Infinity;
    let high = -Infinity;
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    this.#middle = low > high ? 0 : low / 2 + high / 2;
    this.#unit = high / 2 - low / 2 || 1;
    if (!Number.isFinite(this.#unit)) this.#unit = 1;
    this.scaled = values.map((value) =>
      Number.isFinite(value) ? (value - this.#middle) / this.#unit : Number.NaN,
    );
    this.#sums = Array.from({ length: 6 }, () => new Float64Array(values.length + 1));
    for (let t = 0; t < values.length; t++) {
      const y = this.scaled[t] as number;
      const terms = Number.isNaN(y) ? [0, 0, 0, 0, 0, 0] : [1, t, t * t, y, t * y, y * y];
      for (const [index, own] of this.#sums.entries())
        own[t + 1] = (own[t] as number) + (terms[index] as number);
    }
  }

  known(from: number, to: number): number {
    return this.#between(0, from, to);
  }

  /** Level at `from` and slope per sample, of the scaled values. */
  line(from: number, to: number): { readonly level: number; readonly slope: number } {
    const count = this.#between(0, from, to);
    if (count === 0) return { level: 0, slope: 0 };
    const meanTime = this.#between(1, from, to) / count;
    const mean = this.#between(3, from, to) / count;
    const times = this.#between(2, from, to) - count * meanTime * meanTime;
    const products = this.#between(4, from, to) - count * meanTime * mean;
    const slope = times > 1e-9 ? products / times : 0;
    return { level: mean + slope * (from - meanTime), slope };
  }

  /** Sum of squared errors of the line, of the scaled values. */
  squares(from: number, to: number): number {
    const count = this.#between(0, from, to);
    if (count === 0) return 0;
    const meanTime = this.#between(1, from, to) / count;
    const mean = this.#between(3, from, to) / count;
    const times = this.#between(2, from, to) - count * meanTime * meanTime;
    const products = this.#between(4, from, to) - count * meanTime * mean;
    const all = this.#between(5, from, to) - count * mean * mean;
    return Math.max(0, times > 1e-9 ? all - (products * products) / times : all);
  }

  /** Standard deviation of the scaled values. */
  spread(): number {
    const count = this.#between(0, 0, this.length);
    if (count === 0) return 0;
    const mean = this.#between(3, 0, this.length) / count;
    return Math.sqrt(Math.max(0, this.#between(5, 0, this.length) / count - mean * mean));
  }

  /** In the unit of the series. */
  back(value: number): number {
    return this.#middle + value * this.#unit;
  }

  backSlope(slope: number): number {
    return slope * this.#unit;
  }

  #between(index: number, from: number, to: number): number {
    const own = this.#sums[index] as Float64Array;
    return (own[to] as number) - (own[from] as number);
  }
}
