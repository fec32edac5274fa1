/** The thread that reads, on connections of its own, so that a query never holds up a commit. */
import { backup, type DatabaseSync } from 'node:sqlite';
import { parentPort, workerData, type Transferable } from 'node:worker_threads';
import { aggregate } from '../read/aggregate.ts';
import { asStoreError, isFull, openForReading, openOnFullDisk } from '../file/database.ts';
import { StatsReader } from '../read/stats.ts';
import { exportBlock } from '../read/export-block.ts';
import { HistoryReader } from '../read/history-reader.ts';
import { tiersOf } from '../file/layout.ts';
import { privateFile } from '../file/private-file.ts';
import type { CloseCall, Notice, ReadCall, Reply, Request, ThreadOptions } from './messages.ts';
import { StoreError } from '../contract/store-error.ts';
import type { RangeResult } from '../contract/metric-store.ts';
import { QueryQueue } from '../read/query-queue.ts';
import { rangeJson } from '../read/range-json.ts';
import { range } from '../read/range.ts';
import { readLatest, readRecords, readSeries } from '../read/records.ts';

const options = workerData as ThreadOptions;
const { folder } = options;
/** How often a database that could not be opened on a full disk is tried again. */
const OPEN_AGAIN_MS = 2000;
const port = parentPort;
if (!port) throw new Error('runs as a worker thread only');

function reply(message: Reply | Notice, transfer: readonly Transferable[] = []): void {
  port?.postMessage(message, transfer);
}

function fail(id: number, error: unknown): void {
  const { code, message } = asStoreError(error, folder);
  reply({ id, error: { code, message } });
}

type QueryCall = Extract<
  ReadCall,
  { call: 'query' | 'queryJson' | 'select' | 'aggregate' | 'export' }
>;

const tiers = tiersOf(options.tiers);

class Connections {
  /** A query reads what was there when it began; the small reads beside it see what was written since. */
  readonly database: DatabaseSync;
  readonly forQueries: DatabaseSync;
  readonly reader: HistoryReader;
  readonly small: HistoryReader;
  readonly stats: StatsReader;

  constructor(open: () => DatabaseSync) {
    this.database = open();
    this.forQueries = open();
    this.reader = new HistoryReader(this.forQueries, tiers);
    this.small = new HistoryReader(this.database, tiers);
    this.stats = new StatsReader(this.database, folder, options, tiers);
  }

  close(): void {
    this.forQueries.close();
    this.database.close();
  }
}

function run(): void {
  let on: Connections;
  let isProvisional = false;
  try {
    on = new Connections(() => openForReading(folder));
  } catch (error) {
    if (!isFull(error, folder)) throw error;
    // The writer may not have opened it yet: until it has, what was stored before is read.
    on = new Connections(() => openOnFullDisk(folder));
    isProvisional = true;
  }
  const queries = new QueryQueue();
  /** Looks whether the writer has opened the database by now. */
  const again = setInterval(() => {
    if (!isProvisional || !queries.isIdle) return;
    try {
      const next = new Connections(() => openForReading(folder));
      on.close();
      on = next;
      isProvisional = false;
    } catch {
      // Still full.
    }
  }, OPEN_AGAIN_MS);

  const steps = (call: QueryCall): Generator<void, unknown> => {
    if (call.call === 'query') return range(on.reader, tiers, call.query);
    if (call.call === 'queryJson') return asJson(range(on.reader, tiers, call.query));
    if (call.call === 'select') return on.reader.select(call.query);
    if (call.call === 'aggregate') return aggregate(on.reader, call.query);
    return exportBlock(on.reader, call);
  };

  /** In a transaction of its own; reports damaged chunks to the writer. */
  function* whole(call: QueryCall): Generator<void, unknown> {
    on.forQueries.exec('BEGIN');
    try {
      return yield* steps(call);
    } finally {
      on.forQueries.exec('COMMIT');
      const damages = on.reader.scanner.damages.splice(0);
      if (damages.length > 0) reply({ damages });
    }
  }

  const answer = (call: Exclude<ReadCall, QueryCall | { call: 'cancel' | 'backup' }>): unknown => {
    if (call.call === 'series') return readSeries(on.database, call.hostId);
    if (call.call === 'entries') return readRecords(on.database, call.collection);
    if (call.call === 'latest')
      return readLatest(on.database, call.collection, call.limit, call.before);
    if (call.call === 'listSeries')
      return on.small.catalogue
        .select(call.selector)
        .flatMap(({ host, keys }) => keys.map((key) => ({ hostId: host.hostId, key })));
    return call.call === 'stats' ? on.stats.ofStore() : on.stats.ofHistory();
  };

  const copy = async (id: number, path: string): Promise<void> => {
    try {
      privateFile(path);
      await backup(on.database, path, {
        progress: ({ totalPages, remainingPages }) =>
          reply({
            id,
            progress: { pagesDone: totalPages - remainingPages, pagesTotal: totalPages },
          }),
      });
      reply({ id, answer: undefined });
    } catch (error) {
      fail(id, error);
    }
  };

  port?.on('message', ({ id, call }: Request<ReadCall | CloseCall>) => {
    try {
      if (
        call.call === 'query' ||
        call.call === 'queryJson' ||
        call.call === 'select' ||
        call.call === 'aggregate' ||
        call.call === 'export'
      )
        queries.add(
          id,
          whole(call),
          (result) => reply({ id, answer: result }, buffersOf(result)),
          (error) => fail(id, error),
        );
      else if (call.call === 'cancel')
        queries.cancel(call.id, new StoreError('cancelled', 'the call was cancelled'));
      else if (call.call === 'backup') void copy(id, call.path);
      else if (call.call === 'close') {
        queries.stop(new StoreError('closed', 'the store was closed'));
        clearInterval(again);
        on.close();
        reply({ id, answer: undefined });
        port.close();
      } else reply({ id, answer: answer(call) });
    } catch (error) {
      fail(id, error);
    }
  });
  reply({ id: 0, answer: undefined });
}

function* asJson(answer: Generator<void, RangeResult>): Generator<void, Uint8Array> {
  return rangeJson(yield* answer);
}

/** Buffers of an answer's arrays, to transfer instead of copy. */
function buffersOf(value: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const collect = (part: unknown): void => {
    if (part instanceof Float64Array || part instanceof Uint8Array)
      found.add(part.buffer as ArrayBuffer);
    else if (Array.isArray(part)) for (const one of part) collect(one);
    else if (typeof part === 'object' && part !== null)
      for (const one of Object.values(part)) if (typeof one === 'object') collect(one);
  };
  collect(value);
  return [...found];
}

try {
  run();
} catch (error) {
  fail(0, error);
}
