import fc from 'fast-check';
import { expect, test } from 'vitest';
import { metricInfo, metrics } from './catalogue.ts';
import { ABSENT, dequantise, quantise } from './quantise.ts';

const significant = { significant: 4 } as const;

test('four significant digits: the error is below half of the last digit', () => {
  fc.assert(
    fc.property(fc.double({ min: -1e18, max: 1e18, noNaN: true }), (value) => {
      const back = dequantise(quantise(value, significant), significant);
      expect(Math.abs(back - value)).toBeLessThanOrEqual(Math.max(0.5, Math.abs(value) * 5.1e-4));
    }),
  );
});

test('fixed decimals round to the nearest', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.integer({ min: 0, max: 4 }),
      (value, decimals) => {
        const back = dequantise(quantise(value, { decimals }), { decimals });
        expect(Math.abs(back - value)).toBeLessThanOrEqual(0.5000001 / 10 ** decimals);
      },
    ),
  );
});

test('codes are stable: quantising a shown value gives its code again', () => {
  fc.assert(
    fc.property(fc.double({ min: -1e15, max: 1e15, noNaN: true }), (value) => {
      for (const precision of [significant, { decimals: 3 }, { decimals: 0 }] as const) {
        const code = quantise(value, precision);
        expect(quantise(dequantise(code, precision), precision)).toBe(code);
      }
    }),
  );
});

test.each([Number.NaN, Infinity, -Infinity, 1e300])('%s has no code', (value) => {
  expect(quantise(value, significant)).toBe(ABSENT);
  expect(quantise(value, { decimals: 2 })).toBe(ABSENT);
  expect(dequantise(ABSENT, significant)).toBeNaN();
});

test('a metric outside the catalogue is shown with defaults, whatever its name', () => {
  expect(metricInfo('constructor').display).toEqual(significant);
  expect(metricInfo('system.cpu.utilization').display).toEqual({ decimals: 3 });
  for (const info of Object.values(metrics)) expect(info.description).not.toBe('');
});
