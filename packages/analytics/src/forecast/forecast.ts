/**
 * A forecast of one series with prediction intervals. Every model that the history is long enough for forecasts from
 * several earlier origins; their errors weigh the models and, once mixed, calibrate the intervals.
 */
import { analog } from './analog.ts';
import { autoregression } from './autoregression.ts';
import { errorsOf, meanAbsoluteError, seasonalScale } from './errors.ts';
import { fillGaps } from './fill.ts';
import { holtWinters } from './holt-winters.ts';
import { mix, weightsOf } from './mix.ts';
import type { ForecastModel, Rolling } from './model.ts';
import { check, forecastDefaults, seasonsOf, type Asked, type ForecastOptions } from './options.ts';
import { originsFor, type Plan } from './origins.ts';
import { profile } from './profile.ts';
import type { Forecast, NotEnoughHistory } from './result.ts';
import { seasonalChange } from './seasonal-change.ts';
import { seasonalNaive } from './seasonal-naive.ts';
import { halfWidths } from './spread.ts';
import { transform } from './transform.ts';

/** Values below which nothing is said. */
const MIN_VALUES = 12;
/** Most seasons that are looked back at, and most samples without a season. */
const MAX_SEASONS = 70;
const MAX_SAMPLES = 2000;

const models: readonly ForecastModel[] = [
  autoregression(),
  seasonalChange(),
  profile(),
  analog({ compared: 1, keep: 1 }),
  analog({ compared: 2, keep: 0.6 }),
  holtWinters(),
  holtWinters(false),
  seasonalNaive(),
  seasonalNaive('long season'),
];

/**
 * `values`: one per step, the oldest first, NaN (or an infinity) for a gap. Throws a RangeError for options out of
 * range, never for values.
 */
export function forecast(
  values: Float64Array,
  options: ForecastOptions = {},
): Forecast | NotEnoughHistory {
  const asked = { ...forecastDefaults, ...options };
  const { season, longSeason } = seasonsOf(asked.season);
  check(asked);
  const series = knownPart(values, season < 2 ? MAX_SAMPLES : season * MAX_SEASONS);
  const known = series.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0);
  // What is missing at the end is forecast too, and left out of the answer.
  const late = values.length - 1 - values.findLastIndex((value) => Number.isFinite(value));
  if (known < MIN_VALUES || 2 * known < series.length + late)
    return {
      kind: 'not-enough-history',
      known,
      needed: Math.max(MIN_VALUES, Math.ceil((series.length + late) / 2)),
    };
  const scale = transform(series, { logarithms: asked.transform === 'auto' });
  if (scale.values === undefined) return constantForecast(scale.back(0), asked);
  const horizon = late + asked.horizon;
  const plan = originsFor(series.length, { season, longSeason, horizon }, models);
  const filled = scale.values.slice();
  fillGaps(filled, plan.season);
  const whole = {
    ...judged({ ...plan, values: filled }, scale.values, plan, scale.back, asked),
    scale: seasonalScale(series, plan.season),
  };
  return late === 0 ? whole : without(late, whole);
}

/** Without its first steps. */
function without(steps: number, whole: Forecast): Forecast {
  return {
    ...whole,
    mean: whole.mean.slice(steps),
    naive: whole.naive.slice(steps),
    intervals: whole.intervals.map(({ level, lower, upper }) => ({
      level,
      lower: lower.slice(steps),
      upper: upper.slice(steps),
    })),
  };
}

function judged(
  rolling: Rolling,
  truth: Float64Array,
  { models: used, naive }: Plan,
  back: (value: number) => number,
  asked: Asked,
): Omit<Forecast, 'scale'> {
  const { origins, horizon } = rolling;
  const all = used.map((model) => model.forecast(rolling));
  const errors = all.map((forecasts) => meanAbsoluteError(forecasts, origins, truth));
  const weights = weightsOf(errors);
  const mixed = origins.map((_, index) =>
    mix(
      all.map((forecasts) => forecasts[index] as Float64Array),
      weights,
    ),
  );
  const own = errorsOf(mixed, origins, truth);
  const bounded = (value: number): number =>
    Math.min(asked.max ?? Infinity, Math.max(asked.min ?? -Infinity, back(value)));
  const middle = mixed.at(-1) as Float64Array;
  const widths = halfWidths(own, horizon, asked.levels);
  const naiveError = errors[naive] as number;
  const naiveForecast = (all[naive] as Float64Array[]).at(-1) as Float64Array;
  return {
    kind: 'forecast',
    mean: middle.map(bounded),
    intervals: asked.levels.map((level, index) => {
      const width = widths[index] as Float64Array;
      return {
        level,
        lower: middle.map((value, step) => bounded(value - (width[step] as number))),
        upper: middle.map((value, step) => bounded(value + (width[step] as number))),
      };
    }),
    naive: naiveForecast.map(bounded),
    models: used
      .map(({ name }, index) => ({ name, weight: weights[index] as number }))
      .filter(({ weight }) => weight > 0)
      .toSorted((a, b) => b.weight - a.weight),
    skill: naiveError > 0 ? 1 - meanAbsoluteError(mixed, origins, truth) / naiveError : 0,
    origins: origins.length - 1,
  };
}

/** From the first to the last value, no longer than `most`; infinities are gaps. */
function knownPart(values: Float64Array, limit: number): Float64Array {
  const last = values.findLastIndex((value) => Number.isFinite(value));
  const newest = values.subarray(Math.max(0, last + 1 - limit), last + 1);
  const first = newest.findIndex((value) => Number.isFinite(value));
  return newest
    .slice(Math.max(0, first))
    .map((value) => (Number.isFinite(value) ? value : Number.NaN));
}

function constantForecast(constant: number, asked: Asked): Forecast {
  const value = Math.min(asked.max ?? Infinity, Math.max(asked.min ?? -Infinity, constant));
  const line = (): Float64Array => new Float64Array(asked.horizon).fill(value);
  return {
    kind: 'forecast',
    mean: line(),
    intervals: asked.levels.map((level) => ({ level, lower: line(), upper: line() })),
    naive: line(),
    models: [{ name: 'constant', weight: 1 }],
    skill: 0,
    scale: 0,
    origins: 0,
  };
}
