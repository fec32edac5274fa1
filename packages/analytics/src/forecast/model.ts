/** Interface of the forecasting models. */

/** A series as models see it: without gaps, transformed, its spread about 1. */
export interface Rolling {
  readonly values: Float64Array;
  /**
   * Where forecasts start, ascending: a forecast from origin `o` is of steps o, o + 1, … and uses `values[0 … o - 1]`
   * only. The last origin is the end of the series, the others are there to be judged.
   */
  readonly origins: readonly number[];
  /** Steps of each forecast. */
  readonly horizon: number;
  /** Samples of the season, such as 24 hours of a day; 1 without one. */
  readonly season: number;
  /** Samples of the longer season that it is part of, such as 168 hours of a week; 0 without one. */
  readonly longSeason: number;
}

export type Seasons = Pick<Rolling, 'season' | 'longSeason' | 'horizon'>;

export interface ForecastModel {
  readonly name: string;
  /** Samples before an origin without which the model cannot be fitted; Infinity where it makes no sense. */
  least(seasons: Seasons): number;
  /** One forecast of `horizon` steps per origin, each from the values before its origin. */
  forecast(rolling: Rolling): Float64Array[];
}

/** Rows of a regression per weight without which it is not fitted. */
export const ROWS_PER_WEIGHT = 3;
