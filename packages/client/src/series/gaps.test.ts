import { expect, test } from 'vitest';
import { GapLog, GAPS_KEPT } from './gaps.ts';

const every = (fromMs: number, toMs: number, stepMs = 1000): number[] =>
  Array.from(
    { length: Math.floor((toMs - fromMs) / stepMs) + 1 },
    (_, index) => fromMs + index * stepMs,
  );

const logOf = (
  fromMs: number,
  toMs: number,
  topic: 'fleet' | `target:${string}` = 'fleet',
): GapLog => {
  const log = new GapLog();
  log.record({ topic, fromMs, toMs });
  return log;
};

test('a gap without points is a hole, one that was filled is none', () => {
  const log = logOf(10_000, 20_000);
  const open = Float64Array.from([...every(0, 10_000), ...every(20_000, 30_000)]);
  expect(log.holesIn('a', open)).toEqual([{ topic: 'fleet', fromMs: 10_000, toMs: 20_000 }]);
  expect(log.holesIn('a', Float64Array.from(every(0, 30_000)))).toEqual([]);
});

test('what was filled in part leaves the rest', () => {
  const log = logOf(10_000, 20_000);
  const points = Float64Array.from([
    ...every(0, 10_000),
    ...every(14_000, 16_000),
    ...every(20_000, 30_000),
  ]);
  expect(log.holesIn('a', points).map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
    [10_000, 14_000],
    [16_000, 20_000],
  ]);
});

test('a gap up to now is a hole before the next point comes, and one older than all points is none', () => {
  expect(logOf(10_500, 20_000).holesIn('a', Float64Array.from(every(0, 10_000)))).toEqual([
    { topic: 'fleet', fromMs: 10_000, toMs: 20_000 },
  ]);
  expect(logOf(0, 5000).holesIn('a', Float64Array.from(every(10_000, 20_000)))).toEqual([]);
});

test('a hole that two gaps touch is told once', () => {
  const log = logOf(11_000, 13_000);
  log.record({ topic: 'fleet', fromMs: 15_000, toMs: 17_000 });
  const points = Float64Array.from([...every(0, 10_000), ...every(20_000, 30_000)]);
  expect(log.holesIn('a', points).map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
    [10_000, 20_000],
  ]);
});

test('the gap of one host is none of another', () => {
  const points = Float64Array.from([...every(0, 10_000), ...every(20_000, 30_000)]);
  const log = logOf(10_000, 20_000, 'target:a');
  expect(log.holesIn('a', points)).toHaveLength(1);
  expect(log.holesIn('b', points)).toEqual([]);
});

test('the newest gaps are kept, up to the bound', () => {
  const log = new GapLog();
  for (let index = 0; index < GAPS_KEPT + 20; index++)
    log.record({ topic: 'fleet', fromMs: index, toMs: index + 1 });
  expect(log.list).toHaveLength(GAPS_KEPT);
  expect(log.list[0]?.fromMs).toBe(20);
});
