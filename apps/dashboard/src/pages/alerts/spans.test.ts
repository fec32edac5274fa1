import fc from 'fast-check';
import { expect, test } from 'vitest';
import { durationText } from '@openmanager/protocol/durations';
import { spanMs } from './spans.ts';

test.each([
  ['90s', 90_000],
  ['90', 90_000],
  ['10m', 600_000],
  ['1.5h', 5_400_000],
  [' 7 d ', 604_800_000],
  ['0s', 0],
  ['', undefined],
  ['ten', undefined],
  ['-5s', undefined],
  ['5w', undefined],
])('%j is %j ms', (text, ms) => {
  expect(spanMs(text)).toBe(ms);
});

test('what is shown reads back as it was', () => {
  fc.assert(
    fc.property(fc.nat(100_000_000), (seconds) => {
      expect(spanMs(durationText(seconds * 1000))).toBe(seconds * 1000);
    }),
  );
});
