import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { DatabaseSync } from 'node:sqlite';
import { ByteWriter, seriesSetId, writeColumn } from '@openmanager/protocol';
import { expect, test } from 'vitest';
import { newFolder, opened, rows } from '../../test/stores.ts';

const WINDOW_MS = 300_000;

/** A block as format 1 had it (docs/format/chunk.md). */
function block(
  window: number,
  timesMs: readonly number[],
  columns: readonly number[][],
): Uint8Array {
  const head = new ByteWriter(64);
  head.varint(timesMs.length);
  let previous = window * WINDOW_MS;
  for (const time of timesMs) {
    head.varint(time - previous);
    previous = time;
  }
  const body = new ByteWriter(64);
  let end = 0;
  for (const column of columns) {
    writeColumn(body, column);
    head.varint(body.size - end);
    end = body.size;
  }
  const rest = Buffer.concat([head.finish(), body.finish()]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(rest));
  return Buffer.concat([sum, rest]);
}

function oldDatabase(folder: string): DatabaseSync {
  const database = new DatabaseSync(join(folder, 'openmanager.db'));
  database.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE host (number INTEGER PRIMARY KEY, host_id TEXT NOT NULL UNIQUE, boot_epoch INTEGER NOT NULL, seq INTEGER NOT NULL);
    CREATE TABLE removed_host (number INTEGER PRIMARY KEY);
    CREATE TABLE series_set (host INTEGER NOT NULL, number INTEGER NOT NULL, set_id TEXT NOT NULL, keys TEXT NOT NULL,
      last_window INTEGER NOT NULL, PRIMARY KEY (host, number)) WITHOUT ROWID;
    CREATE TABLE block (id INTEGER PRIMARY KEY, samples INTEGER NOT NULL, data BLOB NOT NULL);
    CREATE TABLE damaged (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
    CREATE TABLE record (collection TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (collection, key)) WITHOUT ROWID;
    CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    INSERT INTO counter VALUES ('samples', 0);
    PRAGMA user_version = 1;`);
  return database;
}

test('a folder of format 1 is opened with everything that was in it, but what was damaged', async () => {
  const folder = newFolder();
  const keys = ['x', 'y'];
  const first = Math.floor(Date.now() / WINDOW_MS) - 40;
  const database = oldDatabase(folder);
  const expected: [number, number, number][] = [];
  const insert = database.prepare('INSERT INTO block VALUES ((? << 43) | (? << 16) | ?, ?, ?)');
  for (const [host, hostId] of ['a', 'b'].entries()) {
    database.prepare('INSERT INTO host VALUES (?, ?, 3, 77)').run(host + 1, hostId);
    database
      .prepare('INSERT INTO series_set VALUES (?, 0, ?, ?, ?)')
      .run(host + 1, seriesSetId(keys), JSON.stringify(keys), first + 29);
    for (let window = first; window < first + 30; window++) {
      const times = Array.from({ length: 60 }, (_, row) => window * WINDOW_MS + row * 5000);
      const [x, y] = [
        times.map((__, row) => row / 4),
        times.map((__, row) => (row % 3 === 0 ? Number.NaN : window)),
      ];
      const data = block(window, times, [x, y]);
      const isBroken = host === 1 && window === first + 10;
      if (isBroken) data[20] = (data[20] as number) ^ 1;
      insert.run(host + 1, window, 0, 100, data);
      if (host === 0)
        for (const [row, time] of times.entries())
          expected.push([time, x[row] as number, y[row] as number]);
    }
  }
  database.prepare("INSERT INTO record VALUES ('users', 'admin', '{\"name\":\"admin\"}')").run();
  database.close();

  const store = await opened(folder);
  const span = { fromMs: first * WINDOW_MS, toMs: Date.now() + 60_000, maxPoints: 100_000 };
  const { timesMs, columns } = await store.query({ hostId: 'a', ...span });
  const back = Array.from(timesMs, (time, row) => [time, columns[0]?.[row], columns[1]?.[row]]);
  expect(back).toEqual(expected);
  expect((await store.query({ hostId: 'b', ...span })).timesMs).toHaveLength(29 * 60);
  expect((await store.details()).damaged).toBe(1);
  expect((await store.watermarks()).get('a')).toEqual({ bootEpoch: 3, seq: 77 });
  expect(await store.entries('users')).toEqual([['admin', { name: 'admin' }]]);
  // It goes on as any other.
  await store.append('a', { bootEpoch: 3, seq: 78 }, rows(keys, [[Date.now(), 1, 2]]));
  await store.settle();
  const minutes = await store.select({ ...span, hostIds: ['a'], stepMs: 60_000 });
  expect(minutes.series[0]?.count.reduce((sum, count) => sum + count, 0)).toBe(expected.length + 1);
  await store.close();
  const again = await opened(folder);
  expect((await again.query({ hostId: 'a', ...span })).timesMs).toHaveLength(expected.length + 1);
});
