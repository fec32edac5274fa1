/** Which models a history is long enough for, and from where they are judged. */
import type { ForecastModel, Rolling, Seasons } from './model.ts';

export interface Plan extends Omit<Rolling, 'values'> {
  /** Those that can be fitted at every origin. */
  readonly models: readonly ForecastModel[];
  /** Index in `models` of the seasonal naive, that the others have to beat. */
  readonly naive: number;
}

/** Most origins to be judged at: two weeks of days. */
const MOST = 14;
/** A model is used when at least this many seasons are left behind its need of history. */
const ENOUGH = 4;
/** Seasons of history without which there is none to be seen. */
const SEASONS = 2.5;

/**
 * Origins are a season apart, so that step by step the same hours of the day are judged, and nearer where the history
 * is short; without a season they lie over all the history. The longer season is used where the most demanding model can still be judged with it, and a season at all
 * where there are two and a half of them.
 */
export function originsFor(length: number, asked: Seasons, models: readonly ForecastModel[]): Plan {
  const seasons = seasonsFor(length, asked, models);
  // Of a short history a third, but never less than a season, is kept to judge by.
  const third = length / 3;
  const kept =
    seasons.season < 2 ? third : Math.max(seasons.season, Math.min(ENOUGH * seasons.season, third));
  const fitting = models.filter((model) => model.least(seasons) + kept <= length);
  const needed = Math.max(...fitting.map((model) => model.least(seasons)));
  const room = length - needed;
  const stride = Math.max(
    1,
    seasons.season < 2
      ? Math.min(seasons.horizon, Math.floor(room / MOST))
      : Math.min(seasons.season, Math.floor(room / ENOUGH)),
  );
  const origins: number[] = [length];
  while (origins.length <= MOST && (origins[0] as number) - stride >= needed)
    origins.unshift((origins[0] as number) - stride);
  const naive = fitting.findIndex((model) => model.name === 'seasonal naive');
  return { ...seasons, origins, models: fitting, naive };
}

function seasonsFor(length: number, asked: Seasons, models: readonly ForecastModel[]): Seasons {
  const { season, longSeason } = asked;
  if (season < 2 || length < SEASONS * season) return { ...asked, season: 1, longSeason: 0 };
  const most = Math.max(
    ...models.map((model) => model.least(asked)).filter((least) => Number.isFinite(least)),
  );
  return longSeason > 0 && most + ENOUGH * season <= length ? asked : { ...asked, longSeason: 0 };
}
