import fc from 'fast-check';
import { expect, it } from 'vitest';
import { counterDelta, ratePerSecond } from './rate.ts';

const counter = fc.integer({ min: 0, max: 2 ** 40 });

it('tells how far a counter went', () => {
  fc.assert(
    fc.property(counter, counter, fc.constantFrom(32 as const, 64 as const), (from, by, bits) => {
      expect(counterDelta(from, from + by, bits)).toBe(by);
    }),
  );
});

it('follows a 32-bit counter through its end, up to half its span', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.integer({ min: 0, max: 2 ** 31 - 1 }),
      (from, by) => {
        expect(counterDelta(from, (from + by) % 2 ** 32, 32)).toBe(by);
      },
    ),
  );
});

it('is never negative, and NaN after a reset of a 64-bit counter', () => {
  fc.assert(
    fc.property(counter, counter, fc.constantFrom(32 as const, 64 as const), (from, to, bits) => {
      const delta = counterDelta(from, to, bits);
      expect(delta < 0).toBe(false);
      if (to < from && bits === 64) expect(delta).toBeNaN();
    }),
  );
});

it('knows nothing of the first step, and of a step without length', () => {
  expect(counterDelta(Number.NaN, 5, 64)).toBeNaN();
  expect(ratePerSecond(5, 0)).toBeNaN();
  expect(ratePerSecond(5, 500)).toBe(10);
});
