/** The thread that writes: everything that arrives within the commit delay shares one transaction and one sync. */
import type { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import {
  asStoreError,
  isFull,
  lockFolder,
  openForWriting,
  openOnFullDisk,
} from '../file/database.ts';
import { tiersOf } from '../file/layout.ts';
import { Reserve } from '../file/reserve.ts';
import type { CloseCall, Notice, Reply, Request, ThreadOptions, WriteCall } from './messages.ts';
import { storedWatermarks } from '../write/writes.ts';
import { Writer } from './writer.ts';

/** How often a database that could not be opened on a full disk is tried again. */
const OPEN_AGAIN_MS = 2000;

const options = workerData as ThreadOptions;
const { folder } = options;
const port = parentPort;
if (!port) throw new Error('runs as a worker thread only');

function reply(message: Reply | Notice): void {
  port?.postMessage(message);
}

function fail(id: number, error: unknown): void {
  const { code, message } = asStoreError(error, folder);
  reply({ id, error: { code, message } });
}

function run(): void {
  const tiers = tiersOf(options.tiers);
  const reserve = new Reserve(folder);
  let reserveUsed = false;
  /** Runs it again when a full disk was the reason and the reserve could be given up. */
  const withReserve = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (!isFull(error, folder) || !reserve.release()) throw error;
      reserveUsed = true;
      return work();
    }
  };
  const lock = withReserve(() => lockFolder(folder));
  let writer: Writer | undefined;
  const open = (): void => {
    const database = openForWriting(folder, options);
    try {
      writer = new Writer(database, tiers, options, reserve, reserveUsed, reply);
    } catch (error) {
      database.close();
      throw error;
    }
    writer.run();
  };
  try {
    withReserve(open);
  } catch (error) {
    try {
      if (!isFull(error, folder)) throw error;
      waitForRoom(openOnFullDisk(folder), error, open);
    } catch {
      lock.close();
      throw error;
    }
  }

  port?.on('message', (request: Request<WriteCall | CloseCall>) => {
    const { id, call } = request;
    if (call.call === 'close') {
      if (writer) writer.close({ id, call });
      else reply({ id, answer: undefined });
      clearInterval(waiting);
      lock.close();
      port.close();
    } else if (!writer) unopened?.(id, call);
    else if (call.call === 'settle') writer.settle(id);
    else writer.take({ id, call });
  });
  reply({ id: 0, answer: undefined });
}

let waiting: NodeJS.Timeout | undefined;
/** Answers calls while the database is not open for writing. */
let unopened: ((id: number, call: WriteCall) => void) | undefined;

/** The disk is full, and nothing can be written until somebody frees space: what was stored is known all the same. */
function waitForRoom(database: DatabaseSync, cause: unknown, open: () => void): void {
  const { code, message } = asStoreError(cause, folder);
  const marks = storedWatermarks(database);
  const clock = database.prepare("SELECT value FROM counter WHERE name = 'clock'").get();
  database.close();
  reply({
    condition: {
      trouble: { code, message },
      reserveUsed: false,
      trustedMs: Number(clock?.['value'] ?? Date.now()),
    },
  });
  waiting = setInterval(() => {
    try {
      open();
      clearInterval(waiting);
    } catch {
      // Still full.
    }
  }, OPEN_AGAIN_MS);
  unopened = (id, call) => {
    if (call.call === 'watermarks') reply({ id, answer: marks });
    else fail(id, cause);
  };
}

try {
  run();
} catch (error) {
  fail(0, error);
}
