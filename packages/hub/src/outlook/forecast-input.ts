/** What forecasts are made from: past means of a series on an even grid. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@openmanager/protocol/durations';
import type { SeriesHistory } from '@openmanager/store';

export interface ForecastInput {
  readonly stepMs: number;
  /** Time of the first step that is to be forecast, epoch ms. */
  readonly startMs: number;
  /** One mean per step up to there, NaN where there is none. */
  readonly values: Float64Array;
  readonly season: number;
  readonly horizon: number;
}

/** Hours of four weeks for a forecast of a week, as long as there are two days of them. */
const hourly = { stepMs: HOUR_MS, spanMs: 28 * DAY_MS, season: 24, horizon: 168, least: 48 };
/** Five minutes of two days for a forecast of six hours; without a season, of which there are not two yet. */
const fine = { stepMs: 5 * MINUTE_MS, spanMs: 2 * DAY_MS, season: 1, horizon: 72, least: 24 };

/** Undefined when there is too little of either. A forecast does not reach further than its past. */
export async function forecastInput(
  history: Pick<SeriesHistory, 'select'>,
  hostId: string,
  key: string,
  nowMs: number,
): Promise<ForecastInput | undefined> {
  for (const { stepMs, spanMs, season, horizon, least } of [hourly, fine]) {
    const startMs = Math.floor(nowMs / stepMs) * stepMs;
    const { timesMs, mean } = await meansOf(
      history,
      hostId,
      key,
      startMs - spanMs,
      startMs,
      stepMs,
    );
    const firstMs = timesMs[0] ?? startMs;
    const values = new Float64Array((startMs - firstMs) / stepMs).fill(Number.NaN);
    for (const [at, timeMs] of timesMs.entries())
      values[(timeMs - firstMs) / stepMs] = mean[at] as number;
    if (timesMs.length >= least)
      return { stepMs, startMs, values, season, horizon: Math.min(horizon, values.length) };
  }
  return undefined;
}

const nothing = { timesMs: new Float64Array(), mean: new Float64Array() };

/** Means of whole steps from `fromMs` up to `toMs`, both on the grid. */
export async function meansOf(
  history: Pick<SeriesHistory, 'select'>,
  hostId: string,
  key: string,
  fromMs: number,
  toMs: number,
  stepMs: number,
): Promise<{ readonly timesMs: Float64Array; readonly mean: Float64Array }> {
  if (toMs <= fromMs) return nothing;
  const { series } = await history.select({
    series: [{ hostId, key }],
    fromMs: Math.max(0, fromMs),
    toMs: toMs - 1,
    stepMs,
  });
  return series[0] ?? nothing;
}
