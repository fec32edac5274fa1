import fc from 'fast-check';
import { expect, test } from 'vitest';
import { trendSegments } from './index.ts';
import { noise } from '../../test/detect/series.ts';

function days(
  count: number,
  level: (day: number) => number,
  jitter: number,
  seed = 1,
): Float64Array {
  const random = noise(seed);
  return Float64Array.from(
    { length: count },
    (_, day) => level(day) + jitter * (random() + random()),
  );
}

test('noise and a straight line have no change point, in nineteen of twenty', () => {
  let changes = 0;
  for (let seed = 0; seed < 100; seed++) {
    const slope = seed % 2;
    changes += trendSegments(days(60, (day) => slope * day, 3, seed)).length - 1;
  }
  expect(changes).toBeLessThanOrEqual(5);
});

test('a level that jumps and a growth that begins are found where they are', () => {
  const jump = trendSegments(days(60, (day) => (day < 25 ? 10 : 30), 1));
  expect(jump).toHaveLength(2);
  expect(jump[1]?.from).toBe(25);
  expect(jump[1]?.first).toBeCloseTo(30, 0);
  expect(Math.abs(jump[1]?.slope as number)).toBeLessThan(0.2);
  const growth = trendSegments(days(80, (day) => 5 + Math.max(0, day - 40) * 2, 1));
  expect(growth).toHaveLength(2);
  expect(Math.abs((growth[1]?.from as number) - 40)).toBeLessThanOrEqual(2);
  expect(growth[1]?.slope).toBeCloseTo(2, 0);
  expect(growth[1]?.last).toBeCloseTo(5 + 39 * 2, -1);
});

test('gaps, too few values, long histories', () => {
  expect(trendSegments(Float64Array.of(1, 2, Number.NaN, 3))).toEqual([]);
  const gappy = days(60, (day) => (day < 30 ? 1 : 9), 0.5).map((value, day) =>
    day % 3 === 0 ? Number.NaN : value,
  );
  const found = trendSegments(gappy);
  expect(found).toHaveLength(2);
  expect(Math.abs((found[1]?.from as number) - 30)).toBeLessThanOrEqual(1);
  const long = trendSegments(
    days(1000, () => 4, 1),
    { maxSamples: 200 },
  );
  expect(long[0]?.from).toBe(800);
});

test('segments lie one after the other and are finite, whatever comes', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.double({ min: -10, max: 10, noNaN: true }),
          fc.constantFrom(Number.NaN, 1e308, -1e308, 0),
        ),
        { maxLength: 60 },
      ),
      (list) => {
        const segments = trendSegments(Float64Array.from(list));
        for (const [index, { from, to, first, last, slope }] of segments.entries()) {
          expect(from).toBe(index === 0 ? 0 : segments[index - 1]?.to);
          expect(to).toBeGreaterThan(from);
          for (const value of [first, last, slope]) expect(value).not.toBeNaN();
        }
        if (segments.length > 0) expect(segments.at(-1)?.to).toBe(list.length);
      },
    ),
  );
});
