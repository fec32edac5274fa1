/**
 * Two profiles kept by exponential smoothing, one of the season (hour of day) and one of what the longer season adds to
 * it (hour of week), and an autoregression of what they leave over.
 */
import { restLags } from './lags.ts';
import { ROWS_PER_WEIGHT, type ForecastModel, type Rolling } from './model.ts';
import { regressionForecasts } from './regression.ts';

export interface ProfileOptions {
  /** Share of an error that the season's profile takes over. @default 0.05 */
  readonly gain?: number;
  /** Share of an error that the longer season's profile takes over. @default 0.3 */
  readonly longGain?: number;
  /** @see RegressionOptions, of the rest. @default 1 */
  readonly ridge?: number;
}

export const profileDefaults: Required<ProfileOptions> = { gain: 0.05, longGain: 0.3, ridge: 1 };

/** A slot of the longer season takes over so much more at its first time, when it knows nothing. */
const FIRST_TIME = 1.5;

interface Profiled {
  /** What the profiles left over, per value. */
  readonly rest: Float64Array;
  /** What the profiles say, per origin and step. */
  readonly forecasts: Float64Array[];
}

export function profile(options: ProfileOptions = {}): ForecastModel {
  const own = { ...profileDefaults, ...options };
  return {
    name: 'profile and autoregression',
    least({ season, longSeason }) {
      if (season < 2) return Infinity;
      const lags = restLags(season);
      return settled(season, longSeason) + (lags.at(-1) as number) + ROWS_PER_WEIGHT * lags.length;
    },
    forecast(rolling) {
      const { season, longSeason, origins, horizon } = rolling;
      const { rest, forecasts } = profiled(rolling, own);
      const more = regressionForecasts(rest, settled(season, longSeason), origins, horizon, {
        lags: restLags(season),
        ridge: own.ridge,
        halfLife: Infinity,
      });
      for (const [index, forecast] of forecasts.entries())
        for (let step = 0; step < horizon; step++)
          forecast[step] = (forecast[step] as number) + (more[index]?.[step] as number);
      return forecasts;
    },
  };
}

/** Samples after which the rest is that of profiles and not of their start. */
function settled(season: number, longSeason: number): number {
  return longSeason || season;
}

function profiled(rolling: Rolling, { gain, longGain }: Required<ProfileOptions>): Profiled {
  const { values, origins, horizon, season, longSeason } = rolling;
  const rest = new Float64Array(values.length);
  const short = values.slice(0, season);
  const long = new Float64Array(longSeason || 1);
  let t = 0;
  const forecasts = origins.map((origin) => {
    for (; t < origin; t++) {
      const s = t % season;
      const l = t % long.length;
      const error = (values[t] as number) - (short[s] as number) - (long[l] as number);
      rest[t] = error;
      short[s] = (short[s] as number) + gain * error;
      if (longSeason === 0) continue;
      const share = t < longSeason ? FIRST_TIME * longGain : longGain;
      long[l] = (long[l] as number) + share * error;
    }
    const forecast = new Float64Array(horizon);
    for (let step = 0; step < horizon; step++) {
      const at = origin + step;
      forecast[step] = (short[at % season] as number) + (long[at % long.length] as number);
    }
    return forecast;
  });
  return { rest, forecasts };
}
