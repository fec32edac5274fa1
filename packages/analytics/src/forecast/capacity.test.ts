import fc from 'fast-check';
import { expect, test } from 'vitest';
import { capacity, type Capacity } from './index.ts';
import { noise } from '../../test/detect/series.ts';

const random = noise(4);

/** Hourly levels of a disk between 0 and 1. */
function disk(days: number, level: (day: number) => number, jitter = 0.002): Float64Array {
  return Float64Array.from(
    { length: 24 * days },
    (_, hour) => level(hour / 24) + jitter * random(),
  );
}

function full(answer: Capacity): Extract<Capacity, { kind: 'full-in' }> {
  if (answer.kind !== 'full-in') throw new Error(answer.kind);
  return answer;
}

test('steady growth: full when the limit is reached, with a narrow range', () => {
  const { p10, p50, p90, perDay, cleanups } = full(
    capacity(
      disk(30, (day) => 0.4 + 0.01 * day),
      { limit: 1 },
    ),
  );
  expect(perDay).toBeCloseTo(0.01, 3);
  expect(p50).toBeGreaterThan(27);
  expect(p50).toBeLessThan(32);
  expect(p10).toBeLessThanOrEqual(p50);
  expect((p90 as number) - p10).toBeLessThan(6);
  expect(cleanups).toBe(0);
});

test('uneven growth has a wide range around the same middle', () => {
  const level = (day: number): number => 0.2 + 0.01 * day + 0.02 * Math.sin(Math.floor(day) * 2.3);
  const { p10, p50, p90 } = full(capacity(disk(40, level), { limit: 1 }));
  expect(p50).toBeGreaterThan(30);
  expect(p50).toBeLessThan(50);
  expect((p90 as number) - p10).toBeGreaterThan(3);
});

test('one cleanup is not counted on; the growth goes on after it', () => {
  const level = (day: number): number => 0.5 + 0.01 * day - (day > 20 ? 0.3 : 0);
  const answer = full(capacity(disk(30, level), { limit: 1 }));
  expect(answer.cleanups).toBe(1);
  expect(answer.perDay).toBeCloseTo(0.01, 3);
  expect(answer.p50).toBeGreaterThan(45);
  expect(answer.p50).toBeLessThan(56);
});

test('what is cleaned every week does not fill', () => {
  const answer = capacity(
    disk(42, (day) => 0.5 + 0.03 * (day % 7)),
    { limit: 1 },
  );
  expect(answer).toMatchObject({ kind: 'not-growing', cleanups: 5 });
  const higher = full(
    capacity(
      disk(42, (day) => 0.3 + 0.03 * (day % 7) + 0.005 * day),
      { limit: 1 },
    ),
  );
  // Peaks grow by 0.005 a day from 0.3 + 0.18 + 0.2.
  expect(higher.p50).toBeGreaterThan(45);
  expect(higher.p50).toBeLessThan(80);
});

test('shrinking, flat, slow and full', () => {
  for (const level of [
    (day: number) => 0.9 - 0.01 * day,
    () => 0.6,
    (day: number) => 0.1 + 1e-4 * day,
  ])
    expect(capacity(disk(30, level), { limit: 1 }).kind).toBe('not-growing');
  const now = full(
    capacity(
      disk(30, () => 1.2),
      { limit: 1 },
    ),
  );
  expect([now.p10, now.p50, now.p90]).toEqual([0, 0, 0]);
});

test('too little history says so; a gap of days does not hide the growth', () => {
  expect(capacity(new Float64Array(0), { limit: 1 })).toEqual({
    kind: 'not-enough-history',
    days: 0,
    needed: 6,
  });
  expect(
    capacity(
      disk(5, (day) => 0.1 * day),
      { limit: 1 },
    ).kind,
  ).toBe('not-enough-history');
  const gappy = disk(30, (day) => 0.4 + 0.01 * day).map((value, hour) =>
    (hour > 240 && hour < 400) || hour % 5 === 0 ? Number.NaN : value,
  );
  expect(full(capacity(gappy, { limit: 1 })).p50).toBeGreaterThan(26);
});

test('options out of range are named', () => {
  const values = disk(10, () => 1);
  expect(() => capacity(values, { limit: Number.NaN })).toThrow('limit');
  expect(() => capacity(values, { limit: 1, samplesPerDay: 0 })).toThrow('samplesPerDay');
});

test('whatever comes: a sane answer, the same each time', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.double({ min: -10, max: 10, noNaN: true }),
          fc.constantFrom(Number.NaN, 1e308, -1e308, 0, Infinity),
        ),
        { maxLength: 120 },
      ),
      fc.double({ min: -20, max: 20, noNaN: true }),
      (list, limit) => {
        const values = Float64Array.from(list);
        const answer = capacity(values, { limit, samplesPerDay: 4, futures: 20 });
        expect(capacity(values, { limit, samplesPerDay: 4, futures: 20 })).toEqual(answer);
        if (answer.kind === 'not-enough-history') return;
        expect(Number.isFinite(answer.perDay)).toBe(true);
        if (answer.kind !== 'full-in') return;
        expect(answer.p10).toBeGreaterThanOrEqual(0);
        expect(answer.p50).toBeGreaterThanOrEqual(answer.p10);
        expect(answer.p90 ?? 366).toBeGreaterThanOrEqual(answer.p50);
      },
    ),
  );
});
