/** The thread that writes: everything that arrives within the commit delay shares one transaction and one sync. */
import { parentPort, workerData } from 'node:worker_threads';
import { asStoreError, lockFolder, openForWriting } from './database.ts';
import type { Reply, Request, ThreadOptions, WriteCall } from './messages.ts';
import { StoreError } from './metric-store.ts';
import { Writes } from './write.ts';

const EXPIRE_EVERY_MS = 10_000;

const options = workerData as ThreadOptions;
const port = parentPort;
if (!port) throw new Error('runs as a worker thread only');

function reply(message: Reply): void {
  port?.postMessage(message);
}

function fail(id: number, error: unknown): void {
  const { code, message } = asStoreError(error, options.folder);
  reply({ id, error: { code, message } });
}

try {
  run();
} catch (error) {
  fail(0, error);
}

function run(): void {
  const lock = lockFolder(options.folder);
  const database = openForWriting(options.folder);
  const writes = new Writes(database);
  let waiting: { id: number; call: WriteCall }[] = [];
  let timer: NodeJS.Timeout | undefined;

  const transaction = (work: () => void): void => {
    database.exec('BEGIN IMMEDIATE');
    try {
      work();
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      writes.load();
      throw error;
    }
  };

  const removeHost = (hostId: string): void => {
    while (writes.expire(hostId, Number.MAX_SAFE_INTEGER));
    writes.forget(hostId);
  };

  const perform = (call: WriteCall): unknown => {
    if (call.call === 'append') writes.append(call.agentId, call.mark, call.rows);
    else if (call.call === 'write') writes.records(call.changes);
    else if (call.call === 'removeHost') removeHost(call.hostId);
    else return writes.watermarks();
    return undefined;
  };

  const commit = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const calls = waiting;
    waiting = [];
    if (calls.length === 0) return;
    try {
      const answers: Reply[] = [];
      transaction(() => {
        for (const { id, call } of calls) answers.push({ id, answer: perform(call) });
      });
      for (const answer of answers) reply(answer);
    } catch (error) {
      for (const { id } of calls) fail(id, error);
    }
  };

  const expire = (): void => {
    const cutoffMs = Date.now() - options.retentionMs;
    try {
      for (const hostId of writes.hostIds())
        transaction(() => void writes.expire(hostId, cutoffMs));
    } catch {
      // Nothing waits for this; the next appends meet the same trouble and tell it to whoever sent them.
    }
  };
  const expiry = setInterval(expire, EXPIRE_EVERY_MS);

  port?.on('message', ({ id, call }: Request) => {
    if (call.call === 'close') {
      commit();
      clearInterval(expiry);
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      database.close();
      lock.close();
      reply({ id, answer: undefined });
      port.close();
      return;
    }
    if (!isWrite(call)) {
      fail(id, new StoreError('failed', `${call.call} is not a write`));
      return;
    }
    waiting.push({ id, call });
    timer ??= setTimeout(commit, options.commitDelayMs);
  });
  reply({ id: 0, answer: undefined });
}

function isWrite(call: Request['call']): call is WriteCall {
  return ['append', 'write', 'removeHost', 'watermarks'].includes(call.call);
}
