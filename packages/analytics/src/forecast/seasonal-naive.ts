/** The value of one season ago; of the last sample where there is no season. */
import type { ForecastModel, Seasons } from './model.ts';

export type NaiveOver = 'season' | 'long season';

/** `over` which season; the long one makes no sense where there is none. */
export function seasonalNaive(over: NaiveOver = 'season'): ForecastModel {
  const length = ({ season, longSeason }: Omit<Seasons, 'horizon'>): number =>
    over === 'season' ? season : longSeason;
  return {
    name: over === 'season' ? 'seasonal naive' : 'long seasonal naive',
    least: (seasons) => length(seasons) || Infinity,
    forecast({ values, origins, horizon, ...seasons }) {
      const ago = length(seasons);
      return origins.map((origin) => {
        const forecast = new Float64Array(horizon);
        for (let step = 0; step < horizon; step++)
          forecast[step] = values[origin - ago + (step % ago)] as number;
        return forecast;
      });
    },
  };
}
