import fc from 'fast-check';
import { expect, test } from 'vitest';
import { axisTop, looseRange, niceTop } from './axes.ts';
import { thinned } from './thinned.ts';
import { sparkPaths } from './spark-paths.ts';

test('the axis holds the largest value and wastes at most half', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 1e12, noNaN: true }),
      fc.constantFrom('By/s' as const, '1/s' as const),
      (max, unit) => {
        const top = niceTop(max, unit);
        expect(top).toBeGreaterThanOrEqual(max);
        if (max > 8192) expect(top).toBeLessThanOrEqual(max * 2.1);
      },
    ),
  );
});

test('a share keeps its whole scale; rounding above 100 % does not stretch it', () => {
  expect(niceTop(0.81, '1')).toBe(1);
  expect(axisTop(0.3, '1', 1)).toBe(1);
  expect(axisTop(1.002, '1', 1)).toBe(1);
  expect(axisTop(1.3, '1', 1)).toBeGreaterThan(1.3);
});

test('temperatures lie within whole tens', () => {
  expect(looseRange(41, 67)).toEqual([30, 70]);
});

test('the table is bounded and has the newest sample', () => {
  const rows = thinned(10, 1000);
  expect(rows.length).toBeLessThanOrEqual(60);
  expect(rows[0]).toBe(999);
  expect(rows.at(-1)).toBeGreaterThanOrEqual(10);
  expect(thinned(0, 3)).toEqual([2, 1, 0]);
});

test('a sparkline is open where samples are missing and stays in its box', () => {
  const { line, area } = sparkPaths({
    timesMs: [0, 10, 20, 60, 70, 80],
    values: [0, 0.5, Number.NaN, 1, 2, -1],
    fromMs: 0,
    toMs: 80,
    gapMs: 15,
  });
  expect(line.match(/M/g)).toHaveLength(2);
  expect(area.match(/Z/g)).toHaveLength(2);
  for (const [, y] of line.matchAll(/[ML][\d.]+ ([\d.-]+)/g))
    expect(Number(y)).toSatisfy((at: number) => at >= 0 && at <= 28);
});
