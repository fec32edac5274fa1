import fc from 'fast-check';
import { expect, test } from 'vitest';
import { solveSymmetric } from './cholesky.ts';
import { fillGaps } from './fill.ts';
import { mix, weightsOf } from './mix.ts';
import { lagProducts } from './products.ts';
import { halfWidths } from './spread.ts';
import { transform } from './transform.ts';

test('a symmetric system is solved; collinear columns share', () => {
  const x = solveSymmetric(Float64Array.of(4, 0, 2, 3), Float64Array.of(10, 8), 2);
  expect(x[0]).toBeCloseTo(1.75, 12);
  expect(x[1]).toBeCloseTo(1.5, 12);
  const shared = solveSymmetric(Float64Array.of(1, 0, 1, 1), Float64Array.of(1, 1), 2);
  expect((shared[0] as number) + (shared[1] as number)).toBeCloseTo(1, 6);
});

test('products of lags are those of the plain double loop', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 30, maxLength: 60 }),
      fc.constantFrom(1, 1.01, 1.2),
      (list, growth) => {
        const values = Float64Array.from(list);
        const lags = Int32Array.of(0, 1, 2, 5, 9, 10);
        const ends = [15, 20, list.length];
        const sums = lagProducts(values, lags, 11, ends, growth);
        for (const [e, end] of ends.entries())
          for (let i = 0; i < lags.length; i++)
            for (let j = 0; j <= i; j++) {
              let sum = 0;
              for (let t = 11; t < end; t++)
                sum +=
                  growth ** (t - end) *
                  (values[t - (lags[i] as number)] as number) *
                  (values[t - (lags[j] as number)] as number);
              expect(sums[e]?.[i * lags.length + j]).toBeCloseTo(sum, 8);
            }
      },
    ),
    { numRuns: 50 },
  );
});

test('gaps: short ones by a line, long ones by the season, before and after', () => {
  const { NaN: gap } = Number;
  const short = Float64Array.of(0, gap, gap, 3, gap);
  fillGaps(short, 4);
  expect([...short]).toEqual([0, 1, 2, 3, 3]);
  const long = Float64Array.of(1, 2, 3, 4, 5, gap, gap, gap, gap, gap, gap, 6);
  fillGaps(long, 5);
  expect([...long]).toEqual([1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 6]);
  const first = Float64Array.of(9, gap, gap, gap, gap, 1, 2, 3, 4, 5);
  fillGaps(first, 5);
  expect([...first]).toEqual([9, 2, 3, 4, 5, 1, 2, 3, 4, 5]);
});

test('transforms and back, whatever the size', () => {
  for (const values of [
    [1, 2, 3, 4],
    [0, 0, 5],
    [-1, 1, 2],
    [1e308, -1e308, 5],
    [1e-300, 3e-300],
  ]) {
    for (const logarithms of [true, false]) {
      const { values: inner, back } = transform(Float64Array.from(values), { logarithms });
      for (const [index, value] of values.entries()) {
        const again = back(inner?.[index] as number);
        expect(Math.abs(again - value) / Math.max(...values.map(Math.abs))).toBeLessThan(1e-12);
      }
      expect(Number.isFinite(back(1e9))).toBe(true);
      expect(Number.isFinite(back(-1e9))).toBe(true);
    }
  }
});

test('a mix is the middle by weight: one that runs away changes nothing', () => {
  const forecasts = [1, 2, 3, 1e300].map((value) => Float64Array.of(value, -value));
  const mixed = mix(forecasts, [0.3, 0.3, 0.3, 0.1]);
  expect(mixed[0]).toBeGreaterThanOrEqual(2);
  expect(mixed[0]).toBeLessThan(2.3);
  expect(mixed[1]).toBeGreaterThan(-2.3);
  const weights = weightsOf([1, 1.2, 5]);
  expect(weights[0]).toBeGreaterThan(2 * (weights[1] as number));
  expect(weights[2]).toBe(0);
  expect(weightsOf([0, 0])).toEqual([0.5, 0.5]);
});

test('half-widths follow the errors of their step and grow where none was seen', () => {
  const errors = Array.from({ length: 10 }, (_, origin) =>
    Float64Array.from({ length: 24 }, (__, step) => (origin % 2 ? 1 : -1) * (step < 12 ? 0.1 : 1)),
  );
  const [half, most] = halfWidths(errors, 48, [50, 95]) as [Float64Array, Float64Array];
  expect(half[20]).toBeGreaterThan(3 * (half[2] as number));
  expect(most[40]).toBeGreaterThan(most[23] as number);
  for (let step = 0; step < 48; step++)
    expect(most[step]).toBeGreaterThanOrEqual(half[step] as number);
});
