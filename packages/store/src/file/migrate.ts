/**
 * Brings a database of format 1 to format 2: its blocks of five minutes become chunks. In slices, each a transaction
 * of its own that removes what it has taken over, so that a stop at any moment loses nothing and is gone on from.
 */
import type { DatabaseSync } from 'node:sqlite';
import { BLOCK_WINDOW_MS, viewBlock } from './block-v1.ts';
import { Heads } from '../write/heads.ts';
import { RAW_WINDOW_MS, rawWindowOf, stripesOf } from './layout.ts';
import { StoreError } from '../contract/metric-store.ts';
import { historyTables } from './tables.ts';

/** Bits of a block's id in format 1. */
const OLD_WINDOW_BITS = 27;
const OLD_SET_BITS = 16;
const SLICE_BLOCKS = 400;

interface OldSet {
  readonly width: number;
}

/** Does nothing to a database that has been brought over already. */
export function migrate(database: DatabaseSync): void {
  // Left in place until the last block is gone; only then the version changes.
  if (!hasTable(database, 'old_block')) begin(database);
  const sets = new Map<string, OldSet>();
  for (const row of database.prepare('SELECT host, number, keys FROM series_set').all())
    sets.set(`${Number(row['host'])}/${Number(row['number'])}`, {
      width: (JSON.parse(String(row['keys'])) as string[]).length,
    });
  const heads = new Heads(database);
  const slice = database.prepare(
    `SELECT id >> ${OLD_WINDOW_BITS + OLD_SET_BITS} AS host,
       (id >> ${OLD_SET_BITS}) & ${2 ** OLD_WINDOW_BITS - 1} AS window,
       id & ${2 ** OLD_SET_BITS - 1} AS series_set, CAST(id AS TEXT) AS id, data
     FROM old_block ORDER BY old_block.id LIMIT ${SLICE_BLOCKS}`,
  );
  for (;;) {
    const rows = slice.all();
    if (rows.length === 0) break;
    database.exec('BEGIN IMMEDIATE');
    try {
      for (const row of rows) {
        const [host, window, set] = [row['host'], row['window'], row['series_set']].map(Number) as [
          number,
          number,
          number,
        ];
        const known = sets.get(`${host}/${set}`);
        if (known)
          take(heads, host, set, known.width, window, row['data'] as Uint8Array, () =>
            database
              .prepare(
                "INSERT OR IGNORE INTO damaged SELECT 'block', id, ?2, data FROM old_block WHERE id = CAST(?1 AS INTEGER)",
              )
              .run(String(row['id']), Date.now()),
          );
      }
      heads.flush();
      database
        .prepare('DELETE FROM old_block WHERE id <= CAST(? AS INTEGER)')
        .run(String(rows.at(-1)?.['id']));
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }
  database.exec('BEGIN; DROP TABLE old_block; PRAGMA user_version = 2; COMMIT');
  // Pages that are given back later need a map that only a rewritten file has.
  database.exec('PRAGMA auto_vacuum = INCREMENTAL; VACUUM');
}

function take(
  heads: Heads,
  host: number,
  set: number,
  width: number,
  window: number,
  data: Uint8Array,
  layAside: () => void,
): void {
  let view;
  let values: Float64Array;
  try {
    view = viewBlock(data, window, width);
    values = new Float64Array(view.timesMs.length * width);
    for (let place = 0; place < width; place++)
      values.set(view.column(place), place * view.timesMs.length);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    layAside();
    return;
  }
  // Blocks lie on the grid of chunks: four of them make one.
  const target = rawWindowOf(window * BLOCK_WINDOW_MS);
  heads.add({ host, set, width, window: target }, view.timesMs, values, 0, view.timesMs.length);
}

function hasTable(database: DatabaseSync, name: string): boolean {
  return (
    database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(name) !==
    undefined
  );
}

function begin(database: DatabaseSync): void {
  const ratio = RAW_WINDOW_MS / BLOCK_WINDOW_MS;
  const sets = database.prepare('SELECT * FROM series_set').all();
  database.exec('BEGIN IMMEDIATE');
  try {
    database.exec(
      `ALTER TABLE block RENAME TO old_block; ALTER TABLE damaged RENAME TO old_damaged;
       DROP TABLE series_set; UPDATE counter SET value = 0 WHERE name = 'samples'; ${historyTables}
       INSERT INTO damaged SELECT 'block', id, 0, data FROM old_damaged; DROP TABLE old_damaged`,
    );
    const insert = database.prepare('INSERT INTO series_set VALUES (?, ?, ?, ?, 0, ?, ?)');
    let stripe = 1;
    for (const row of sets) {
      const keys = String(row['keys']);
      const lastWindow = Math.floor(Number(row['last_window']) / ratio);
      insert.run(
        Number(row['host']),
        Number(row['number']),
        String(row['set_id']),
        keys,
        lastWindow,
        stripe,
      );
      stripe += stripesOf((JSON.parse(keys) as string[]).length);
    }
    database.prepare("UPDATE counter SET value = ? WHERE name = 'stripes'").run(stripe);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
