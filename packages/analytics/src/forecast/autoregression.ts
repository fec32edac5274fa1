/** Seasonal autoregression: a series from its own values around now and around one and two seasons ago. */
import { valueLags } from './lags.ts';
import { ROWS_PER_WEIGHT, type ForecastModel } from './model.ts';
import { regressionForecasts } from './regression.ts';

export interface AutoregressionOptions {
  /** @see RegressionOptions @default 0.03 */
  readonly ridge?: number;
  /** Seasons after which a row counts half. @default 12 */
  readonly halfLifeSeasons?: number;
}

export const autoregressionDefaults: Required<AutoregressionOptions> = {
  ridge: 0.03,
  halfLifeSeasons: 12,
};

/** Rows remembered without a season, where it gives no measure. */
const HALF_LIFE_WITHOUT_SEASON = 200;

export function autoregression(options: AutoregressionOptions = {}): ForecastModel {
  const { ridge, halfLifeSeasons } = { ...autoregressionDefaults, ...options };
  return {
    name: 'seasonal autoregression',
    least({ season, longSeason }) {
      const lags = valueLags(season, longSeason);
      return (lags.at(-1) as number) + ROWS_PER_WEIGHT * lags.length;
    },
    forecast({ values, origins, horizon, season, longSeason }) {
      return regressionForecasts(values, 0, origins, horizon, {
        lags: valueLags(season, longSeason),
        ridge,
        halfLife: season < 2 ? HALF_LIFE_WITHOUT_SEASON : halfLifeSeasons * season,
      });
    },
  };
}
