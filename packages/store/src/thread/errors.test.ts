import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { seriesSetId } from '@openmanager/protocol';
import { describe, expect, test, vi } from 'vitest';
import { asStoreError } from '../file/database.ts';
import { StoreError, type Rows } from '../index.ts';
import { MAX_WAITING_VALUES, openThreads, StoreDefaults } from './open-store.ts';
import { MAX_WAITING_CALLS } from './thread.ts';
import { all, FOREVER_MS, newFolder, opened, rows } from '../../test/stores.ts';

const refused = (code: string, folder: string): unknown =>
  expect.objectContaining({ code, message: expect.stringContaining(folder) as string });

describe('in use', () => {
  test('a second store on the same folder is refused, and free again after the first', async () => {
    const folder = newFolder();
    const first = await opened(folder);
    await expect(opened(folder)).rejects.toEqual(refused('in-use', `${folder} is used by another`));
    await first.append('a', { bootEpoch: 1, seq: 1 }, rows(['x'], [[1, 1]]));
    await first.close();
    const second = await opened(folder);
    expect((await second.query({ hostId: 'a', ...all })).timesMs).toHaveLength(1);
  });
});

describe('another version', () => {
  test('is refused, left as it is, and says which', async () => {
    const folder = newFolder();
    await (await opened(folder)).close();
    const path = join(folder, 'openmanager.db');
    const setVersion = (version: number): void => {
      const database = new DatabaseSync(path);
      database.exec(`PRAGMA user_version = ${version}`);
      database.close();
    };
    setVersion(999);
    await expect(opened(folder)).rejects.toEqual(refused('newer-version', folder));
    await expect(opened(folder)).rejects.toThrow('format 999');
    setVersion(1);
    await expect(opened(folder)).rejects.toEqual(refused('older-version', folder));
    await expect(opened(folder)).rejects.toThrow('format 1,');
    setVersion(3);
    await opened(folder);
  });
});

describe('corrupt', () => {
  test('not a database', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'openmanager.db'), 'x'.repeat(5000));
    await expect(opened(folder)).rejects.toEqual(refused('corrupt', folder));
  });

  test('a database of something else is left alone', async () => {
    const folder = newFolder();
    const database = new DatabaseSync(join(folder, 'openmanager.db'));
    database.exec('CREATE TABLE mine (x)');
    database.close();
    await expect(opened(folder)).rejects.toEqual(refused('corrupt', folder));
  });

  /** Turns over one bit of the only block. */
  function damage(folder: string): void {
    const database = new DatabaseSync(join(folder, 'openmanager.db'));
    const { data } = database.prepare('SELECT data FROM head').get() as { data: Uint8Array };
    data[data.length - 1] = (data.at(-1) as number) ^ 1;
    database.prepare('UPDATE head SET data = ?').run(data);
    database.close();
  }

  test('a damaged chunk is quarantined when it is read, counted in the stats, and everything else reads', async () => {
    const folder = newFolder();
    const first = await opened(folder);
    await first.append('a', { bootEpoch: 1, seq: 1 }, rows(['x'], [[1, 0.5]]));
    await first.close();
    damage(folder);
    const store = await opened(folder);
    await store.append('b', { bootEpoch: 1, seq: 1 }, rows(['x'], [[1, 1]]));
    expect((await store.query({ hostId: 'a', ...all })).timesMs).toHaveLength(0);
    expect((await store.query({ hostId: 'b', ...all })).timesMs).toHaveLength(1);
    await vi.waitFor(async () => expect((await store.historyStats()).damaged).toBe(1), 30_000);
    // What is added to it is stored; the damaged one is kept aside.
    await store.append('a', { bootEpoch: 1, seq: 2 }, rows(['x'], [[2, 2]]));
    expect([...(await store.query({ hostId: 'a', ...all })).timesMs]).toEqual([2]);
    expect((await store.stats()).samplesStored).toBe(2);
    await store.close();
    const database = new DatabaseSync(join(folder, 'openmanager.db'));
    expect(database.prepare('SELECT count(*) AS count FROM damaged').get()).toEqual({ count: 1 });
    database.close();
  });

  test('pages written over', async () => {
    const folder = newFolder();
    const first = await opened(folder);
    const points = Array.from({ length: 3000 }, (_, index) => [index * 300_000, Math.random()]);
    await first.append('a', { bootEpoch: 1, seq: 1 }, rows(['x'], points));
    await first.close();
    const path = join(folder, 'openmanager.db');
    const file = openSync(path, 'r+');
    for (let at = 10 * 4096; at < statSync(path).size; at += 4096)
      writeSync(file, Buffer.alloc(4096, 0xa5), 0, 4096, at);
    closeSync(file);
    const store = await opened(folder);
    await expect(store.query({ hostId: 'a', ...all })).rejects.toEqual(refused('corrupt', folder));
    expect(store.condition().damage).toContain('does not hold a sound database');
  });
});

