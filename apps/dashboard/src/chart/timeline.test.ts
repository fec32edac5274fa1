import { describe, expect, test } from 'vitest';
import { extentOf, firstAtOrAfter, joinTimeline, stack } from './timeline.ts';

const points = (pairs: readonly (readonly [number, number])[]) => ({
  timesMs: Float64Array.from(pairs.map(([time]) => time)),
  values: Float64Array.from(pairs.map(([, value]) => value)),
  gaps: [],
});
const none = points([]);
const span = { fromMs: 0, toMs: 100_000 };

describe('joinTimeline', () => {
  test('unites stored and live samples, live ones winning', () => {
    const { timesMs, columns } = joinTimeline({
      keys: ['a'],
      past: { keys: ['a'], timesMs: [1000, 2000, 3000], columns: [[1, null, 3]], stepMs: 0 },
      live: () =>
        points([
          [2000, 2],
          [3000, 30],
          [4000, 4],
        ]),
      span,
      intervalMs: 1000,
    });
    expect(timesMs).toEqual([1000, 2000, 3000, 4000]);
    expect(columns.get('a')).toEqual([1, 2, 30, 4]);
  });

  test('live samples continue after means per step', () => {
    const { timesMs } = joinTimeline({
      keys: ['a'],
      past: { keys: ['a'], timesMs: [0, 10_000], columns: [[1, 2]], stepMs: 10_000 },
      live: () =>
        points([
          [12_000, 9],
          [20_000, 3],
          [21_000, 4],
        ]),
      span,
      intervalMs: 1000,
    });
    expect(timesMs).toEqual([0, 10_000, 20_000, 21_000]);
  });

  test('a hole breaks every line and is told', () => {
    const { timesMs, columns, gaps } = joinTimeline({
      keys: ['a'],
      past: null,
      live: () =>
        points([
          [0, 1],
          [1000, 1],
          [9000, 1],
        ]),
      span,
      intervalMs: 1000,
    });
    expect(gaps).toEqual([{ fromMs: 1000, toMs: 9000 }]);
    expect(timesMs).toEqual([0, 1000, 1001, 9000]);
    expect(columns.get('a')).toEqual([1, 1, null, 1]);
  });

  test('two missed samples are not yet a hole of a jittery host, three are', () => {
    const gapsAfter = (distance: number): number =>
      joinTimeline({
        keys: ['a'],
        past: null,
        live: () =>
          points([
            [0, 1],
            [distance, 1],
          ]),
        span,
        intervalMs: 1000,
      }).gaps.length;
    expect(gapsAfter(2500)).toBe(0);
    expect(gapsAfter(2501)).toBe(1);
  });

  test('series with different times share one axis', () => {
    const { timesMs, columns } = joinTimeline({
      keys: ['a', 'b', 'c'],
      past: null,
      live: (key) =>
        key === 'a'
          ? points([
              [1000, 1],
              [2000, 2],
            ])
          : key === 'b'
            ? points([
                [2000, 5],
                [3000, Number.NaN],
              ])
            : none,
      span,
      intervalMs: 1000,
    });
    expect(timesMs).toEqual([1000, 2000, 3000]);
    expect(columns.get('a')).toEqual([1, 2, null]);
    expect(columns.get('b')).toEqual([null, 5, null]);
    expect(columns.get('c')).toEqual([null, null, null]);
  });

  test('keeps to the span', () => {
    const { timesMs } = joinTimeline({
      keys: ['a'],
      past: null,
      live: () =>
        points([
          [1000, 1],
          [2000, 2],
          [3000, 3],
        ]),
      span: { fromMs: 1500, toMs: 2500 },
      intervalMs: 1000,
    });
    expect(timesMs).toEqual([2000]);
  });
});

test('stack adds up and leaves holes where nothing is known', () => {
  expect(
    stack([
      [1, null, 3],
      [2, null, null],
    ]),
  ).toEqual([
    [1, null, 3],
    [3, null, 3],
  ]);
  expect(stack([])).toEqual([]);
});

test('extent leaves out holes', () => {
  expect(extentOf([1, null, 3])).toEqual({ min: 1, mean: 2, max: 3 });
  expect(extentOf([null])).toBeNull();
});

test('firstAtOrAfter', () => {
  expect([0, 10, 11, 99].map((time) => firstAtOrAfter([10, 20], time))).toEqual([0, 0, 1, 2]);
});
