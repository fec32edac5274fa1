import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HOUR_MS, MINUTE_MS } from '@openmanager/protocol/durations';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newFolder, opened, rows } from '../../test/stores.ts';
import { ChunkView, encodeChunk } from '../chunk/chunk.ts';
import { TIER_ROWS } from '../file/layout.ts';
import { StoreDefaults } from '../thread/open-store.ts';
import { FIGURES } from './rollup-chunk.ts';

/** On the grid of the coarsest tier's chunks, twenty days of two-hour buckets. */
const START_MS = 1000 * 20 * 24 * HOUR_MS;
const SPAN_MS = 9 * HOUR_MS;

const value = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }).map((whole) => whole / 100),
  fc.constant(Number.NaN),
);
const batch = fc.record({
  host: fc.constantFrom('a', 'b'),
  set: fc.nat(1),
  points: fc.array(
    fc
      .tuple(fc.nat(Math.floor(SPAN_MS / 7_000)), value, value)
      .map(([at, ...values]) => [START_MS + at * 7_000, ...values]),
    { minLength: 1, maxLength: 40 },
  ),
  next: fc.constantFrom('go on', 'go on', 'settle'),
});
/** Sets that do not share a series. */
const sets = [['x', 'y'], ['z']];

interface Bucket {
  min: number;
  max: number;
  sum: number;
  last: number;
  count: number;
}

test('buckets of every tier are exact: late rows, restarts and half windows included', async () => {
  const folder = newFolder();
  let store = await opened(folder);
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(batch, { minLength: 1, maxLength: 8 }),
      fc.nat(30),
      async (batches, restartAt) => {
        // Hosts of its own for each run, in one store for all: threads that come and go cost more than all the rest.
        const run = runs++;
        const samples = new Map<string, Map<number, number>>();
        const seqs = new Map<string, number>();
        for (const [index, { host: name, set, points, next }] of batches.entries()) {
          const host = `${name}${run}`;
          const seq = (seqs.get(host) ?? 0) + 1;
          seqs.set(host, seq);
          const keys = sets[set] as string[];
          await store.append(host, { bootEpoch: 1, seq }, rows(keys, points));
          const known = new Set<number>();
          for (const [time, ...values] of points as [number, ...number[]][]) {
            // The first row of a time wins, in the batch and before it.
            const row = `${host}/${set}`;
            const times = samples.get(row) ?? new Map<number, number>();
            samples.set(row, times);
            if (known.has(time) || times.has(time)) continue;
            known.add(time);
            times.set(time, 1);
            for (const [place, key] of keys.entries()) {
              const series = samples.get(`${host}/${key}`) ?? new Map<number, number>();
              samples.set(`${host}/${key}`, series);
              const here = values[place] ?? Number.NaN;
              if (!Number.isNaN(here)) series.set(time, here);
            }
          }
          if (next === 'settle') await store.settle();
          if (index === restartAt) {
            await store.close();
            store = await opened(folder);
          }
        }
        await store.settle();
        for (const stepMs of [MINUTE_MS, 15 * MINUTE_MS, 2 * HOUR_MS, 6 * HOUR_MS]) {
          const { series } = await store.select({
            hostIds: ['a', 'b'].map((name) => `${name}${run}`),
            fromMs: START_MS,
            toMs: START_MS + SPAN_MS,
            stepMs,
          });
          const answered = new Set<string>();
          for (const one of series) {
            const name = `${one.hostId}/${one.key}`;
            answered.add(name);
            const buckets = new Map<number, Bucket>();
            const sorted = [...(samples.get(name) as Map<number, number>)].toSorted(
              (a, b) => a[0] - b[0],
            );
            for (const [time, here] of sorted) {
              const start = Math.floor(time / stepMs) * stepMs;
              const b = buckets.get(start) ?? {
                min: Infinity,
                max: -Infinity,
                sum: 0,
                last: 0,
                count: 0,
              };
              buckets.set(start, {
                min: Math.min(b.min, here),
                max: Math.max(b.max, here),
                sum: b.sum + here,
                last: here,
                count: b.count + 1,
              });
            }
            expect([...one.timesMs]).toEqual([...buckets.keys()]);
            for (const [at, b] of [...buckets.values()].entries()) {
              expect([one.min[at], one.max[at], one.last[at], one.count[at]]).toEqual([
                b.min,
                b.max,
                b.last,
                b.count,
              ]);
              expect(one.mean[at]).toBeCloseTo(b.sum / b.count, 9);
            }
          }
          const expected = [...samples].filter(([name, of]) => /[xyz]$/.test(name) && of.size > 0);
          expect([...answered].toSorted()).toEqual(expected.map(([name]) => name).toSorted());
        }
      },
    ),
    { numRuns: 25 },
  );
}, 180_000);

