/**
 * Writes a new database of everything that is whole in a damaged one, verifies it, and puts it in its place. The damaged
 * one is kept beside it, with its log.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../contract/store-error.ts';
import { FORMAT_VERSION } from '../file/database.ts';
import { privateFile } from '../file/private-file.ts';
import { tables } from '../file/tables.ts';
import { locked, type RepairProgress } from './check-database.ts';
import type { SalvageReport } from './finding.ts';
import { Pages } from './pages.ts';
import { Rebuild } from './rebuild.ts';

export interface RepairReport extends SalvageReport {
  /** Where the damaged database is kept; undefined when nothing was written. */
  readonly keptAs: string | undefined;
}

export interface RepairOptions {
  /** Only says what would be kept. @default false */
  readonly dryRun?: boolean | undefined;
  readonly onProgress?: RepairProgress | undefined;
  readonly now?: (() => Date) | undefined;
}

/** Throws StoreError `missing`, `in-use`, or `full` where there is no room for a copy. */
export function repairDatabase(place: string, options: RepairOptions = {}): RepairReport {
  const { dryRun = false, onProgress, now = () => new Date() } = options;
  return locked(place, (path) => {
    const pages = new Pages(path);
    try {
      if (dryRun) return { ...new Rebuild(pages, undefined).run(onProgress), keptAs: undefined };
      const made = `${path}.repairing`;
      const report = write(pages, made, path, onProgress);
      const stamp = now()
        .toISOString()
        .replaceAll(/[-:]|\.\d+/g, '');
      const keptAs = `${path}.damaged-${stamp}`;
      for (const ending of ['', '-wal', '-shm'])
        if (existsSync(path + ending)) renameSync(path + ending, keptAs + ending);
      renameSync(made, path);
      sync(dirname(path));
      return { ...report, keptAs };
    } finally {
      pages.close();
    }
  });
}

function write(
  pages: Pages,
  made: string,
  path: string,
  onProgress: RepairProgress | undefined,
): SalvageReport {
  const { bavail, bsize } = statfsSync(dirname(path));
  const needed = statSync(path).size;
  if (bavail * bsize < needed)
    throw new StoreError(
      'full',
      `The new database beside the damaged one needs ${Math.ceil(needed / 1e6)} MB.`,
    );
  removeAll(made);
  privateFile(made);
  const database = new DatabaseSync(made);
  try {
    // It becomes the database only when it is whole, so it needs no journal until then.
    database.exec(
      `PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN; ${tables}`,
    );
    const report = new Rebuild(pages, database).run(onProgress);
    database.exec(`PRAGMA user_version = ${FORMAT_VERSION}; COMMIT; PRAGMA journal_mode = WAL`);
    const [first] = database.prepare('PRAGMA integrity_check(1)').all();
    if (first?.['integrity_check'] !== 'ok')
      throw new StoreError(
        'failed',
        `The new database is not whole: ${String(first?.['integrity_check'])}`,
      );
    database.close();
    sync(made);
    return report;
  } catch (error) {
    if (database.isOpen) database.close();
    removeAll(made);
    throw error;
  }
}

function removeAll(path: string): void {
  for (const ending of ['', '-wal', '-shm']) rmSync(path + ending, { force: true });
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
