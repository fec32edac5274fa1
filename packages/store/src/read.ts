/** What the reader thread answers, on a connection of its own, so that a query never holds up a commit. */
import type { DatabaseSync } from 'node:sqlite';
import type { RangeQuery, RangeResult } from './metric-store.ts';
import { Reduction } from './reduction.ts';
import { decodeRow } from './row-block.ts';

export class Reads {
  private readonly database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.database = database;
  }

  private hostNumber(hostId: string): number | undefined {
    const row = this.database.prepare('SELECT number FROM host WHERE host_id = ?').get(hostId);
    return row === undefined ? undefined : Number(row['number']);
  }

  /** Keys by number of the set. */
  private sets(host: number): Map<number, readonly string[]> {
    const rows = this.database
      .prepare('SELECT number, keys FROM series_set WHERE host = ? ORDER BY number')
      .all(host);
    return new Map(
      rows.map((row) => [Number(row['number']), JSON.parse(String(row['keys'])) as string[]]),
    );
  }

  series(hostId: string): string[] {
    const host = this.hostNumber(hostId);
    return host === undefined ? [] : [...new Set([...this.sets(host).values()].flat())];
  }

  query({ hostId, keys, fromMs, toMs, maxPoints }: RangeQuery): RangeResult {
    const host = this.hostNumber(hostId);
    const sets = host === undefined ? new Map<number, readonly string[]>() : this.sets(host);
    const wanted = keys ?? [...new Set([...sets.values()].flat())];
    const places = new Map<number, { places: number[]; columns: number[] }>();
    for (const [set, setKeys] of sets) {
      const here = setKeys
        .map((key, place) => ({ place, column: wanted.indexOf(key) }))
        .filter(({ column }) => column >= 0);
      places.set(set, {
        places: here.map(({ place }) => place),
        columns: here.map(({ column }) => column),
      });
    }
    const reduction = new Reduction(wanted.length, toMs, maxPoints);
    if (host !== undefined) {
      const rows = this.database
        .prepare(
          'SELECT time_ms, series_set, columns FROM sample_row WHERE host = ? AND time_ms BETWEEN ? AND ? ORDER BY time_ms, series_set',
        )
        .iterate(host, fromMs, toMs);
      for (const row of rows) {
        const set = places.get(Number(row['series_set']));
        if (!set || set.places.length === 0) continue;
        reduction.row(Number(row['time_ms']));
        let index = 0;
        let at = set.places[0];
        decodeRow(row['columns'] as Uint8Array, set.places, (place, value) => {
          while (at !== place) at = set.places[++index];
          reduction.put(set.columns[index] ?? 0, value);
        });
      }
    }
    return { keys: wanted, ...reduction.finish() };
  }

  records(collection: string): [string, unknown][] {
    return this.parsed(
      this.database
        .prepare('SELECT key, value FROM record WHERE collection = ? ORDER BY key')
        .all(collection),
    );
  }

  latest(collection: string, limit: number, before: string | undefined): [string, unknown][] {
    const select = 'SELECT key, value FROM record WHERE collection = ?';
    const order = 'ORDER BY key DESC LIMIT ?';
    return this.parsed(
      before === undefined
        ? this.database.prepare(`${select} ${order}`).all(collection, limit)
        : this.database.prepare(`${select} AND key < ? ${order}`).all(collection, before, limit),
    );
  }

  private parsed(rows: readonly Record<string, unknown>[]): [string, unknown][] {
    return rows.map((row) => [String(row['key']), JSON.parse(String(row['value'])) as unknown]);
  }

  samples(): number {
    const row = this.database.prepare("SELECT value FROM counter WHERE name = 'samples'").get();
    return Number(row?.['value'] ?? 0);
  }
}