describe('read-only', () => {
  // Root may write anywhere but where the system itself says no.
  const root = process.getuid?.() === 0;

  test('a folder that may not be written to', async () => {
    const folder = root ? '/sys/openmanager' : join(newFolder(), 'data');
    if (!root) {
      mkdirSync(folder);
      chmodSync(folder, 0o500);
    }
    await expect(opened(folder)).rejects.toEqual(refused('read-only', folder));
  });

  test('a file in the way is told by its path', async () => {
    const path = join(newFolder(), 'file');
    writeFileSync(path, '');
    await expect(opened(path)).rejects.toEqual(refused('failed', path));
  });

  test('what SQLite says of a database that may only be read', () => {
    const folder = newFolder();
    const path = join(folder, 'x.db');
    new DatabaseSync(path).exec('CREATE TABLE x (x)');
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      database.exec('INSERT INTO x VALUES (1)');
      expect.unreachable();
    } catch (error) {
      expect(asStoreError(error, folder)).toEqual(refused('read-only', folder));
    }
    database.close();
  });
});

describe('full', () => {
  test('what does not fit is refused as a whole; what was stored is read; room helps', async () => {
    const folder = newFolder();
    const options = { ...StoreDefaults, folder, retentionMs: FOREVER_MS, maxPages: 100 };
    const store = await openThreads(options);
    try {
      const wide = (hour: number): Rows =>
        rows(
          ['x'],
          Array.from({ length: 2000 }, (_, index) => [
            hour * 3_600_000 + index * 1000,
            Math.random(),
          ]),
        );
      let stored = 0;
      let failure: unknown;
      while (failure === undefined && stored < 100)
        await store.append('a', { bootEpoch: 1, seq: stored + 1 }, wide(stored)).then(
          () => stored++,
          (error: unknown) => (failure = error),
        );
      expect(failure).toEqual(refused('full', folder));
      expect(stored).toBeGreaterThan(0);
      expect((await store.watermarks()).get('a')).toEqual({ bootEpoch: 1, seq: stored });
      const kept = await store.query({ hostId: 'a', ...all, maxPoints: 1e6 });
      expect(kept.timesMs).toHaveLength(stored * 2000);
      await store.removeHost('a');
      await expect
        .poll(
          () => store.append('b', { bootEpoch: 1, seq: 1 }, wide(0)).then(() => 'stored', String),
          {
            timeout: 30_000,
          },
        )
        .toBe('stored');
    } finally {
      await store.close();
    }
  });
});

describe('overloaded', () => {
  test('values that wait for their commit are bounded, and what was taken is stored', async () => {
    const store = await opened(newFolder());
    const column = new Float64Array(100_000).fill(1);
    const big = (start: number): Rows => ({
      setId: seriesSetId(['x']),
      keys: ['x'],
      timesMs: Array.from(column, (_, index) => start + index),
      columns: [column],
    });
    const count = MAX_WAITING_VALUES / column.length + 1;
    const results = await Promise.allSettled(
      Array.from({ length: count }, (_, index) =>
        store.append('a', { bootEpoch: 1, seq: index + 1 }, big((index % 2) * 100_000)),
      ),
    );
    expect(results.filter(({ status }) => status === 'rejected')).toEqual([
      { status: 'rejected', reason: expect.objectContaining({ code: 'overloaded' }) as unknown },
    ]);
    expect((await store.query({ hostId: 'a', ...all, maxPoints: 200_000 })).timesMs).toHaveLength(
      200_000,
    );
    await store.append('a', { bootEpoch: 2, seq: 1 }, rows(['x'], [[1, 1]]));
  });

  test('calls that wait are bounded', async () => {
    const store = await opened(newFolder());
    const calls = Array.from({ length: MAX_WAITING_CALLS + 1 }, () => store.stats());
    const results = await Promise.allSettled(calls);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(results.at(-1)).toMatchObject({ reason: { code: 'overloaded' } });
    await store.stats();
  });
});

describe('failed', () => {
  test.each([
    ['a time that is not whole', rows(['x'], [[0.5, 1]])],
    ['a time before 1970', rows(['x'], [[-1, 1]])],
    ['a time that is none', rows(['x'], [[Number.NaN, 1]])],
    ['a time beyond any', rows(['x'], [[Number.MAX_SAFE_INTEGER, 1]])],
    ['columns that are missing', { ...rows(['x'], [[1, 1]]), keys: ['x', 'y'] }],
    ['columns too short', { ...rows(['x'], [[1, 1]]), columns: [new Float64Array()] }],
    ['a set of other series', { ...rows(['z'], [[1, 1]]), setId: seriesSetId(['x']) }],
  ])('%s is refused, and what comes at the same time is stored', async (_, wrong) => {
    const store = await opened(newFolder());
    await store.append('a', { bootEpoch: 1, seq: 1 }, rows(['x'], [[1, 1]]));
    const [bad, good, record] = await Promise.allSettled([
      store.append('a', { bootEpoch: 1, seq: 2 }, wrong),
      store.append('b', { bootEpoch: 1, seq: 1 }, rows(['x'], [[1, 1]])),
      store.write([{ collection: 'c', key: 'k', value: 1 }]),
    ]);
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'failed' } });
    expect((bad as PromiseRejectedResult).reason).toBeInstanceOf(StoreError);
    expect([good.status, record.status]).toEqual(['fulfilled', 'fulfilled']);
    expect(await store.watermarks()).toEqual(
      new Map([
        ['a', { bootEpoch: 1, seq: 1 }],
        ['b', { bootEpoch: 1, seq: 1 }],
      ]),
    );
  });
});
