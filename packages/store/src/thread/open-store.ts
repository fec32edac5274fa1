import { DAY_MS, MINUTE_MS } from '@openmanager/protocol/durations';
import { resolve } from 'node:path';
import { diskExpected } from '../read/disk-expected.ts';
import type { ExportPiece, ExportPlace } from '../read/export-block.ts';
import type {
  BackupProgress,
  ExportedRows,
  ExportQuery,
  SeriesHistory,
} from '../contract/series-history.ts';
import type { TierOptions } from '../contract/options.ts';
import type { ReadCall, ThreadOptions, WriteCall } from './messages.ts';
import type { StoreCondition } from '../contract/condition.ts';
import { StoreError } from '../contract/store-error.ts';
import type { Rows, Store, Watermark } from '../contract/metric-store.ts';
import type { StoreOptions } from '../contract/options.ts';
import { packRecords, packRows } from '../write/pack.ts';
import { Thread } from './thread.ts';
import { Turns } from './turns.ts';

export const StoreDefaults: {
  readonly retentionMs: number;
  readonly tiers: readonly TierOptions[];
  readonly commitDelayMs: number;
} = {
  retentionMs: 2 * DAY_MS,
  tiers: [
    { bucketMs: MINUTE_MS, retentionMs: 30 * DAY_MS },
    { bucketMs: 15 * MINUTE_MS, retentionMs: 366 * DAY_MS },
    { bucketMs: 120 * MINUTE_MS, retentionMs: 5 * 366 * DAY_MS },
  ],
  commitDelayMs: 20,
};

/** Values that may wait for their commit (32 MB); beyond it `append` fails with `overloaded`. */
export const MAX_WAITING_VALUES = 4_000_000;
/** Values packed and in flight to the writer (8 MB); others wait in their callers' arrays. */
const MAX_SENT_VALUES = 1_000_000;

/** A store whose history can be asked across hosts. */
export interface EmbeddedStore extends Store, SeriesHistory {
  /** Computes all tiers and applies retention now; otherwise the background work does so within minutes. */
  settle(): Promise<void>;
  condition(): StoreCondition;
  /** Called whenever the condition changes. */
  onCondition(listener: (condition: StoreCondition) => void): () => void;
  /** The machine's clock is right although it jumped: ages are counted from it again. */
  acceptClock(): Promise<void>;
}

/** Opens the store in a folder, or fails with a StoreError that says why. */
export function openStore(options: StoreOptions): Promise<EmbeddedStore> {
  return openThreads({ ...StoreDefaults, ...options, folder: resolve(options.folder) });
}

/** A coarser tier is kept at least as long as a finer one, because wide steps are answered from it. */
function keptInOrder(options: ThreadOptions): ThreadOptions {
  let kept = options.retentionMs;
  const tiers = options.tiers.map((tier) => {
    kept = Math.max(kept, tier.retentionMs);
    return { ...tier, retentionMs: kept };
  });
  return { ...options, tiers };
}

