import { HOUR_MS, MINUTE_MS } from '@openmanager/protocol/durations';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Trend } from './trend.ts';
const START_MS = 1_700_000_000_000 - (1_700_000_000_000 % HOUR_MS);

/** A value each minute. */
function fed(hours: number, value: (hour: number) => number): { trend: Trend; nowMs: number } {
  const trend = new Trend();
  const minutes = hours * 60;
  for (let minute = 0; minute < minutes; minute++)
    trend.add(START_MS + minute * MINUTE_MS, value(minute / 60));
  return { trend, nowMs: START_MS + minutes * MINUTE_MS };
}

test('a disk that fills evenly is full when it will be', () => {
  const { trend, nowMs } = fed(12, (hour) => 0.6 + hour * 0.02);
  const hours = (trend.crossing(nowMs, 1, 'above') as number) / HOUR_MS;
  expect(hours).toBeCloseTo((1 - 0.84) / 0.02, 0);
  expect(trend.crossing(nowMs, 0.7, 'above')).toBe(0);
  expect(trend.crossing(nowMs, 0.1, 'below')).toBe(Infinity);
});

test('noise, a daily rhythm and one cleared file are no direction', () => {
  let seed = 7;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const noisy = fed(20, () => 0.5 + random() * 0.02);
  expect(noisy.trend.crossing(noisy.nowMs, 1, 'above')).toBe(Infinity);
  const daily = fed(24, (hour) => 0.5 + 0.2 * Math.sin((hour / 24) * 2 * Math.PI));
  expect(daily.trend.crossing(daily.nowMs, 1, 'above')).toBe(Infinity);
  const cleared = fed(20, (hour) => (hour < 18 ? 0.5 + hour * 0.01 : 0.3 + hour * 0.01));
  expect(cleared.trend.slope()).toBeGreaterThan(0);
});

test('nothing is said before three hours are known, and what is older than a day is forgotten', () => {
  expect(fed(2.9, (hour) => hour).trend.crossing(START_MS, 9, 'above')).toBeUndefined();
  const { trend } = fed(30, (hour) => (hour < 5 ? 100 - hour : 10));
  expect(trend.slope()).toBe(0);
});

test('odd input never gives NaN, and the answer is 0 or above', () => {
  const odd = fc.oneof(
    fc.double(),
    fc.constantFrom(0, Number.NaN, Infinity, -Infinity, 1e308, -1e308, 5e-324),
  );
  const time = fc.oneof(
    fc.integer({ min: 0, max: 2000 }).map((ten) => ten * 10 * MINUTE_MS),
    fc.constantFrom(Number.NaN, -1, Infinity),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(time, odd), { maxLength: 400 }), odd, (samples, bound) => {
      const trend = new Trend();
      for (const [timeMs, value] of samples) trend.add(timeMs, value);
      for (const direction of ['above', 'below'] as const) {
        const crossing = trend.crossing(2000 * 10 * MINUTE_MS, bound, direction);
        if (crossing !== undefined) expect(crossing).toBeGreaterThanOrEqual(0);
      }
    }),
    { numRuns: 300 },
  );
});
