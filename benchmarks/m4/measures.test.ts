import { expect, test } from 'vitest';
import { coverage, mase, msis, seasonalScale, smape } from './measures.ts';
import { isSeasonal, naive2, seasonalIndices } from './naive2.ts';

const of = (...values: number[]): Float64Array => Float64Array.from(values);

test('sMAPE, MASE, MSIS and coverage by hand', () => {
  expect(smape(of(3, 0), of(1, 0))).toBe(50);
  expect(seasonalScale(of(1, 2, 4, 6), 2)).toBe(3.5);
  expect(mase(of(1, 2), of(2, 4), 3)).toBe(0.5);
  // Width 2; 0.5 below once: 2 + 40 × 0.5 = 22; the mean of 22 and 2, by a scale of 2.
  expect(msis(of(1, 1), of(3, 3), of(0.5, 2), 2, 95)).toBeCloseTo(6, 9);
  expect(coverage(of(1, 1), of(3, 3), of(0.5, 3))).toBe(0.5);
});

test('Naive 2 finds a season where there is one', () => {
  const profile = [0.5, 1, 1.5, 1];
  const seasonal = Float64Array.from({ length: 40 }, (_, t) => 10 * (profile[t % 4] as number));
  expect(isSeasonal(seasonal, 4)).toBe(true);
  for (const [slot, index] of seasonalIndices(seasonal, 4).entries())
    expect(index).toBeCloseTo(profile[slot] as number, 9);
  const forecast = naive2(seasonal, 4, 6);
  for (const [step, value] of forecast.entries())
    expect(value).toBeCloseTo(10 * (profile[step % 4] as number), 9);
  const rising = Float64Array.from({ length: 11 }, (_, t) => t);
  expect(isSeasonal(rising, 4)).toBe(false);
  expect([...naive2(rising, 4, 2)]).toEqual([10, 10]);
});
