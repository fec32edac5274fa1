import { resolve } from 'node:path';
import type { ReadCall, ThreadOptions, WriteCall } from './messages.ts';
import {
  StoreError,
  type Rows,
  type Store,
  type StoreOptions,
  type Watermark,
} from './metric-store.ts';
import { packRecords, packRows } from './pack.ts';
import { Thread } from './thread.ts';

export const StoreDefaults: { readonly retentionMs: number; readonly commitDelayMs: number } = {
  retentionMs: 14 * 86_400_000,
  commitDelayMs: 20,
};

/** Values that may wait for their commit at a time (32 MB); beyond it `append` is refused with `overloaded`. */
export const MAX_WAITING_VALUES = 4_000_000;

/** Opens the store in a folder, or fails with a StoreError that says why. */
export function openStore(options: StoreOptions): Promise<Store> {
  return openThreads({ ...StoreDefaults, ...options, folder: resolve(options.folder) });
}

export async function openThreads(threadOptions: ThreadOptions): Promise<Store> {
  const writer = await Thread.start<WriteCall>('writer', threadOptions);
  const reader = await Thread.start<ReadCall>('reader', threadOptions).catch(async (error) => {
    await writer.close();
    throw error;
  });
  let waitingValues = 0;
  let closed: Promise<void> | undefined;

  const append = async (agentId: string, mark: Watermark, rows: Rows): Promise<void> => {
    const values = rows.timesMs.length * rows.columns.length;
    if (waitingValues + values > MAX_WAITING_VALUES)
      throw new StoreError('overloaded', `${waitingValues} values wait for their commit.`);
    const call = packRows(agentId, mark, rows);
    waitingValues += values;
    try {
      await writer.call(call, [
        call.timesMs.buffer as ArrayBuffer,
        call.values.buffer as ArrayBuffer,
      ]);
    } finally {
      waitingValues -= values;
    }
  };

  return {
    append,
    watermarks: () => writer.call({ call: 'watermarks' }),
    query: (query) => reader.call({ call: 'query', query }),
    series: (hostId) => reader.call({ call: 'series', hostId }),
    removeHost: (hostId) => writer.call({ call: 'removeHost', hostId }),
    stats: () => reader.call({ call: 'stats' }),
    entries: (collection) => reader.call({ call: 'entries', collection }),
    latest: (collection, limit, before) =>
      reader.call({ call: 'latest', collection, limit, before }),
    write: async (changes) => writer.call({ call: 'write', changes: packRecords(changes) }),
    close: () =>
      (closed ??= (async () => {
        // Even when the reader is gone, what was appended is finished.
        await reader.close().catch(() => undefined);
        await writer.close();
      })()),
  };
}
