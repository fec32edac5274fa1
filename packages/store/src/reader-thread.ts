/** The thread that reads, on connections of its own, so that a query never holds up a commit. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { asStoreError, FILE_NAME, openForReading } from './database.ts';
import type { CloseCall, ReadCall, Reply, Request, ThreadOptions } from './messages.ts';
import { StoreError, type RangeResult, type StoreStats } from './metric-store.ts';
import { QueryQueue } from './query-queue.ts';
import { range } from './range.ts';
import { readLatest, readRecords, readSamples, readSeries } from './read.ts';

const { folder } = workerData as ThreadOptions;
const port = parentPort;
if (!port) throw new Error('runs as a worker thread only');

function reply(message: Reply, result?: RangeResult): void {
  port?.postMessage(
    message,
    result ? [result.timesMs, ...result.columns].map(({ buffer }) => buffer as ArrayBuffer) : [],
  );
}

function fail(id: number, error: unknown): void {
  const { code, message } = asStoreError(error, folder);
  reply({ id, error: { code, message } });
}

try {
  run();
} catch (error) {
  fail(0, error);
}

function run(): void {
  // A query reads what was there when it began; the small reads beside it see what was written since.
  const [database, forQueries] = [openForReading(folder), openForReading(folder)];
  const queries = new QueryQueue();

  const answer = (call: Exclude<ReadCall, { call: 'query' }>): unknown => {
    if (call.call === 'series') return readSeries(database, call.hostId);
    if (call.call === 'entries') return readRecords(database, call.collection);
    if (call.call === 'latest')
      return readLatest(database, call.collection, call.limit, call.before);
    return {
      samplesStored: readSamples(database),
      bytesOnDisk: bytesOnDisk(),
    } satisfies StoreStats;
  };

  port?.on('message', ({ id, call }: Request<ReadCall | CloseCall>) => {
    try {
      if (call.call === 'query') {
        const done = (result: RangeResult): void => reply({ id, answer: result }, result);
        queries.add(range(forQueries, call.query), done, (error) => fail(id, error));
      } else if (call.call === 'close') {
        queries.stop(new StoreError('closed', 'the store was closed'));
        forQueries.close();
        database.close();
        reply({ id, answer: undefined });
        port.close();
      } else reply({ id, answer: answer(call) });
    } catch (error) {
      fail(id, error);
    }
  });
  reply({ id: 0, answer: undefined });
}

function bytesOnDisk(): number {
  return ['', '-wal', '-shm'].reduce(
    (sum, ending) =>
      sum + (statSync(join(folder, FILE_NAME + ending), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}
