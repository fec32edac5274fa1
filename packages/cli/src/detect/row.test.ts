import { expect, test } from 'vitest';
import { FieldError, readTime, readValue } from './row.ts';

test.each([
  ['1700000000', 1_700_000_000_000],
  ['1700000000.25', 1_700_000_000_250],
  ['1700000000000', 1_700_000_000_000],
  [' 0 ', 0],
  ['2014-04-10 07:15:00', Date.UTC(2014, 3, 10, 7, 15)],
  ['2014-04-10T07:15:00Z', Date.UTC(2014, 3, 10, 7, 15)],
  ['2014-04-10 07:15:00.500', Date.UTC(2014, 3, 10, 7, 15) + 500],
  ['2014-04-10T16:15:00+09:00', Date.UTC(2014, 3, 10, 7, 15)],
  ['2014-04-10T02:15:00-0500', Date.UTC(2014, 3, 10, 7, 15)],
])('%s is a time', (text, ms) => {
  expect(readTime(text)).toBe(ms);
});

test.each([
  '',
  'foo',
  '2014-02-31 00:00:00',
  '2014-13-01 00:00:00',
  '10/04/2014',
  '1e99',
  'NaN',
  '0x10',
])('“%s” is no time', (text) => {
  expect(() => readTime(text)).toThrow(FieldError);
  expect(() => readTime(text)).toThrow('timestamp');
});

test('values are decimal numbers; a missing one is NaN', () => {
  expect(['1', '-2.5', '.5', '1e-3', ' 7 '].map((text) => readValue(text, 'value'))).toEqual([
    1, -2.5, 0.5, 0.001, 7,
  ]);
  expect(['', 'NaN', 'null', ' '].map((text) => readValue(text, 'value'))).toEqual([
    Number.NaN,
    Number.NaN,
    Number.NaN,
    Number.NaN,
  ]);
  for (const text of ['1,5', 'x', '0x1F', 'Infinity', '--1'])
    expect(() => readValue(text, 'm3')).toThrow('m3');
});
