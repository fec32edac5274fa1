/** Every model forecasts an origin from what lies before it, and finds what it is made for. */
import { expect, test } from 'vitest';
import { analog } from './analog.ts';
import { autoregression } from './autoregression.ts';
import { holtWinters } from './holt-winters.ts';
import type { ForecastModel } from './model.ts';
import { profile } from './profile.ts';
import { seasonalChange } from './seasonal-change.ts';
import { seasonalNaive } from './seasonal-naive.ts';
import { distance, weekly } from '../../test/forecast/made.ts';

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
const all = weekly(24 * 44, 0, 1.4);
const seasons = { season: 24, longSeason: 168, horizon: 48 };

test.each(models.map((model) => [model.name, model] as const))(
  '%s: an origin knows nothing of what comes after it',
  (_, model) => {
    const least = model.least(seasons);
    const origins = [least, 600, 601, 900].filter((origin) => origin >= least);
    const rolling = model.forecast({ ...seasons, values: all.slice(0, 900), origins });
    expect(rolling).toHaveLength(origins.length);
    for (const [index, origin] of origins.entries()) {
      const alone = model.forecast({
        ...seasons,
        values: all.slice(0, origin),
        origins: [origin],
      })[0] as Float64Array;
      const together = rolling[index] as Float64Array;
      expect(together).toHaveLength(48);
      for (let step = 0; step < 48; step++)
        expect(together[step]).toBeCloseTo(alone[step] as number, 6);
    }
  },
);

test.each([
  [autoregression(), 0.03],
  [seasonalChange(), 0.06],
  [profile(), 0.2],
  [analog({ compared: 2, keep: 0.6 }), 0.06],
  [seasonalNaive('long season'), 0.03],
  [holtWinters(), 0.5],
  [seasonalNaive(), 0.5],
] as const)('the weekend after a weekly rhythm: %#', (model, most) => {
  // Six weeks and four days: Friday and Saturday follow.
  const origin = 24 * (42 - 3);
  const forecast = model.forecast({ ...seasons, values: all.slice(0, origin), origins: [origin] });
  expect(distance(forecast[0] as Float64Array, all.slice(origin, origin + 48))).toBeLessThan(most);
});

test('without a season: a level, its trend and the last value', () => {
  const rising = Float64Array.from({ length: 60 }, (_, t) => t / 20);
  const rolling = { values: rising, origins: [60], horizon: 3, season: 1, longSeason: 0 };
  const [trend] = holtWinters(false).forecast(rolling);
  expect(trend?.[2]).toBeGreaterThan(59 / 20);
  const [last] = seasonalNaive().forecast(rolling);
  expect([...(last as Float64Array)]).toEqual([2.95, 2.95, 2.95]);
  for (const model of [
    seasonalChange(),
    profile(),
    holtWinters(),
    analog({ compared: 1, keep: 1 }),
  ])
    expect(model.least({ season: 1, longSeason: 0, horizon: 3 })).toBe(Infinity);
});
