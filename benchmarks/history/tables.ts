/** A row per sample: in SQLite, synced as the store is, and in DuckDB by its appender. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DuckDBInstance } from '@duckdb/node-api';
import { batchOf, type HostSamples } from './samples.ts';

/** CPU seconds of this process for the rows; closes the database. */
export function sqliteRows(
  folder: string,
  hosts: readonly HostSamples[],
  rows: number,
  batch: number,
): number {
  const database = new DatabaseSync(join(folder, 'rows.db'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec(
    'CREATE TABLE sample (series INTEGER, time_ms INTEGER, value REAL, PRIMARY KEY (series, time_ms)) WITHOUT ROWID',
  );
  const insert = database.prepare('INSERT OR IGNORE INTO sample VALUES (?, ?, ?)');
  const before = process.cpuUsage();
  for (let from = 0; from < rows; from += batch) {
    database.exec('BEGIN IMMEDIATE');
    for (const [index, host] of hosts.entries()) {
      const { timesMs, columns } = batchOf(host, from, Math.min(rows, from + batch));
      for (const [place, column] of columns.entries())
        for (const [row, value] of column.entries())
          insert.run(index * 10_000 + place, timesMs[row] as number, value);
    }
    database.exec('COMMIT');
  }
  const { user, system } = process.cpuUsage(before);
  database.close();
  return (user + system) / 1e6;
}

export async function duckdbRows(
  folder: string,
  hosts: readonly HostSamples[],
  rows: number,
  batch: number,
): Promise<number> {
  const instance = await DuckDBInstance.create(join(folder, 'duck.db'));
  const connection = await instance.connect();
  await connection.run('CREATE TABLE sample (series INTEGER, time_ms BIGINT, value DOUBLE)');
  const appender = await connection.createAppender('sample');
  const before = process.cpuUsage();
  for (let from = 0; from < rows; from += batch) {
    for (const [index, host] of hosts.entries()) {
      const { timesMs, columns } = batchOf(host, from, Math.min(rows, from + batch));
      const times = timesMs.map(BigInt);
      for (const [place, column] of columns.entries())
        for (const [row, value] of column.entries()) {
          appender.appendInteger(index * 10_000 + place);
          appender.appendBigInt(times[row] as bigint);
          appender.appendDouble(value);
          appender.endRow();
        }
    }
    appender.flushSync();
  }
  appender.closeSync();
  await connection.run('CHECKPOINT');
  const { user, system } = process.cpuUsage(before);
  connection.closeSync();
  instance.closeSync();
  return (user + system) / 1e6;
}
