/** Forecasts a series from its history, with its time to full and its current linear trend. */
import { DAY_MS } from '@openmanager/protocol/durations';
import { capacity, forecast, trendSegments, type Forecast } from '@openmanager/analytics';
import {
  metricInfo,
  metricOfKey,
  type Capacity,
  type ForecastRefusal,
  type SeriesForecast,
} from '@openmanager/protocol';
import type { SeriesHistory } from '@openmanager/store';
import { forecastInput, type ForecastInput } from './forecast-input.ts';
import { valueBounds } from './value-bounds.ts';

/** Percent. */
const LEVELS = [50, 80, 95];

export async function makeForecast(
  history: Pick<SeriesHistory, 'select'>,
  hostId: string,
  key: string,
  now: number,
): Promise<{ readonly answer: SeriesForecast; readonly raw: Forecast } | ForecastRefusal> {
  const input = await forecastInput(history, hostId, key, now);
  if (!input) return 'not-enough-history';
  const { min, max } = valueBounds(key);
  const { season, horizon, stepMs, startMs } = input;
  const raw = forecast(input.values, { season, horizon, levels: LEVELS, min, max });
  if (raw.kind !== 'forecast') return 'not-enough-history';
  const answer: SeriesForecast = {
    hostId,
    key,
    madeMs: now,
    stepMs,
    startMs,
    mean: [...raw.mean],
    intervals: raw.intervals.map(({ level, lower, upper }) => ({
      level,
      lower: [...lower],
      upper: [...upper],
    })),
    models: raw.models,
    capacity: capacityOf(key, input, now),
    trend: trendOf(input),
    grade: null,
  };
  return { answer, raw };
}

/** Time to full; null for metrics that cannot be full, and where too little is known. */
function capacityOf(key: string, { values, stepMs }: ForecastInput, now: number): Capacity | null {
  const { fullAt } = metricInfo(metricOfKey(key));
  if (fullAt === undefined) return null;
  const made = capacity(values, { limit: fullAt, samplesPerDay: Math.round(DAY_MS / stepMs) });
  if (made.kind !== 'full-in') return null;
  const at = (days: number | null): number | null => (days === null ? null : now + days * DAY_MS);
  return { bound: fullAt, p10Ms: at(made.p10), p50Ms: at(made.p50), p90Ms: at(made.p90) };
}

/** The last segment of a piecewise linear fit of the daily means. */
function trendOf({ values, stepMs, startMs }: ForecastInput): SeriesForecast['trend'] {
  const perDay = Math.round(DAY_MS / stepMs);
  const days = Math.floor(values.length / perDay);
  const firstMs = startMs - days * DAY_MS;
  const means = Float64Array.from({ length: days }, (_, day) => {
    const from = values.length - (days - day) * perDay;
    const known = values.subarray(from, from + perDay).filter(Number.isFinite);
    return known.reduce((sum, value) => sum + value, 0) / known.length;
  });
  const last = trendSegments(means).at(-1);
  return last ? { sinceMs: firstMs + last.from * DAY_MS, perDay: last.slope } : null;
}
