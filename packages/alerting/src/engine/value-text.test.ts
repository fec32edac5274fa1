import { expect, test } from 'vitest';
import { spanText, valueText } from './value-text.ts';

test.each([
  ['system.memory.utilization', 0.93, '93 %'],
  ['system.memory.utilization', 0.1234, '12.3 %'],
  ['system.memory.limit', 64e9, '64 GB'],
  ['system.memory.limit', 68_719_476_736, '68.7 GB'],
  ['system.memory.limit', 999, '999 B'],
  ['system.memory.limit', 999_950, '1 MB'],
  ['system.network.io', 125e6, '125 MB/s'],
  ['system.network.io', 0, '0 B/s'],
  ['system.network.io', -1500, '-1.5 kB/s'],
  ['host.clock.offset', 45, '45 s'],
  ['host.clock.offset', 0.25, '250 ms'],
  ['system.uptime', 259_200, '3 d'],
  ['hub.lag', 3.25, '3.3 s'],
  ['system.linux.cpu.load_1m', 12.345, '12.35'],
  ['something.of.theirs', 4500, '4500'],
  ['something.of.theirs.utilization', 0.5, '50 %'],
])('%s = %d is “%s”', (metric, value, text) => {
  expect(valueText(metric, value)).toBe(text);
});

test.each([
  [0, '0 s'],
  [45_000, '45 s'],
  [119_000, '119 s'],
  [5_400_000, '90 min'],
  [86_400_000, '24 h'],
  [259_200_000, '3 d'],
])('%d ms are %s', (ms, text) => {
  expect(spanText(ms)).toBe(text);
});