test('samples that are past their time live on in the tiers, each as long as it says', async () => {
  const folder = newFolder();
  const now = Math.floor(Date.now() / (2 * HOUR_MS)) * 2 * HOUR_MS;
  const tiers = [
    { bucketMs: MINUTE_MS, retentionMs: 10 * HOUR_MS },
    { bucketMs: 15 * MINUTE_MS, retentionMs: 200 * 24 * HOUR_MS },
  ];
  const store = await opened(folder, 2 * HOUR_MS, tiers);
  // Every ten seconds, the value is the number of the sample.
  const points = Array.from({ length: 24 * 360 }, (_, at) => [
    now - 24 * HOUR_MS + at * 10_000,
    at,
  ]);
  for (let from = 0, seq = 1; from < points.length; from += 1000, seq++)
    await store.append('a', { bootEpoch: 1, seq }, rows(['x'], points.slice(from, from + 1000)));
  await store.settle();
  const { tiers: kept, lateDropped } = await store.historyStats();
  expect(kept.map(({ bucketMs }) => bucketMs)).toEqual([0, MINUTE_MS, 15 * MINUTE_MS]);
  // What is removed lies on whole chunks, so a little more than the retention stays.
  expect(kept[0]?.oldestMs).toBeGreaterThanOrEqual(now - 4 * HOUR_MS);
  expect(kept[1]?.oldestMs).toBeGreaterThanOrEqual(now - 18 * HOUR_MS);
  expect(kept[2]?.oldestMs).toBeLessThanOrEqual(now - 24 * HOUR_MS);
  expect(lateDropped).toBe(0);
  const hours = await store.select({ fromMs: now - 24 * HOUR_MS, toMs: now - 1, stepMs: HOUR_MS });
  const [one] = hours.series;
  expect([...(one?.count ?? [])]).toEqual(Array.from({ length: 24 }, () => 360));
  expect([...(one?.last ?? [])]).toEqual(Array.from({ length: 24 }, (_, hour) => hour * 360 + 359));
  expect([...(one?.mean ?? [])]).toEqual(
    Array.from({ length: 24 }, (_, hour) => hour * 360 + 179.5),
  );
  // As they came where they are kept, buckets of the finest tier that is kept elsewhere.
  const finest = await store.select({ fromMs: now - 24 * HOUR_MS, toMs: now });
  const widths = new Set(finest.series[0]?.widthsMs);
  expect([...widths]).toEqual([15 * MINUTE_MS, MINUTE_MS, 0]);
  const total = finest.series[0]?.count.reduce((sum, count) => sum + count, 0);
  expect(total).toBe(points.length);
});

test('chunks that have five figures of each series are read, and go on with eight', async () => {
  const folder = newFolder();
  // Begins anew after every sixth sample.
  const points = (from: number, to: number): number[][] =>
    Array.from({ length: to - from }, (_, n) => [START_MS + (from + n) * 10_000, (from + n) % 6]);
  let store = await opened(folder);
  await store.append('a', { bootEpoch: 1, seq: 1 }, rows(['x'], points(0, 360)));
  await store.settle();
  await store.close();
  const path = join(folder, 'openmanager.db');
  const database = new DatabaseSync(path);
  for (const { bucketMs } of StoreDefaults.tiers)
    for (const row of database.prepare(`SELECT id, data FROM tier_${bucketMs}`).all()) {
      const window = Number(row['id']) % 2 ** 32;
      const originMs = window * bucketMs * TIER_ROWS;
      const view = new ChunkView(row['data'] as Uint8Array, window, originMs);
      expect(view.width).toBe(FIGURES);
      const columns = Array.from({ length: 5 }, (_, figure) => {
        const column = new Float64Array(view.rows);
        view.column(figure, column, 0);
        return column;
      });
      database
        .prepare(`UPDATE tier_${bucketMs} SET data = ? WHERE id = ?`)
        .run(encodeChunk(window, originMs, view.times(), columns), row['id'] as number);
    }
  database.close();
  store = await opened(folder);
  const asked = { fromMs: START_MS, toMs: START_MS + 4 * HOUR_MS - 1 };
  const before = await store.select({ ...asked, stepMs: HOUR_MS });
  expect(before.damaged).toBe(0);
  expect(before.series[0]).toMatchObject({
    max: Float64Array.of(5),
    count: Float64Array.of(360),
  });
  await store.append('a', { bootEpoch: 1, seq: 2 }, rows(['x'], points(360, 1440)));
  await store.settle();
  const after = await store.select({ ...asked, stepMs: HOUR_MS });
  expect(after.damaged).toBe(0);
  expect([...(after.series[0]?.count ?? [])]).toEqual([360, 360, 360, 360]);
  // Five of a minute's six samples rise by one; the first hour does not know what was lost within its minutes.
  const { series } = await store.aggregate({ ...asked, stepMs: HOUR_MS, rate: true });
  const rates = [...(series[0]?.columns[0] ?? [])];
  expect(rates).toHaveLength(4);
  for (const rate of rates.slice(1)) expect(rate).toBeCloseTo(5 / 60, 4);
});
