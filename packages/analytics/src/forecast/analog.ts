/**
 * Analogs: the times before that were most like the latest one or two seasons, moved to the level of now; what
 * followed them is the forecast. (The idea of E. N. Lorenz, "Atmospheric predictability as revealed by naturally
 * occurring analogues", J. Atmos. Sci. 26, 1969.)
 */
import type { ForecastModel, Rolling } from './model.ts';

export interface AnalogOptions {
  /** Seasons that are compared. */
  readonly compared: number;
  /** What is left of a difference in level after each season. */
  readonly keep: number;
  /** How many analogs are mixed. @default 3 */
  readonly analogs?: number;
}

/** Distances of analogs a whole number of long seasons ago count so much: the same day of the week is likelier. */
const LONG_SEASON_FACTOR = 0.8;

interface Analog {
  readonly agoSamples: number;
  readonly distance: number;
  /** From the level of the analog to that of now. */
  readonly shift: number;
}

export function analog({ compared, keep, analogs = 3 }: AnalogOptions): ForecastModel {
  return {
    name: `analogs of ${compared} season${compared > 1 ? 's' : ''}`,
    least: ({ season, horizon }) =>
      season < 2 ? Infinity : season * (compared + analogs + Math.ceil(horizon / season)),
    forecast(rolling) {
      const { values, season, horizon } = rolling;
      const kept = Float64Array.from({ length: horizon }, (_, step) => keep ** (step / season));
      return rolling.origins.map((origin) => {
        const nearest = analogsAt(origin, rolling, compared * season, analogs);
        const unit = (nearest[0]?.distance ?? 0) + 1e-9;
        const weights = nearest.map(({ distance }) => Math.exp(-distance / unit));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const forecast = new Float64Array(horizon);
        for (const [index, { agoSamples, shift }] of nearest.entries()) {
          const share = (weights[index] as number) / total;
          for (let step = 0; step < horizon; step++)
            forecast[step] =
              (forecast[step] as number) +
              share *
                ((values[origin - agoSamples + step] as number) + shift * (kept[step] as number));
        }
        return forecast;
      });
    },
  };
}

/** The `most` nearest of the analogs with `horizon` known values after them, the nearest first. */
function analogsAt(origin: number, rolling: Rolling, window: number, limit: number): Analog[] {
  const { values, season, longSeason, horizon } = rolling;
  const nearest: Analog[] = [];
  const first = Math.ceil(horizon / season) * season;
  for (let ago = first; ago + window <= origin; ago += season) {
    let sum = 0;
    let squares = 0;
    for (let t = origin - window; t < origin; t++) {
      const difference = (values[t] as number) - (values[t - ago] as number);
      sum += difference;
      squares += difference * difference;
    }
    const shift = sum / window;
    const factor = longSeason > 0 && ago % longSeason === 0 ? LONG_SEASON_FACTOR : 1;
    const distance = factor * Math.sqrt(Math.max(0, squares / window - shift * shift));
    let place = nearest.length;
    while (place > 0 && (nearest[place - 1] as Analog).distance > distance) place--;
    if (place === limit) continue;
    nearest.splice(place, 0, { agoSamples: ago, distance, shift });
    if (nearest.length > limit) nearest.pop();
  }
  return nearest;
}
