/** The thread that reads. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { asStoreError, FILE_NAME, openForReading } from './database.ts';
import type { Call, Reply, Request, ThreadOptions } from './messages.ts';
import { StoreError, type StoreStats } from './metric-store.ts';
import { Reads } from './read.ts';

const { folder } = workerData as ThreadOptions;
const port = parentPort;
if (!port) throw new Error('runs as a worker thread only');
const database = openForReading(folder);
const reads = new Reads(database);

function bytesOnDisk(): number {
  return ['', '-wal', '-shm'].reduce(
    (sum, ending) =>
      sum + (statSync(join(folder, FILE_NAME + ending), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

function answer(call: Call): unknown {
  switch (call.call) {
    case 'query':
      return reads.query(call.query);
    case 'series':
      return reads.series(call.hostId);
    case 'entries':
      return reads.records(call.collection);
    case 'latest':
      return reads.latest(call.collection, call.limit, call.before);
    case 'stats':
      return { samplesStored: reads.samples(), bytesOnDisk: bytesOnDisk() } satisfies StoreStats;
    case 'close':
      database.close();
      return undefined;
    default:
      throw new StoreError('failed', `${call.call} is not a read`);
  }
}

port.on('message', ({ id, call }: Request) => {
  let message: Reply;
  try {
    message = { id, answer: answer(call) };
  } catch (error) {
    const { code, message: text } = asStoreError(error, folder);
    message = { id, error: { code, message: text } };
  }
  port.postMessage(message);
  if (call.call === 'close') port.close();
});
port.postMessage({ id: 0, answer: undefined } satisfies Reply);
