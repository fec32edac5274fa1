import fc from 'fast-check';
import { expect, test } from 'vitest';
import { durationText, parseDuration, parsePrometheusDuration } from './durations.ts';

test.each([
  ['500ms', 500],
  ['90s', 90_000],
  ['1.5h', 5_400_000],
  ['1h30m', 5_400_000],
  ['14d', 1_209_600_000],
  ['0s', 0],
  ['', undefined],
  ['5', undefined],
  ['-5m', undefined],
  ['5 m', undefined],
  ['1w', undefined],
  ['ten', undefined],
])('%j is %j ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each([
  ['1w2d', 777_600_000],
  ['1y', 31_536_000_000],
  ['5m30s', 330_000],
  ['5ms', 5],
  ['0s', 0],
  ['', undefined],
  ['30s5m', undefined],
  ['1.5h', undefined],
  ['5', undefined],
])('Prometheus’s %j is %j ms', (text, ms) => {
  expect(parsePrometheusDuration(text)).toBe(ms);
});

test('the text of a duration is the shortest there is', () => {
  const texts = [90_000, 3_600_000, 0, 1_500, 172_800_000].map(durationText);
  expect(texts).toEqual(['90s', '1h', '0s', '1500ms', '2d']);
});

test('the text of a duration reads back as it was', () => {
  fc.assert(
    fc.property(fc.nat(100_000_000_000), (ms) => {
      expect(parseDuration(durationText(ms))).toBe(ms);
    }),
  );
});
