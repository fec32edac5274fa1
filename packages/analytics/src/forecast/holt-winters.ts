/**
 * Exponential smoothing of level, damped trend and additive season (Holt 1957, Winters 1960; damped trend of Gardner
 * and McKenzie, Management Science 31, 1985) in the error-correction form. Several sets of gains run side by side, and
 * at each origin the one with the least squared one-step errors so far speaks.
 */
import type { ForecastModel } from './model.ts';

interface Gains {
  readonly level: number;
  readonly trend: number;
  readonly season: number;
}

const DAMPING = 0.98;

const withSeason: readonly Gains[] = [
  { level: 0.02, trend: 0, season: 0.1 },
  { level: 0.02, trend: 0, season: 0.3 },
  { level: 0.1, trend: 0, season: 0.1 },
  { level: 0.1, trend: 0.01, season: 0.3 },
  { level: 0.4, trend: 0, season: 0.1 },
  { level: 0.4, trend: 0.04, season: 0.2 },
];
const withoutSeason: readonly Gains[] = [
  { level: 0.05, trend: 0, season: 0 },
  { level: 0.2, trend: 0.02, season: 0 },
  { level: 0.5, trend: 0, season: 0 },
  { level: 0.9, trend: 0.09, season: 0 },
];

/** With `seasonal` false the season is left out: a level and its trend, for series without a rhythm. */
export function holtWinters(seasonal = true): ForecastModel {
  return {
    name: seasonal ? 'Holt-Winters' : 'level and trend',
    least: ({ season }) => (seasonal ? (season < 2 ? Infinity : 2 * season) : 4),
    forecast({ values, origins, horizon, season }) {
      const states = seasonal
        ? withSeason.map((gains) => new Smoothing(gains, values.subarray(0, season)))
        : withoutSeason.map((gains) => new Smoothing(gains, values.subarray(0, 1)));
      let t = seasonal ? season : 1;
      return origins.map((origin) => {
        for (const state of states) state.add(values, t, origin);
        t = origin;
        const best = states.reduce((a, b) => (b.squares < a.squares ? b : a));
        return best.forecast(horizon);
      });
    },
  };
}

class Smoothing {
  squares = 0;
  readonly #gains: Gains;
  readonly #profile: Float64Array;
  #level: number;
  #trend = 0;
  /** Slot of the next value. */
  #slot = 0;

  constructor(gains: Gains, firstSeason: Float64Array) {
    this.#gains = gains;
    const level = firstSeason.reduce((sum, value) => sum + value, 0) / firstSeason.length;
    this.#level = level;
    this.#profile = firstSeason.map((value) => value - level);
  }

  /** Takes `values[from … to - 1]`. */
  add(values: Float64Array, from: number, to: number): void {
    const gains = this.#gains;
    const profile = this.#profile;
    const seasonGain = gains.season * (1 - gains.level);
    let { squares } = this;
    let level = this.#level;
    let trend = this.#trend;
    let slot = this.#slot;
    for (let t = from; t < to; t++) {
      const expected = level + DAMPING * trend;
      const error = (values[t] as number) - expected - (profile[slot] as number);
      squares += error * error;
      level = expected + gains.level * error;
      trend = DAMPING * trend + gains.trend * error;
      profile[slot] = (profile[slot] as number) + seasonGain * error;
      slot = slot + 1 === profile.length ? 0 : slot + 1;
    }
    this.#level = level;
    this.#trend = trend;
    this.#slot = slot;
    this.squares = squares;
  }

  forecast(horizon: number): Float64Array {
    const profile = this.#profile;
    let level = this.#level;
    let trend = this.#trend;
    let slot = this.#slot;
    const forecast = new Float64Array(horizon);
    for (let step = 0; step < horizon; step++) {
      trend *= DAMPING;
      level += trend;
      forecast[step] = level + (profile[slot] as number);
      slot = slot + 1 === profile.length ? 0 : slot + 1;
    }
    return forecast;
  }
}
