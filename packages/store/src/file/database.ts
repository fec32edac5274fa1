/** Opens the database file: version, durability, and the errors a person can act on. Layout: docs/format/store.md */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError, type StoreErrorCode } from '../contract/store-error.ts';
import { tables } from './tables.ts';

/**
 * Raised with each change of the layout; written to `PRAGMA user_version`. The first one is 2: 1 was a layout that was
 * given up before the first release.
 */
export const FORMAT_VERSION = 2;
export const FILE_NAME = 'openmanager.db';
const LOCK_NAME = 'openmanager.lock';

/** Length to which the write-ahead log is cut back after a large transaction. */
const WAL_KEPT_BYTES = 16_777_216;
/** How long a statement waits for a lock held by another program, such as a backup. */
const BUSY_MS = 5000;

/** SQLite's result codes (https://sqlite.org/rescode.html) that have a remedy of their own; extended ones first. */
const codes: Readonly<Record<number, StoreErrorCode>> = {
  4874: 'full', // the index of the write-ahead log could not grow
  5: 'in-use',
  6: 'in-use',
  8: 'read-only',
  11: 'corrupt',
  13: 'full',
  14: 'read-only',
  26: 'corrupt',
};
const systemCodes: Readonly<Record<string, StoreErrorCode>> = {
  EACCES: 'read-only',
  EROFS: 'read-only',
  EPERM: 'read-only',
  ENOSPC: 'full',
  EDQUOT: 'full',
};
const descriptions: Readonly<Partial<Record<StoreErrorCode, string>>> = {
  'in-use': 'is used by another process',
  'read-only': 'cannot be written to',
  corrupt: 'does not hold a sound database',
  full: 'is on a disk that is full',
};

/** Any failure as a StoreError; SQLite's and the file system's own codes decide which. */
export function asStoreError(error: unknown, folder: string): StoreError {
  if (error instanceof StoreError)
    return error.message.startsWith(folder)
      ? error
      : new StoreError(error.code, `${folder}: ${error.message}.`);
  const message = error instanceof Error ? error.message : String(error);
  const { code, errcode } = error as { code?: string; errcode?: number };
  const known =
    (errcode === undefined ? undefined : (codes[errcode] ?? codes[errcode & 0xff])) ??
    systemCodes[code ?? ''] ??
    'failed';
  const description = descriptions[known];
  return new StoreError(
    known,
    description === undefined ? `${folder}: ${message}.` : `${folder} ${description} (${message}).`,
  );
}

/** Locks the folder for this process until it closes the lock or ends, however it ends. */
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

export function openForWriting(folder: string, maxPages?: number): DatabaseSync {
  const database = new DatabaseSync(join(folder, FILE_NAME), { timeout: BUSY_MS });
  try {
    database.exec(
      `PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;
       PRAGMA journal_size_limit = ${WAL_KEPT_BYTES}`,
    );
    const { user_version: version } = database.prepare('PRAGMA user_version').get() as {
      user_version: number;
    };
    if (version > FORMAT_VERSION)
      throw new StoreError(
        'newer-version',
        `it holds format ${version}, written by a newer version; this one reads formats up to ${FORMAT_VERSION}`,
      );
    if (version === 0) create(database);
    if (version === 1)
      throw new StoreError(
        'older-version',
        'it holds format 1, of a version from before the first release, which is not read any more',
      );
    if (maxPages !== undefined) database.exec(`PRAGMA max_page_count = ${maxPages}`);
    // SQLite opens a read-only file without an error and fails at the first write: do one now.
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
  const database = new DatabaseSync(join(folder, FILE_NAME), { readOnly: true, timeout: BUSY_MS });
  database.exec('PRAGMA query_only = ON; PRAGMA temp_store = MEMORY');
  return database;
}