export async function openThreads(options: ThreadOptions): Promise<EmbeddedStore> {
  const threadOptions = keptInOrder(options);
  // The writer tells it before it has started.
  let condition: StoreCondition = { reserveUsed: false, trustedMs: 0 };
  let damage: string | undefined;
  const tell = (next: StoreCondition): void => {
    condition = damage === undefined ? next : { ...next, damage };
    for (const listener of onCondition) listener(condition);
  };
  const damaged = (message: string): void => {
    if (damage !== undefined) return;
    damage = message;
    tell(condition);
  };
  const onCondition = new Set<(condition: StoreCondition) => void>();
  const progress = new Set<(progress: BackupProgress) => void>();
  const writer = await Thread.start<WriteCall>('writer', threadOptions, (notice) => {
    if ('damage' in notice) damaged(notice.damage);
    else if ('condition' in notice) tell(notice.condition);
  });
  const reader = await Thread.start<ReadCall>('reader', threadOptions, (notice) => {
    // The writer quarantines what a query could not decode.
    if ('damage' in notice) damaged(notice.damage);
    else if ('damages' in notice)
      void writer.call({ call: 'check', damages: notice.damages }).catch(() => undefined);
    else if ('progress' in notice)
      for (const listener of progress) listener(notice.progress as BackupProgress);
  }).catch(async (error) => {
    await writer.close();
    throw error;
  });
  const turns = new Turns(MAX_SENT_VALUES);
  let waitingValues = 0;
  let closed: Promise<void> | undefined;
  const appendRows = async (
    agentId: string,
    mark: Watermark | undefined,
    rows: Rows,
  ): Promise<number> => {
    const values = rows.timesMs.length * rows.columns.length;
    if (waitingValues + values > MAX_WAITING_VALUES)
      throw new StoreError('overloaded', `${waitingValues} values wait for their commit.`);
    waitingValues += values;
    try {
      return await turns.take(values, () => {
        const packed = packRows(agentId, mark, rows);
        const buffers = [packed.timesMs.buffer as ArrayBuffer, packed.values.buffer as ArrayBuffer];
        return writer.call<number>({ call: 'append', rows: packed }, buffers);
      });
    } finally {
      waitingValues -= values;
    }
  };
  /** Writes keep their order after earlier appends. */
  const write = <T>(call: () => WriteCall): Promise<T> =>
    turns.take(0, () => writer.call<T>(call()));

  const cancel = (id: number): ReadCall => ({ call: 'cancel', id });

  async function* exportRows({
    fromMs,
    toMs,
    signal,
    ...selector
  }: ExportQuery): AsyncGenerator<ExportedRows, void> {
    let at: ExportPlace | undefined;
    do {
      const call: ReadCall = { call: 'export', selector, fromMs, toMs, at };
      const piece = await reader.callUntil<ExportPiece>(call, signal, cancel);
      if (piece.rows) yield piece.rows;
      at = piece.next;
    } while (at);
  }

  return {
    append: async (agentId, mark, rows) => void (await appendRows(agentId, mark, rows)),
    watermarks: () => writer.call({ call: 'watermarks' }),
    query: (query) => reader.call({ call: 'query', query }),
    queryJson: (query) => reader.call({ call: 'queryJson', query }),
    series: (hostId) => reader.call({ call: 'series', hostId }),
    removeHost: (hostId) => write(() => ({ call: 'removeHost', hostId })),
    stats: () => reader.call({ call: 'stats' }),
    entries: (collection) => reader.call({ call: 'entries', collection }),
    latest: (collection, limit, before) =>
      reader.call({ call: 'latest', collection, limit, before }),
    write: (changes) => write(() => ({ call: 'write', changes: packRecords(changes) })),
    listSeries: (selector) => reader.call({ call: 'listSeries', selector }),
    select: ({ signal, ...query }) => reader.callUntil({ call: 'select', query }, signal, cancel),
    aggregate: ({ signal, ...query }) =>
      reader.callUntil({ call: 'aggregate', query }, signal, cancel),
    exportRows,
    importRows: (hostId, rows) => appendRows(hostId, undefined, rows),
    backup: async (path, onProgress) => {
      if (onProgress) progress.add(onProgress);
      try {
        await reader.call({ call: 'backup', path: resolve(path) });
      } finally {
        if (onProgress) progress.delete(onProgress);
      }
    },
    historyStats: () => reader.call({ call: 'historyStats' }),
    diskExpected: (question) =>
      diskExpected(question, threadOptions.retentionMs, threadOptions.tiers),
    condition: () => condition,
    onCondition: (listener) => {
      onCondition.add(listener);
      return () => onCondition.delete(listener);
    },
    acceptClock: () => write(() => ({ call: 'acceptClock' })),
    settle: () => write(() => ({ call: 'settle' })),
    close: () =>
      (closed ??= (async () => {
        // Appends are finished even if the reader failed.
        await reader.close().catch(() => undefined);
        await turns.take(MAX_SENT_VALUES, () => writer.close());
      })()),
  };
}
