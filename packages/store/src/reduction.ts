/**
 * Collects values in time order within a bound. Up to `maxPoints` times are kept as they are; with more, they are
 * folded into means over steps of equal width on the grid of that width. Steps without a sample are left out.
 */
import type { RangeResult } from './metric-store.ts';

const SECOND = 1000;
const DAY = 86_400 * SECOND;
const STEPS_MS = [
  1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
].map((seconds) => seconds * SECOND);

/** The finest step of which the span touches at most `maxPoints`. */
export function stepFor(fromMs: number, toMs: number, maxPoints: number): number {
  const fits = (step: number): boolean =>
    Math.floor(toMs / step) - Math.floor(fromMs / step) < maxPoints;
  const known = STEPS_MS.find(fits);
  if (known !== undefined) return known;
  let days = Math.max(2, Math.ceil((toMs - fromMs) / DAY / maxPoints));
  while (!fits(days * DAY)) days *= 2;
  return days * DAY;
}

/** One time or step: sum and count of each series. */
interface Point {
  readonly timeMs: number;
  readonly sums: Float64Array;
  readonly counts: Uint32Array;
}

export class Reduction {
  private readonly width: number;
  private readonly lastMs: number;
  private readonly maxPoints: number;
  private points: Point[] = [];
  private stepMs = 0;

  /** `lastMs`: no time later than this will come. */
  constructor(width: number, lastMs: number, maxPoints: number) {
    this.width = width;
    this.lastMs = lastMs;
    this.maxPoints = maxPoints;
  }

  /** The points of the next times, which ascend from call to call too. */
  take(timesMs: ArrayLike<number>): readonly Point[] {
    const before = this.points.length;
    const taken: Point[] = [];
    for (let index = 0; index < timesMs.length; index++) {
      const point = this.at(timesMs[index] as number);
      if (point) taken.push(point);
      else {
        // What this call added is empty yet, so only what was there before is folded.
        this.points.length = before;
        this.fold(timesMs[0] as number);
        return this.take(timesMs);
      }
    }
    return taken;
  }

  /** Undefined when there is no room for another sample as it is. */
  private at(timeMs: number): Point | undefined {
    const time = this.stepMs === 0 ? timeMs : Math.floor(timeMs / this.stepMs) * this.stepMs;
    const last = this.points.at(-1);
    if (last?.timeMs === time) return last;
    if (this.stepMs === 0 && this.points.length === this.maxPoints) return undefined;
    const point = {
      timeMs: time,
      sums: new Float64Array(this.width),
      counts: new Uint32Array(this.width),
    };
    this.points.push(point);
    return point;
  }

  private fold(nextMs: number): void {
    const points = this.points;
    this.stepMs = stepFor(points[0]?.timeMs ?? nextMs, this.lastMs, this.maxPoints);
    this.points = [];
    for (const { timeMs, sums, counts } of points) {
      const into = this.at(timeMs) as Point;
      for (let place = 0; place < this.width; place++) {
        into.sums[place] = (into.sums[place] as number) + (sums[place] as number);
        into.counts[place] = (into.counts[place] as number) + (counts[place] as number);
      }
    }
  }

  finish(): Omit<RangeResult, 'keys'> {
    const columns = Array.from({ length: this.width }, (_, place) =>
      Float64Array.from(this.points, ({ sums, counts }) =>
        counts[place] === 0 ? Number.NaN : (sums[place] as number) / (counts[place] as number),
      ),
    );
    return {
      timesMs: Float64Array.from(this.points, ({ timeMs }) => timeMs),
      columns,
      stepMs: this.stepMs,
    };
  }
}
