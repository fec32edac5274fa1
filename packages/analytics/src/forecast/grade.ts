/** A forecast kept until its time comes, and judged against what came. */
import type { Forecast } from './result.ts';

/** What is kept of a forecast; plain JSON. */
export interface StoredForecast {
  /** Time of the first step, and between steps, ms. */
  readonly startMs: number;
  readonly stepMs: number;
  /** Per step, in the unit of the series. */
  readonly mean: readonly number[];
  readonly naive: readonly number[];
  readonly intervals: readonly {
    /** Percent. */
    readonly level: number;
    readonly lower: readonly number[];
    readonly upper: readonly number[];
  }[];
  /** Usual change from one season to the next, that errors are divided by. */
  readonly scale: number;
}

/** Sums over graded steps; plain JSON, and additive. */
export interface Grade {
  readonly steps: number;
  /** Steps within the interval, per level. */
  readonly hits: readonly { readonly level: number; readonly steps: number }[];
  /** Σ |came − mean| / scale, and the same of the seasonal naive. */
  readonly error: number;
  readonly naiveError: number;
}

export function storedForecast(
  { mean, naive, intervals, scale }: Forecast,
  startMs: number,
  stepMs: number,
): StoredForecast {
  return {
    startMs,
    stepMs,
    mean: [...mean],
    naive: [...naive],
    intervals: intervals.map(({ level, lower, upper }) => ({
      level,
      lower: [...lower],
      upper: [...upper],
    })),
    scale,
  };
}

/** `came`: one value per step of the forecast, from its first; NaN or missing where nothing is known. */
export function gradeForecast(stored: StoredForecast, came: ArrayLike<number>): Grade {
  const hits = stored.intervals.map(({ level }) => ({ level, steps: 0 }));
  let steps = 0;
  let error = 0;
  let naiveError = 0;
  for (let step = 0; step < Math.min(came.length, stored.mean.length); step++) {
    const value = came[step] as number;
    if (!Number.isFinite(value)) continue;
    steps++;
    error += scaled(value, stored.mean[step] as number, stored.scale);
    naiveError += scaled(value, stored.naive[step] as number, stored.scale);
    for (const [index, { lower, upper }] of stored.intervals.entries())
      if (value >= (lower[step] as number) && value <= (upper[step] as number))
        (hits[index] as { steps: number }).steps++;
  }
  return { steps, hits, error, naiveError };
}

/** So large an error is as wrong as any. */
const MOST = 1e6;

function scaled(value: number, forecast: number, scale: number): number {
  const missed = Math.abs(value - forecast);
  return missed === 0 ? 0 : Math.min(MOST, scale > 0 ? missed / scale : MOST);
}
