import fc from 'fast-check';
import { expect, test } from 'vitest';
import { metricOfKey, parseSeriesKey, seriesKey, seriesSet } from './series.ts';

const attributeName = fc.stringMatching(/^[a-z][a-z0-9_.]{0,8}$/);

test('a key holds any attribute value and comes back', () => {
  fc.assert(
    fc.property(fc.dictionary(attributeName, fc.string({ unit: 'binary' })), (attributes) => {
      const key = seriesKey('system.disk.io', attributes);
      expect(parseSeriesKey(key)).toEqual({
        metric: 'system.disk.io',
        attributes: { ...attributes },
      });
      expect(metricOfKey(key)).toBe('system.disk.io');
    }),
  );
});

test('the order in which attributes are named does not matter', () => {
  expect(seriesKey('m', { b: '2', a: '1' })).toBe(seriesKey('m', { a: '1', b: '2' }));
  expect(seriesKey('m', { b: '2', a: '1' })).toBe('m{a="1",b="2"}');
});

test.each(['m{a=1}', 'm{a="1"', 'm{"a"}', 'm{a="1"b="2"}'])('%s is refused', (key) => {
  expect(() => parseSeriesKey(key)).toThrow(/series key/);
});

test('sets of different keys have different names', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string(), { maxLength: 6 }),
      fc.array(fc.string(), { maxLength: 6 }),
      (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        expect(seriesSet(one).id === seriesSet(other).id).toBe(same);
      },
    ),
  );
  expect(seriesSet(['a']).id).toMatch(/^[0-9a-f]{16}$/);
});
