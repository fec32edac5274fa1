/** Grading of forecasts against what came. */
import { DAY_MS } from '@openmanager/protocol/durations';
import type { ForecastRecord, StoredForecast } from '@openmanager/analytics';
import type { ForecastGrade } from '@openmanager/protocol';
import type { SeriesHistory } from '@openmanager/store';
import { meansOf } from './forecast-input.ts';

/** Only this much of a forecast is graded, once all of it has come. */
const GRADED_MS = DAY_MS;

/** The part of a forecast that is graded. */
export function firstDay(whole: StoredForecast): StoredForecast {
  const steps = Math.max(1, Math.floor(GRADED_MS / whole.stepMs));
  return {
    ...whole,
    mean: whole.mean.slice(0, steps),
    naive: whole.naive.slice(0, steps),
    intervals: whole.intervals.map(({ level, lower, upper }) => ({
      level,
      lower: lower.slice(0, steps),
      upper: upper.slice(0, steps),
    })),
  };
}

/** Actual means on the forecast's grid, NaN where there is none. */
export async function valuesOf(
  history: Pick<SeriesHistory, 'select'>,
  hostId: string,
  key: string,
  { startMs, stepMs, mean }: StoredForecast,
): Promise<Float64Array> {
  const endMs = startMs + mean.length * stepMs;
  const came = await meansOf(history, hostId, key, startMs, endMs, stepMs);
  const values = new Float64Array(mean.length).fill(Number.NaN);
  for (const [at, timeMs] of came.timesMs.entries())
    values[(timeMs - startMs) / stepMs] = came.mean[at] as number;
  return values;
}

/** Null before the first grade. */
export function gradeOf(record: ForecastRecord, ownSkill: number): ForecastGrade | null {
  const { forecasts, hitRates, skill } = record.summary();
  if (forecasts === 0) return null;
  return {
    forecasts,
    hits: hitRates.map(({ level, rate }) => ({ level, share: rate })),
    skill,
    isTrustworthy: record.trustworthy(ownSkill),
  };
}
