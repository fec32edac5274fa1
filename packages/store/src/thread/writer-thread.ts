/** The thread that writes: everything that arrives within the commit delay shares one transaction and one sync. */
import type { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { StoreCondition } from '../contract/condition.ts';
import { asStoreError, lockFolder, openForWriting } from '../file/database.ts';
import { tiersOf } from '../file/layout.ts';
import type { CloseCall, Notice, Reply, Request, ThreadOptions, WriteCall } from './messages.ts';
import { prepareTiers } from '../tiers/pending.ts';
import { Upkeep } from '../write/upkeep.ts';
import { Writes } from '../write/writes.ts';

const options = workerData as ThreadOptions;
const port = parentPort;
if (!port) throw new Error('runs as a worker thread only');

function reply(message: Reply | Notice): void {
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

function open(): { readonly lock: DatabaseSync; readonly database: DatabaseSync } {
  const lock = lockFolder(options.folder);
  try {
    return { lock, database: openForWriting(options.folder, options.maxPages) };
  } catch (error) {
    lock.close();
    throw error;
  }
}

function run(): void {
  const tiers = tiersOf(options.tiers);
  const { lock, database } = open();
  prepareTiers(database, tiers);
  const writes = new Writes(database, tiers);
  const upkeep = new Upkeep(database, writes, tiers, options, transaction);
  let waiting: Request<WriteCall>[] = [];
  let timer: NodeJS.Timeout | undefined;

  let told = '';
  /** Tells the condition when it has changed. */
  const tell = (): void => {
    const condition: StoreCondition = {
      reserveUsed: false,
      trustedMs: upkeep.clock.trustedMs,
      clockDoubt: upkeep.clock.doubt,
    };
    const text = JSON.stringify(condition);
    if (text === told) return;
    told = text;
    reply({ condition });
  };

  function transaction(work: () => void): void {
    database.exec('BEGIN IMMEDIATE');
    try {
      work();
      writes.flush();
      database.exec('COMMIT');
      tell();
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      writes.load();
      throw error;
    }
  }

  const perform = (call: WriteCall): unknown => {
    if (call.call === 'watermarks') return writes.watermarks();
    if (call.call === 'append') writes.append(call.rows);
    else if (call.call === 'write') writes.records(call.changes);
    else if (call.call === 'check') upkeep.check(call.damages);
    else if (call.call === 'acceptClock') upkeep.acceptClock();
    else if (call.call === 'removeHost') {
      writes.removeHost(call.hostId);
      upkeep.hurry();
    }
    return undefined;
  };

  const commit = (calls: readonly Request<WriteCall>[]): void => {
    const answers: Reply[] = [];
    try {
      transaction(() => {
        for (const { id, call } of calls) answers.push({ id, answer: perform(call) });
      });
      for (const answer of answers) reply(answer);
    } catch (error) {
      // One failing call must not fail those that share its transaction.
      const { code } = asStoreError(error, options.folder);
      if (calls.length > 1 && (code === 'failed' || code === 'overloaded'))
        for (const call of calls) commit([call]);
      else for (const { id } of calls) fail(id, error);
    }
  };

  const settle = (id: number): void => {
    try {
      commitWaiting();
      upkeep.settle();
      reply({ id, answer: undefined });
    } catch (error) {
      fail(id, error);
    }
  };

  const commitWaiting = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const calls = waiting;
    waiting = [];
    if (calls.length > 0) commit(calls);
  };

  port?.on('message', ({ id, call }: Request<WriteCall | CloseCall>) => {
    if (call.call === 'settle') {
      settle(id);
      return;
    }
    if (call.call !== 'close') {
      waiting.push({ id, call });
      timer ??= setTimeout(commitWaiting, options.commitDelayMs);
      return;
    }
    try {
      commitWaiting();
      upkeep.stop();
      // Also writes the log into the database.
      database.close();
      lock.close();
      reply({ id, answer: undefined });
    } catch (error) {
      fail(id, error);
    }
    port.close();
  });
  upkeep.lookAtClock();
  upkeep.run();
  reply({ id: 0, answer: undefined });
}
