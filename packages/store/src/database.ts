/** Opens the database file: version, durability, and the errors a person can act on. Layout: docs/format/store.md */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError, type StoreErrorCode } from './metric-store.ts';

/** Raised with each change of the layout; written to `PRAGMA user_version`. */
export const FORMAT_VERSION = 1;
export const FILE_NAME = 'openmanager.db';
const LOCK_NAME = 'openmanager.lock';

const tables = `
  CREATE TABLE host (
    number INTEGER PRIMARY KEY,
    host_id TEXT NOT NULL UNIQUE,
    boot_epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL
  );
  CREATE TABLE series_set (
    number INTEGER PRIMARY KEY,
    host INTEGER NOT NULL,
    set_id TEXT NOT NULL,
    keys TEXT NOT NULL,
    UNIQUE (host, set_id)
  );
  CREATE TABLE sample_row (
    host INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    series_set INTEGER NOT NULL,
    columns BLOB NOT NULL,
    PRIMARY KEY (host, time_ms, series_set)
  ) WITHOUT ROWID;
  CREATE TABLE record (
    collection TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (collection, key)
  ) WITHOUT ROWID;
  CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  INSERT INTO counter VALUES ('samples', 0);
`;

/** SQLite's primary result codes (https://sqlite.org/rescode.html) that have a remedy of their own. */
const codes: Readonly<Record<number, StoreErrorCode>> = {
  5: 'in-use',
  6: 'in-use',
  8: 'read-only',
  11: 'corrupt',
  13: 'full',
  14: 'read-only',
  26: 'corrupt',
};

/** Any failure as a StoreError; SQLite's and the file system's own codes decide which. */
export function asStoreError(error: unknown, folder: string): StoreError {
  if (error instanceof StoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const { code, errcode } = error as { code?: string; errcode?: number };
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM')
    return new StoreError('read-only', `${folder}: ${message}`);
  if (code === 'ENOSPC') return new StoreError('full', `${folder}: ${message}`);
  const known = errcode === undefined ? undefined : codes[errcode & 0xff];
  return new StoreError(known ?? 'failed', `${folder}: ${message}`);
}

/** Holds the folder for this process until it closes or ends, however it ends. */
export function lockFolder(folder: string): DatabaseSync {
  mkdirSync(folder, { recursive: true });
  accessSync(folder, constants.R_OK | constants.W_OK);
  const lock = new DatabaseSync(join(folder, LOCK_NAME));
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    throw error;
  }
  return lock;
}

export function openForWriting(folder: string): DatabaseSync {
  const database = new DatabaseSync(join(folder, FILE_NAME));
  try {
    database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY',
    );
    const { user_version: version } = database.prepare('PRAGMA user_version').get() as {
      user_version: number;
    };
    if (version > FORMAT_VERSION)
      throw new StoreError(
        'newer-version',
        `${folder}: format ${version}, and this version reads up to ${FORMAT_VERSION}`,
      );
    if (version === 0) create(database);
    // A file that may only be read opens without a word and fails at the first write: ask for one now.
    database.exec(`BEGIN IMMEDIATE; PRAGMA user_version = ${FORMAT_VERSION}; COMMIT`);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

function create(database: DatabaseSync): void {
  const { count } = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get() as {
    count: number;
  };
  if (count > 0) throw new StoreError('corrupt', `${FILE_NAME} holds tables of something else`);
  database.exec(`BEGIN; ${tables} PRAGMA user_version = ${FORMAT_VERSION}; COMMIT`);
}

export function openForReading(folder: string): DatabaseSync {
  const database = new DatabaseSync(join(folder, FILE_NAME), { readOnly: true });
  database.exec('PRAGMA query_only = ON; PRAGMA temp_store = MEMORY');
  return database;
}
