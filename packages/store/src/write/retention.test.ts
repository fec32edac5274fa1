import { DAY_MS } from '@openmanager/protocol/durations';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test, vi } from 'vitest';
import { openForWriting } from '../file/database.ts';
import { openThreads, StoreDefaults } from '../thread/open-store.ts';
import { packRows } from './pack.ts';
import { Retention } from './retention.ts';
import { Writes } from './writes.ts';
import { all, FOREVER_MS, newFolder, opened, rows } from '../../test/stores.ts';

const WINDOW_MS = 1_200_000;

test('what is past the retention goes by itself, and nothing else does', async () => {
  const folder = newFolder();
  const now = Date.now();
  const store = await opened(folder, DAY_MS, []);
  const old = Array.from({ length: 120 }, (_, index) => [now - 3 * DAY_MS + index * WINDOW_MS, 1]);
  const young = [DAY_MS - WINDOW_MS, WINDOW_MS, 0].map((age) => [now - age, 2]);
  await store.append('a', { bootEpoch: 1, seq: 1 }, rows(['gone'], old));
  await store.append('a', { bootEpoch: 1, seq: 2 }, rows(['x'], [...old, ...young]));
  await store.close();
  // A round begins when the store is opened.
  const again = await opened(folder, DAY_MS, []);
  await vi.waitFor(async () => expect((await again.stats()).samplesStored).toBe(3), 30_000);
  const { timesMs } = await again.query({ hostId: 'a', ...all, keys: ['x'] });
  expect([...timesMs]).toEqual(young.map(([time]) => time));
  await vi.waitFor(async () => expect(await again.series('a')).toEqual(['x']), 30_000);
  expect((await again.watermarks()).get('a')).toEqual({ bootEpoch: 1, seq: 2 });
  // The name of the set that is gone may come again.
  await again.append('a', { bootEpoch: 1, seq: 3 }, rows(['gone'], [[now, 7]]));
  const back = await again.query({ hostId: 'a', ...all, keys: ['gone'] });
  expect([...(back.columns[0] as Float64Array)].filter((value) => !Number.isNaN(value))).toEqual([
    7,
  ]);
  await again.close();
  const database = new DatabaseSync(join(folder, 'openmanager.db'));
  const left = 'SELECT count(*) AS count FROM (SELECT id FROM chunk UNION ALL SELECT id FROM head)';
  expect(database.prepare(left).get()).toEqual({ count: 4 });
  database.close();
});

const noTiers = { retentionMs: FOREVER_MS, maxBytes: undefined };

test('chunks go in slices; the sum of samples follows; a set goes after its last chunk', async () => {
  const folder = newFolder();
  const store = await openThreads({ ...StoreDefaults, folder, retentionMs: FOREVER_MS, tiers: [] });
  const points = (from: number, to: number): number[][] =>
    Array.from({ length: to - from }, (_, index) => [(from + index) * WINDOW_MS, 1]);
  await store.append('a', { bootEpoch: 1, seq: 1 }, rows(['old'], points(0, 22)));
  await store.append('a', { bootEpoch: 1, seq: 2 }, rows(['x'], points(22, 25)));
  await store.close();
  const database = openForWriting(folder);
  const writes = new Writes(database, []);
  const retention = new Retention(database, writes, [], { ...noTiers, retentionMs: 1 });
  const count = (table: string): unknown =>
    database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count'];
  const sweep = (): unknown[] => {
    const removed = retention.sweep({ hostId: 'a' }, 22 * WINDOW_MS + 1, 10);
    writes.flush();
    return [removed, Number(count('chunk')) + Number(count('head')), count('series_set')];
  };
  expect([sweep(), sweep(), sweep(), sweep()]).toEqual([
    [10, 15, 2],
    [10, 5, 2],
    [2, 3, 1],
    [0, 3, 1],
  ]);
  expect(database.prepare("SELECT value FROM counter WHERE name = 'samples'").get()).toEqual({
    value: 3,
  });
  database.close();
});

test('a late row after its block was swept begins anew, and the sum of samples stays right', () => {
  const folder = newFolder();
  const database = openForWriting(folder);
  const writes = new Writes(database, []);
  const retention = new Retention(database, writes, [], { ...noTiers, retentionMs: 1 });
  let seq = 0;
  const append = (...points: number[][]): void => {
    writes.append(packRows('a', { bootEpoch: 1, seq: ++seq }, rows(['x'], points)));
    writes.flush();
  };
  append([1000, 1], [2000, 2], [WINDOW_MS, 3]);
  expect(retention.sweep({ hostId: 'a' }, WINDOW_MS + 1, 10)).toBe(1);
  append([3000, 4]);
  const stored = database
    .prepare(
      'SELECT sum(samples) AS value FROM (SELECT samples FROM chunk UNION ALL SELECT samples FROM head)',
    )
    .get();
  expect(stored).toEqual({ value: 2 });
  expect(database.prepare("SELECT value FROM counter WHERE name = 'samples'").get()).toEqual(
    stored,
  );
  database.close();
});
