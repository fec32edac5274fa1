/**
 * Collects rows in time order within a bound. Up to `maxPoints` rows are kept as they are; with more, rows are
 * folded into means over steps of equal width on the grid of that width. Steps without a sample are left out.
 */
import type { RangeResult } from './metric-store.ts';

const SECOND = 1000;
const STEPS_MS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
].map((seconds) => seconds * SECOND);

function stepFor(spanMs: number, maxPoints: number): number {
  // One step more than the span has, since neither end need lie on the grid.
  const least = spanMs / Math.max(1, maxPoints - 1);
  const day = 86_400 * SECOND;
  return STEPS_MS.find((step) => step >= least) ?? Math.ceil(least / day) * day;
}

export class Reduction {
  private readonly width: number;
  private readonly toMs: number;
  private readonly maxPoints: number;
  private times: number[] = [];
  private sums: Float64Array[] = [];
  private counts: Uint32Array[] = [];
  private stepMs = 0;

  constructor(width: number, toMs: number, maxPoints: number) {
    this.width = width;
    this.toMs = toMs;
    this.maxPoints = maxPoints;
  }

  /** The next row; its values follow by `put`. Rows of the same time or step fall together. */
  row(timeMs: number): void {
    const time = this.stepMs === 0 ? timeMs : this.onGrid(timeMs);
    if (this.times.at(-1) === time) return;
    if (this.stepMs === 0 && this.times.length === this.maxPoints) {
      this.fold();
      this.row(timeMs);
      return;
    }
    this.times.push(time);
    this.sums.push(new Float64Array(this.width));
    this.counts.push(new Uint32Array(this.width));
  }

  put(column: number, value: number): void {
    const sums = this.sums.at(-1);
    const counts = this.counts.at(-1);
    if (!sums || !counts) return;
    sums[column] = (sums[column] ?? 0) + value;
    counts[column] = (counts[column] ?? 0) + 1;
  }

  private onGrid(timeMs: number): number {
    return Math.floor(timeMs / this.stepMs) * this.stepMs;
  }

  private fold(): void {
    const [times, sums, counts] = [this.times, this.sums, this.counts];
    this.stepMs = stepFor(this.toMs - (times[0] ?? this.toMs), this.maxPoints);
    this.times = [];
    this.sums = [];
    this.counts = [];
    for (const [index, time] of times.entries()) {
      this.row(time);
      const into = { sums: this.sums.at(-1), counts: this.counts.at(-1) };
      for (let column = 0; column < this.width; column++) {
        if (into.sums) into.sums[column] = (into.sums[column] ?? 0) + (sums[index]?.[column] ?? 0);
        if (into.counts)
          into.counts[column] = (into.counts[column] ?? 0) + (counts[index]?.[column] ?? 0);
      }
    }
  }

  finish(): Omit<RangeResult, 'keys'> {
    const columns = Array.from({ length: this.width }, (_, column) =>
      Float64Array.from(this.times, (__, index) => {
        const count = this.counts[index]?.[column] ?? 0;
        return count === 0 ? Number.NaN : (this.sums[index]?.[column] ?? 0) / count;
      }),
    );
    return { timesMs: Float64Array.from(this.times), columns, stepMs: this.stepMs };
  }
}
