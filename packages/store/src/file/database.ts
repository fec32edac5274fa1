/** Opens the database file: version, durability, and the errors a person can act on. Layout: docs/format/store.md */
import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { StoreError, type StoreErrorCode } from '../contract/store-error.ts';
import { CATALOGUE, catalogueKey, rowSum } from './row-sums.ts';
import { tables } from './tables.ts';
import { privateFile } from './private-file.ts';

/**
 * Raised with each change of the layout; written to `PRAGMA user_version`. The first one is 2: 1 was a layout that was
 * given up before the first release.
 */
export const FORMAT_VERSION = 3;
export const FILE_NAME = 'openmanager.db';
const LOCK_NAME = 'openmanager.lock';

/** Length to which the write-ahead log is cut back after a large transaction. */
const WAL_KEPT_BYTES = 16_777_216;
/** How long a statement waits for a lock held by another program, such as a backup. */
const BUSY_MS = 5000;

/** SQLite's result codes (https://sqlite.org/rescode.html) that have a remedy of their own; extended ones first. */
const codes: Readonly<Record<number, StoreErrorCode>> = {
  1032: 'missing', // the file was moved while open
  4874: 'full', // the index of the write-ahead log could not grow
  5: 'in-use',
  6: 'in-use',
  8: 'read-only',
  10: 'disk-error',
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
  EIO: 'disk-error',
  EFBIG: 'disk-error',
};
const descriptions: Readonly<Partial<Record<StoreErrorCode, string>>> = {
  'in-use': 'is used by another process',
  'read-only': 'cannot be written to',
  corrupt: 'does not hold a sound database',
  full: 'is on a disk that is full',
  'disk-error': 'cannot be read or written: the disk has an error, or its quota is used up',
};

/** Whether there is no room; a quota that is used up is reported as an error of the disk. */
export function isFull(error: unknown, folder: string): boolean {
  const { code } = asStoreError(error, folder);
  return code === 'full' || code === 'disk-error';
}

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
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  accessSync(folder, constants.R_OK | constants.W_OK);
  privateFile(join(folder, LOCK_NAME));
  const lock = new DatabaseSync(join(folder, LOCK_NAME));
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    throw error;
  }
  return lock;
}

export interface OpenOptions {
  /** Refuses to make a new database: what is beside it says that there was one. @default false */
  readonly mustExist?: boolean | undefined;
  /** Maximum pages of 4 KiB; lets tests simulate a full disk. */
  readonly maxPages?: number | undefined;
}

function isGone(what: string): never {
  throw new StoreError('missing', `${what}, beside files that a hub has left here`);
}

export function openForWriting(folder: string, options: OpenOptions = {}): DatabaseSync {
  const { mustExist = false, maxPages } = options;
  const path = join(folder, FILE_NAME);
  // SQLite deletes a log without a database: what it holds is all there is.
  const hasLog = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
  if ((mustExist || hasLog) && !existsSync(path)) isGone(`${FILE_NAME} is not there`);
  privateFile(path);
  const database = new DatabaseSync(path, { timeout: BUSY_MS });
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
    if (version === 0 && mustExist) isGone(`${FILE_NAME} is empty`);
    if (version === 0) create(database);
    if (version === 2) addSums(database);
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

/** Format 2 had no sums of small rows, and the catalogue once. */
function addSums(database: DatabaseSync): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const table of ['host', 'series_set', 'record'])
      database.exec(`ALTER TABLE ${table} ADD COLUMN sum INTEGER NOT NULL DEFAULT 0`);
    const hosts = new Map<unknown, string>();
    const setHost = database.prepare('UPDATE host SET sum = ? WHERE number = ?');
    for (const { sum: _, ...row } of database.prepare('SELECT * FROM host').all()) {
      hosts.set(row['number'], String(row['host_id']));
      setHost.run(rowSum(Object.values(row) as (string | number)[]), row['number'] as number);
    }
    const setSet = database.prepare('UPDATE series_set SET sum = ? WHERE host = ? AND number = ?');
    const put = database.prepare('INSERT INTO record (collection, key, value) VALUES (?, ?, ?)');
    for (const { sum: _, ...row } of database.prepare('SELECT * FROM series_set').all()) {
      const { host, number, set_id: setId, keys, first_stripe: firstStripe } = row;
      setSet.run(
        rowSum(Object.values(row) as (string | number)[]),
        host as number,
        number as number,
      );
      const hostId = hosts.get(host);
      if (hostId === undefined) continue;
      const record = { hostId, setId, keys: JSON.parse(String(keys)) as unknown, firstStripe };
      put.run(CATALOGUE, catalogueKey(Number(host), Number(number)), JSON.stringify(record));
    }
    const setRecord = database.prepare(
      'UPDATE record SET sum = ? WHERE collection = ? AND key = ?',
    );
    for (const { collection, key, value } of database.prepare('SELECT * FROM record').all()) {
      const columns = [collection, key, value].map(String);
      setRecord.run(rowSum(columns), String(collection), String(key));
    }
    database.exec(`PRAGMA user_version = ${FORMAT_VERSION}; COMMIT`);
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function create(database: DatabaseSync): void {
  const { count } = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get() as {
    count: number;
  };
  if (count > 0) throw new StoreError('corrupt', `${FILE_NAME} holds tables of something else`);
  database.exec(`BEGIN; ${tables} PRAGMA user_version = ${FORMAT_VERSION}; COMMIT`);
}

export function openForReading(folder: string): DatabaseSync {
  return readingFrom(join(folder, FILE_NAME));
}

/**
 * Reads a database that was closed well without the files that SQLite puts beside it, for which a full disk has no room.
 * Where there is a log, they are there.
 */
export function openOnFullDisk(folder: string): DatabaseSync {
  const path = join(folder, FILE_NAME);
  if ((statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) return readingFrom(path);
  const url = pathToFileURL(path);
  url.search = '?immutable=1';
  return readingFrom(url);
}

function readingFrom(place: string | URL): DatabaseSync {
  const database = new DatabaseSync(place, { readOnly: true, timeout: BUSY_MS });
  database.exec('PRAGMA query_only = ON; PRAGMA temp_store = MEMORY');
  return database;
}
