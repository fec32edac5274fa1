import { resolve } from 'node:path';
import type { ThreadOptions } from './messages.ts';
import { StoreError, type Rows, type Store, type StoreOptions } from './metric-store.ts';
import { Thread } from './thread.ts';

export const StoreDefaults: { readonly retentionMs: number; readonly commitDelayMs: number } = {
  retentionMs: 14 * 86_400_000,
  commitDelayMs: 20,
};

/** Values that may wait for their commit at a time; beyond it `append` is refused with `overloaded`. */
export const MAX_WAITING_VALUES = 4_000_000;

/** Opens the store in a folder, or fails with a StoreError that says why. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const threadOptions: ThreadOptions = {
    ...StoreDefaults,
    ...options,
    folder: resolve(options.folder),
  };
  const writer = await Thread.start('writer', threadOptions);
  const reader = await Thread.start('reader', threadOptions);
  let waitingValues = 0;
  let closed: Promise<void> | undefined;

  const append = async (
    agentId: string,
    mark: { bootEpoch: number; seq: number },
    rows: Rows,
  ): Promise<void> => {
    const values = rows.timesMs.length * rows.columns.length;
    if (waitingValues + values > MAX_WAITING_VALUES)
      throw new StoreError('overloaded', `${waitingValues} values wait for their commit`);
    waitingValues += values;
    try {
      await writer.call({ call: 'append', agentId, mark, rows });
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
    write: (changes) => writer.call({ call: 'write', changes }),
    close: () =>
      (closed ??= (async () => {
        await reader.call({ call: 'close' });
        await writer.call({ call: 'close' });
      })()),
  };
}
