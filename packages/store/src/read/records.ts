/** Point lookups: series and records. */
import type { DatabaseSync } from 'node:sqlite';
import { isNotNumbers } from '../contract/not-numbers.ts';

interface StoredSet {
  readonly number: number;
  readonly keys: readonly string[];
}

/** The host's number and its sets, the first one first. */
function readSets(
  database: DatabaseSync,
  hostId: string,
): { readonly host: number; readonly sets: readonly StoredSet[] } | undefined {
  const row = database.prepare('SELECT number FROM host WHERE host_id = ?').get(hostId);
  if (!row) return undefined;
  const host = Number(row['number']);
  const sets = database
    .prepare('SELECT number, keys FROM series_set WHERE host = ? ORDER BY number')
    .all(host)
    .map((set) => ({
      number: Number(set['number']),
      keys: JSON.parse(String(set['keys'])) as string[],
    }));
  return { host, sets };
}

export function readSeries(database: DatabaseSync, hostId: string): string[] {
  const keys = new Set(readSets(database, hostId)?.sets.flatMap((set) => set.keys));
  return [...keys].filter((key) => !isNotNumbers(key));
}

export function readRecords(database: DatabaseSync, collection: string): [string, unknown][] {
  return parsed(
    database
      .prepare('SELECT key, value FROM record WHERE collection = ? ORDER BY key')
      .all(collection),
  );
}

export function readLatest(
  database: DatabaseSync,
  collection: string,
  limit: number,
  before: string | undefined,
): [string, unknown][] {
  const select = 'SELECT key, value FROM record WHERE collection = ?';
  const order = 'ORDER BY key DESC LIMIT ?';
  return parsed(
    before === undefined
      ? database.prepare(`${select} ${order}`).all(collection, limit)
      : database.prepare(`${select} AND key < ? ${order}`).all(collection, before, limit),
  );
}

function parsed(rows: readonly Record<string, unknown>[]): [string, unknown][] {
  return rows.map((row) => [String(row['key']), JSON.parse(String(row['value'])) as unknown]);
}
