import { expect, test } from 'vitest';
import { Batch } from '../state/batch.ts';
import { GapLog } from './gaps.ts';
import { FIRST_SLOTS } from './ring.ts';
import { emptySeries, SeriesStore } from './series-store.ts';

function storeOf(
  pointsInAll: number,
  pointsPerSeries = 900,
): { store: SeriesStore; gaps: GapLog; flush: () => void } {
  const queue: (() => void)[] = [];
  const batch = new Batch({
    monotonic: () => 0,
    soon: (run) => queue.push(run),
    after: (_, run) => (queue.push(run), () => undefined),
  });
  const gaps = new GapLog();
  return {
    store: new SeriesStore({ pointsInAll, pointsPerSeries }, batch, gaps),
    gaps,
    flush: () => {
      for (const run of queue.splice(0)) run();
    },
  };
}

const push = (store: SeriesStore, key: string, fromMs: number, toMs: number): void => {
  for (let at = fromMs; at < toMs; at++) store.pushRow('h', [key], at, Float64Array.of(at), true);
};
const held = (store: SeriesStore, key: string): number =>
  store.series('h', key).getSnapshot().timesMs.length;

test('the bound on all points holds whatever comes, and what was let go is counted', () => {
  const { store } = storeOf(1000);
  for (let series = 0; series < 200; series++) push(store, `m${series}`, 0, 50);
  expect(store.held).toBeLessThanOrEqual(1000);
  expect(store.held).toBeGreaterThan(1000 - 2 * FIRST_SLOTS);
  expect(store.evicted).toBeGreaterThan(0);
});

test('series that are read displace unread ones first, then the one least recently read', () => {
  const { store } = storeOf(4 * FIRST_SLOTS);
  for (const key of ['a', 'b', 'c', 'd']) push(store, key, 0, 10);
  held(store, 'b');
  held(store, 'a');
  // A fifth series has no room: unread `c`, the oldest of those, goes.
  push(store, 'e', 0, 10);
  expect(store.oldestMs('h', 'c')).toBe(Infinity);
  // `a` grows: unread `d` goes, the ones read stay.
  push(store, 'a', 10, 40);
  expect(store.oldestMs('h', 'd')).toBe(Infinity);
  expect(held(store, 'a')).toBe(40);
  // Nothing unread is left but `e`; then `b`, read before `a`.
  push(store, 'a', 40, 70);
  expect([store.oldestMs('h', 'e'), store.oldestMs('h', 'b')]).toEqual([Infinity, Infinity]);
  expect(held(store, 'a')).toBe(70);
});

test('a snapshot is the same object until something in it changes', () => {
  const { store, gaps } = storeOf(10_000);
  const series = store.series('h', 'a');
  expect(series.getSnapshot()).toBe(emptySeries);
  push(store, 'a', 0, 3);
  const before = series.getSnapshot();
  expect(series.getSnapshot()).toBe(before);
  push(store, 'b', 0, 3);
  store.pushRow('h', ['a'], 2, Float64Array.of(2), true);
  expect(series.getSnapshot()).toBe(before);
  push(store, 'a', 3, 4);
  expect(series.getSnapshot()).not.toBe(before);
  const after = series.getSnapshot();
  gaps.record({ topic: 'fleet', fromMs: 1, toMs: 2 });
  expect(series.getSnapshot()).not.toBe(after);
});

test('listeners are notified of their own series only, once per batch', () => {
  const { store, flush } = storeOf(10_000);
  let heard = 0;
  const stop = store.series('h', 'a').subscribe(() => heard++);
  push(store, 'b', 0, 3);
  flush();
  expect(heard).toBe(0);
  push(store, 'a', 0, 3);
  flush();
  expect(heard).toBe(1);
  stop();
  push(store, 'a', 3, 6);
  flush();
  expect(heard).toBe(1);
});

test('rows out of order, repeated or without values are merged by time', () => {
  const { store } = storeOf(10_000);
  store.mergeColumns(
    'h',
    ['a', 'b'],
    [3, 1, 2, 1],
    [
      [30, 10, null, 11],
      [Number.NaN, 1, 2, 1],
    ],
  );
  const a = store.series('h', 'a').getSnapshot();
  expect([[...a.timesMs], [...a.values]]).toEqual([
    [1, 3],
    [11, 30],
  ]);
  expect([...store.series('h', 'b').getSnapshot().timesMs]).toEqual([1, 2]);
});
