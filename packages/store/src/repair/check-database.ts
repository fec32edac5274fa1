/** Checks a database that no hub uses, without changing it: SQLite's own check, and every chunk and row by its checksum. */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { StoreError } from '../contract/store-error.ts';
import { asStoreError, FILE_NAME, FORMAT_VERSION, lockFolder } from '../file/database.ts';
import { tables } from '../file/tables.ts';
import type { Finding, SalvageReport } from './finding.ts';
import { PAGE_BYTES, Pages } from './pages.ts';
import { Rebuild } from './rebuild.ts';

export interface RepairProgress {
  (pagesDone: number, pagesTotal: number): void;
}

const MAX_SENTENCES = 20;

/** The database of a data folder, or a file such as a backup. */
export function databasePath(place: string): string {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() === true
    ? join(place, FILE_NAME)
    : place;
}

/**
 * Throws StoreError `missing` where there is no database, `in-use` while a hub runs on it, and `newer-version` for what
 * this version does not know.
 */
export function checkDatabase(place: string, onProgress?: RepairProgress): SalvageReport {
  return locked(place, (path) => {
    const sentences = bySqlite(path);
    const pages = new Pages(path);
    try {
      const report = new Rebuild(pages, undefined).run(onProgress);
      const file = sentences.map((text): Finding => ({ kind: 'file', text }));
      return { ...report, findings: [...file, ...report.findings] };
    } finally {
      pages.close();
    }
  });
}

/** Works on the file of a folder while no hub can start there. */
export function locked<T>(place: string, work: (path: string) => T): T {
  const path = databasePath(place);
  if (!existsSync(path)) throw new StoreError('missing', `There is no database at ${path}.`);
  // A copy somewhere needs no lock, and perhaps may not be written to.
  if (basename(path) !== FILE_NAME || !existsSync(join(dirname(path), 'openmanager.lock')))
    return work(path);
  let lock: DatabaseSync;
  try {
    lock = lockFolder(dirname(path));
  } catch (error) {
    const known = asStoreError(error, dirname(path));
    if (known.code === 'read-only') return work(path);
    throw known;
  }
  try {
    return work(path);
  } finally {
    lock.close();
  }
}

/** What SQLite finds: pages that make no sense, rows out of order, free pages that are not, tables that differ. */
function bySqlite(path: string): string[] {
  const found: string[] = [];
  const { size } = statSync(path);
  if (size % PAGE_BYTES !== 0) found.push(`the file ends within a page (${size} bytes)`);
  let database: DatabaseSync | undefined;
  try {
    database = openAsItIs(path);
    const { user_version: version } = database.prepare('PRAGMA user_version').get() as {
      user_version: number;
    };
    const { page_count: count } = database.prepare('PRAGMA page_count').get() as {
      page_count: number;
    };
    if (count * PAGE_BYTES > size && !existsSync(`${path}-wal`))
      found.push(`the file has ${Math.floor(size / PAGE_BYTES)} of ${count} pages`);
    if (version < 2 || version > FORMAT_VERSION) found.push(`its format is said to be ${version}`);
    for (const row of database.prepare(`PRAGMA integrity_check(${MAX_SENTENCES})`).all()) {
      const text = String(row['integrity_check']);
      if (text !== 'ok') found.push(text);
    }
    found.push(...otherTables(database));
  } catch (error) {
    found.push(error instanceof Error ? error.message : String(error));
  } finally {
    database?.close();
  }
  return found;
}

function openAsItIs(path: string): DatabaseSync {
  if ((statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0)
    return new DatabaseSync(path, { readOnly: true });
  // Without a log there is nothing to recover, and nothing is put beside the file.
  const url = pathToFileURL(path);
  url.search = '?immutable=1';
  return new DatabaseSync(url, { readOnly: true });
}

/** Tables whose definition is not the one that the hub makes. */
function otherTables(database: DatabaseSync): string[] {
  const fresh = new DatabaseSync(':memory:');
  try {
    fresh.exec(tables);
    const select =
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    const columns = (of: DatabaseSync, name: string): string =>
      JSON.stringify(
        of
          .prepare('SELECT name, type, pk FROM pragma_table_info(?)')
          .all(name)
          .filter((column) => column['name'] !== 'sum'),
      );
    return fresh
      .prepare(select)
      .all()
      .map((row) => String(row['name']))
      .filter((name) => columns(fresh, name) !== columns(database, name))
      .map((name) => `the definition of table ${name} is damaged`);
  } finally {
    fresh.close();
  }
}
