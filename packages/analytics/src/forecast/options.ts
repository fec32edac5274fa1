/** What can be asked of a forecast. */

export interface ForecastOptions {
  /**
   * Samples of the season: 24 for the day of hourly means, 288 for that of five-minute means. `[24, 168]` names the
   * longer one too; without it the longer season is seven times the first. `[24, 0]` says that there is none.
   * @default 24
   */
  readonly season?: number | readonly number[];
  /** Steps to forecast. @default 48 */
  readonly horizon?: number;
  /** Levels of the prediction intervals, in percent. @default [50, 80, 95] */
  readonly levels?: readonly number[];
  /**
   * Bounds that the series cannot pass, such as 0 and 1 for a ratio. A series that is never negative is bounded by 0 by
   * default.
   */
  readonly min?: number;
  readonly max?: number;
  /** `raw` takes values as they are; `auto` their logarithms where none is negative. @default 'auto' */
  readonly transform?: 'auto' | 'raw';
}

export const forecastDefaults: Required<Omit<ForecastOptions, 'min' | 'max'>> = {
  season: 24,
  horizon: 48,
  levels: [50, 80, 95],
  transform: 'auto',
};

export type Asked = typeof forecastDefaults & ForecastOptions;

/** The longer season is 0 where there is none. */
export function seasonsOf(given: number | readonly number[]): {
  season: number;
  longSeason: number;
} {
  const [season = 1, longSeason = 7 * season] = typeof given === 'number' ? [given] : given;
  if (!Number.isInteger(season) || season < 1)
    throw new RangeError('season takes whole numbers of at least 1');
  if (!Number.isInteger(longSeason) || longSeason < 0)
    throw new RangeError('the longer season takes a whole number, or 0 for none');
  return { season, longSeason: season < 2 || longSeason <= season ? 0 : longSeason };
}

/** Throws a RangeError that names the option. */
export function check({ horizon, levels, min, max }: Asked): void {
  if (!Number.isInteger(horizon) || horizon < 1)
    throw new RangeError('horizon takes a whole number of at least 1');
  if (levels.some((level) => !(level > 0 && level < 100)))
    throw new RangeError('levels are percents between 0 and 100');
  if (min !== undefined && max !== undefined && !(min <= max))
    throw new RangeError('min must not be above max');
}
