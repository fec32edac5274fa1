/**
 * Dirty windows: for each tier and host, the windows of its source with new rows, whose buckets must be recomputed.
 * Marked in the transaction that adds the rows, removed in the one that writes the buckets, so that queries never read
 * stale buckets.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { RAW_WINDOW_MS, type Tier } from '../file/layout.ts';

/** Cache of marks already written; cleared as a whole when full. */
const MAX_KNOWN = 100_000;

export class Pending {
  readonly #tiers: readonly Tier[];
  readonly #insert: StatementSync;
  readonly #remove: StatementSync;
  readonly #select: StatementSync;
  readonly #countOf: StatementSync;
  readonly #known = new Set<string>();
  /** The cache was cleared since `clear`, so `wasMarked` must assume the worst. */
  #overflowed = false;

  constructor(database: DatabaseSync, tiers: readonly Tier[]) {
    this.#tiers = tiers;
    this.#insert = database.prepare('INSERT OR IGNORE INTO pending VALUES (?, ?, ?)');
    this.#remove = database.prepare(
      'DELETE FROM pending WHERE bucket_ms = ? AND host = ? AND window = ?',
    );
    this.#select = database.prepare(
      'SELECT window FROM pending WHERE bucket_ms = ? AND host = ? AND window BETWEEN ? AND ? ORDER BY window LIMIT ?',
    );
    this.#countOf = database.prepare('SELECT count(*) AS count FROM pending');
  }

  /** Rows were added to a raw window of the host. */
  mark(host: number, rawWindow: number): void {
    const name = `${host}/${rawWindow}`;
    if (this.#known.has(name)) return;
    if (this.#known.size >= MAX_KNOWN) {
      this.#known.clear();
      this.#overflowed = true;
    }
    this.#known.add(name);
    for (const { bucketMs, sourceMs } of this.#tiers)
      this.#insert.run(bucketMs, host, Math.floor((rawWindow * RAW_WINDOW_MS) / sourceMs));
  }

  /** Dirty windows of the tier's source from `first` to `last`, ascending. */
  windows(tier: Tier, host: number, first: number, last: number, limit = 1_000_000): number[] {
    return this.#select
      .all(tier.bucketMs, host, first, last, limit)
      .map((row) => Number(row['window']));
  }

  done(tier: Tier, host: number, windows: readonly number[]): void {
    for (const window of windows) this.#remove.run(tier.bucketMs, host, window);
    // Which raw windows those were is not known: clear the cache, so that their next row is marked again.
    this.clear();
  }

  /** Whether rows were added to any of the host's raw windows from `first` to `last` since `clear`. */
  wasMarked(host: number, first: number, last: number): boolean {
    if (this.#overflowed) return true;
    for (let window = first; window <= last; window++)
      if (this.#known.has(`${host}/${window}`)) return true;
    return false;
  }

  count(): number {
    return Number(this.#countOf.get()?.['count']);
  }

  clear(): void {
    this.#known.clear();
    this.#overflowed = false;
  }
}

/**
 * Creates the tables of new tiers and marks stored windows as dirty for them; drops tables of tiers that are no longer
 * configured.
 */
export function prepareTiers(database: DatabaseSync, tiers: readonly Tier[]): void {
  const tables = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'tier_[0-9]*'")
    .all()
    .map((row) => String(row['name']));
  const missing = tiers.filter(({ table }) => !tables.includes(table));
  const gone = tables.filter((name) => !tiers.some(({ table }) => table === name));
  if (missing.length === 0 && gone.length === 0) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const name of gone) {
      database.exec(`DROP TABLE ${name}`);
      const bucketMs = Number(name.slice('tier_'.length));
      database.prepare('DELETE FROM pending WHERE bucket_ms = ?').run(bucketMs);
      database.prepare('DELETE FROM removed_before WHERE bucket_ms = ?').run(bucketMs);
    }
    for (const { table } of missing)
      database.exec(`CREATE TABLE ${table} (id INTEGER PRIMARY KEY, data BLOB NOT NULL)`);
    // A tier whose source changed is recomputed too, from what is kept of the finer ones.
    for (const tier of gone.length > 0 ? tiers : missing) markAll(database, tier, tiers);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function markAll(database: DatabaseSync, tier: Tier, tiers: readonly Tier[]): void {
  database.prepare('DELETE FROM pending WHERE bucket_ms = ?').run(tier.bucketMs);
  const window = (expression: string, widthMs: number): string =>
    `(${expression}) * ${widthMs} / ${tier.sourceMs}`;
  for (const table of ['chunk', 'head'])
    database.exec(
      `INSERT OR IGNORE INTO pending SELECT DISTINCT ${tier.bucketMs}, id >> 43,
         ${window('(id >> 16) & 134217727', RAW_WINDOW_MS)} FROM ${table}`,
    );
  for (const finer of tiers) {
    if (finer.bucketMs >= tier.bucketMs) break;
    const exists = database.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(finer.table);
    if (!exists) continue;
    database.exec(
      `INSERT OR IGNORE INTO pending SELECT DISTINCT ${tier.bucketMs}, series_set.host,
         ${window(`${finer.table}.id & 4294967295`, finer.windowMs)}
       FROM ${finer.table} JOIN series_set
         ON ${finer.table}.id >> 32 >= series_set.first_stripe
        AND ${finer.table}.id >> 32 < series_set.first_stripe + (json_array_length(series_set.keys) + 15) / 16`,
    );
  }
}
