/** Numbers of the whole store and of each tier. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { FILE_NAME } from '../file/database.ts';
import { diskExpected, measuredBytes } from './disk-expected.ts';
import type { HistoryStats, TierStats } from '../contract/series-history.ts';
import { RAW_WINDOW_MS, type Tier } from '../file/layout.ts';
import type { StoreStats } from '../contract/metric-store.ts';

interface Kept {
  readonly retentionMs: number;
}

export class StatsReader {
  readonly #database: DatabaseSync;
  readonly #folder: string;
  readonly #options: Kept;
  readonly #tiers: readonly Tier[];

  constructor(database: DatabaseSync, folder: string, options: Kept, tiers: readonly Tier[]) {
    this.#database = database;
    this.#folder = folder;
    this.#options = options;
    this.#tiers = tiers;
  }

  #counter(name: string): number {
    const row = this.#database.prepare('SELECT value FROM counter WHERE name = ?').get(name);
    return Number(row?.['value'] ?? 0);
  }

  ofStore(): StoreStats {
    return {
      samplesStored: this.#counter('samples'),
      rowsRepeated: this.#counter('repeated'),
      bytesOnDisk: this.#bytesOnDisk(),
    };
  }

  /** Reads the length of every chunk: too slow to call each second. */
  ofHistory(): HistoryStats {
    const count = (sql: string): number => Number(this.#database.prepare(sql).get()?.['count']);
    const tiers = [
      this.#level(
        ['chunk', 'head'],
        0,
        this.#options.retentionMs,
        '((id >> 16) & 134217727)',
        RAW_WINDOW_MS,
      ),
      ...this.#tiers.map(({ table, bucketMs, retentionMs, windowMs }) =>
        this.#level([table], bucketMs, retentionMs, '(id & 4294967295)', windowMs),
      ),
    ];
    const series = count(
      'SELECT coalesce(sum(json_array_length(keys)), 0) AS count FROM series_set JOIN host ON host.number = series_set.host',
    );
    const store = this.ofStore();
    const spanMs = (tiers[0]?.newestMs ?? 0) - (tiers[0]?.oldestMs ?? 0);
    // Mean interval, as if samples were evenly spaced.
    const intervalMs =
      store.samplesStored === 0 ? 0 : Math.max(1, (spanMs * series) / store.samplesStored);
    return {
      ...store,
      hosts: count('SELECT count(*) AS count FROM host'),
      series,
      tiers,
      damaged: count('SELECT count(*) AS count FROM damaged'),
      lateDropped: this.#counter('late'),
      bytesExpected:
        intervalMs === 0
          ? 0
          : diskExpected(
              { series, intervalMs },
              this.#options.retentionMs,
              this.#tiers,
              measuredBytes(tiers, store.samplesStored),
            ),
    };
  }

  #level(
    tables: readonly string[],
    bucketMs: number,
    retentionMs: number,
    window: string,
    windowMs: number,
  ): TierStats {
    const from = tables
      .map((table) => `SELECT ${window} AS window, length(data) AS bytes FROM ${table}`)
      .join(' UNION ALL ');
    const row = this.#database
      .prepare(
        `SELECT count(*) AS chunks, coalesce(sum(bytes), 0) AS bytes, min(window) AS oldest, max(window) AS newest FROM (${from})`,
      )
      .get();
    const chunks = Number(row?.['chunks']);
    return {
      bucketMs,
      retentionMs,
      chunks,
      bytes: Number(row?.['bytes']),
      oldestMs: chunks === 0 ? 0 : Number(row?.['oldest']) * windowMs,
      newestMs: chunks === 0 ? 0 : (Number(row?.['newest']) + 1) * windowMs,
    };
  }

  #bytesOnDisk(): number {
    return ['', '-wal', '-shm'].reduce(
      (sum, ending) =>
        sum +
        (statSync(join(this.#folder, FILE_NAME + ending), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  }
}
