import { expect, test } from 'vitest';
import {
  forecast,
  ForecastRecord,
  gradeForecast,
  storedForecast,
  type ForecastRecordState,
  type Grade,
  type StoredForecast,
} from './index.ts';
import { weekly } from '../../test/forecast/made.ts';

const stored: StoredForecast = {
  startMs: 0,
  stepMs: 3_600_000,
  mean: [10, 10, 10],
  naive: [14, 10, 6],
  intervals: [
    { level: 50, lower: [9, 9, 9], upper: [11, 11, 11] },
    { level: 95, lower: [5, 5, 5], upper: [15, 15, 15] },
  ],
  scale: 2,
};

test('a forecast against what came: hits, scaled errors, gaps left out', () => {
  expect(gradeForecast(stored, [10, Number.NaN, 14])).toEqual({
    steps: 2,
    hits: [
      { level: 50, steps: 1 },
      { level: 95, steps: 2 },
    ],
    error: 2,
    naiveError: 2 + 4,
  });
  expect(gradeForecast(stored, []).steps).toBe(0);
  expect(gradeForecast({ ...stored, scale: 0 }, [10, 10, 11])).toMatchObject({ error: 1e6 });
});

test('a real forecast survives JSON and is graded by its future', () => {
  const all = weekly(24 * 44);
  const answer = forecast(all.slice(0, 24 * 42));
  if (answer.kind !== 'forecast') throw new Error('too short');
  const kept = JSON.parse(JSON.stringify(storedForecast(answer, 5, 3_600_000))) as StoredForecast;
  const grade = gradeForecast(kept, all.slice(24 * 42));
  expect(grade.steps).toBe(48);
  expect(grade.error).toBeLessThan(0.3 * grade.naiveError);
  expect(grade.hits.at(-1)?.steps).toBeGreaterThan(40);
});

const good: Grade = {
  steps: 10,
  hits: [{ level: 95, steps: 9 }],
  error: 2,
  naiveError: 8,
};

test('the record sums up, forgets, and survives a restart', () => {
  const record = new ForecastRecord({ halfLifeForecasts: 2 });
  record.add({ ...good, error: 80, naiveError: 8 });
  record.add({ ...good, steps: 0 });
  expect(record.summary()).toEqual({
    forecasts: 1,
    hitRates: [{ level: 95, rate: 0.9 }],
    scaledError: 8,
    skill: -9,
  });
  for (let index = 0; index < 30; index++) record.add(good);
  expect(record.summary().skill).toBeCloseTo(0.75, 2);
  const state = JSON.parse(JSON.stringify(record.snapshot())) as ForecastRecordState;
  expect(JSON.stringify(state).length).toBeLessThan(250);
  expect(new ForecastRecord({}, state).summary()).toEqual(record.summary());
});

test('trust: its own backtest first, then what came', () => {
  const record = new ForecastRecord({ minForecasts: 2 });
  expect(record.trustworthy(0.3)).toBe(true);
  expect(record.trustworthy(0)).toBe(false);
  record.add(good);
  record.add(good);
  expect(record.trustworthy(0)).toBe(true);
  const naive = new ForecastRecord({ minForecasts: 1 });
  naive.add({ ...good, error: 8 });
  expect(naive.trustworthy(0.9)).toBe(false);
  const narrow = new ForecastRecord({ minForecasts: 1 });
  narrow.add({ ...good, hits: [{ level: 95, steps: 6 }] });
  expect(narrow.trustworthy(0.9)).toBe(false);
});
