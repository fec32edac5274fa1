import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { FORMAT_VERSION } from './database.ts';
import { CATALOGUE, rowSum } from './row-sums.ts';
import { all, newFolder, opened, rows } from '../../test/stores.ts';

/** Of every small row: its columns and its sum. */
function sums(folder: string): readonly (readonly [unknown[], unknown])[] {
  const database = new DatabaseSync(join(folder, 'openmanager.db'));
  try {
    return ['host', 'series_set', 'record'].flatMap((table) =>
      database
        .prepare(`SELECT * FROM ${table}`)
        .all()
        .map(({ sum, ...row }) => [Object.values(row), sum] as const),
    );
  } finally {
    database.close();
  }
}

test('every small row has its sum, in a new database and in one of format 2', async () => {
  const folder = newFolder();
  const store = await opened(folder);
  await store.append('a', { bootEpoch: 7, seq: 9 }, rows(['x', 'y'], [[1, 1, 2]]));
  await store.write([{ collection: 'c', key: 'k', value: { text: '“é”\n' } }]);
  await store.close();
  const written = sums(folder);
  // The host, its set, the set's copy, and the record.
  expect(written).toHaveLength(4);
  for (const [columns, sum] of written) expect(sum).toBe(rowSum(columns as string[]));

  const database = new DatabaseSync(join(folder, 'openmanager.db'));
  for (const table of ['host', 'series_set', 'record'])
    database.exec(`ALTER TABLE ${table} DROP COLUMN sum`);
  database.prepare('DELETE FROM record WHERE collection = ?').run(CATALOGUE);
  database.exec('PRAGMA user_version = 2');
  database.close();
  const again = await opened(folder);
  expect((await again.query({ hostId: 'a', ...all })).timesMs).toHaveLength(1);
  await again.close();
  expect(sums(folder)).toEqual(written);
  const upgraded = new DatabaseSync(join(folder, 'openmanager.db'));
  expect(upgraded.prepare('PRAGMA user_version').get()).toEqual({ user_version: FORMAT_VERSION });
  upgraded.close();
});
