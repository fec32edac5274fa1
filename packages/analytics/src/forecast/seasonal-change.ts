/** Autoregression of the change since one season ago: follows a level that wanders. */
import { changeLags } from './lags.ts';
import { ROWS_PER_WEIGHT, type ForecastModel } from './model.ts';
import { regressionForecasts } from './regression.ts';

export interface SeasonalChangeOptions {
  /** @see RegressionOptions @default 0.1 */
  readonly ridge?: number;
}

export const seasonalChangeDefaults: Required<SeasonalChangeOptions> = { ridge: 0.1 };

export function seasonalChange(options: SeasonalChangeOptions = {}): ForecastModel {
  const { ridge } = { ...seasonalChangeDefaults, ...options };
  return {
    name: 'autoregression of seasonal changes',
    least({ season, longSeason }) {
      if (season < 2) return Infinity;
      const lags = changeLags(season, longSeason);
      return season + (lags.at(-1) as number) + ROWS_PER_WEIGHT * lags.length;
    },
    forecast({ values, season, longSeason, origins, horizon }) {
      const changes = new Float64Array(values.length);
      for (let t = season; t < values.length; t++)
        changes[t] = (values[t] as number) - (values[t - season] as number);
      const forecasts = regressionForecasts(changes, season, origins, horizon, {
        lags: changeLags(season, longSeason),
        ridge,
        halfLife: Infinity,
      });
      for (const [index, forecast] of forecasts.entries()) {
        const seasonAgo = (origins[index] as number) - season;
        for (let step = 0; step < horizon; step++) {
          const before = step < season ? values[seasonAgo + step] : forecast[step - season];
          forecast[step] = (forecast[step] as number) + (before as number);
        }
      }
      return forecasts;
    },
  };
}
