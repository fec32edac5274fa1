/** Many rows that wait as one batch: a hub that was away is told of hours in a few messages. */
import { type Batch, decodeBatch, encodeBatch } from '@openmanager/protocol';
import type { Entry } from './entry.ts';

/** Values of one pack: a fraction of a second of work for either side. */
export const PACK_VALUES = 20_000;
/** Bytes of the entries of one pack; as doubles its values still fit into a message. */
export const PACK_BYTES: number = 128 * 1024;

/** Batches that are sent as one. */
export interface Pack {
  /** Sequence number of the first. */
  readonly first: number;
  /** The last entry, with the bytes of all. */
  readonly entry: Entry;
}

/** Whether `next` may follow `last` in one pack. */
export function follows(last: Entry, next: Entry): boolean {
  return (
    next.mark.bootEpoch === last.mark.bootEpoch &&
    next.mark.seq === last.mark.seq + 1 &&
    next.set.id === last.set.id
  );
}

/** Entries that follow one another, at least one. One that cannot be read is sent alone, so that only it is rejected. */
export function packOf(entries: readonly Entry[]): Pack {
  const last = entries.at(-1) as Entry;
  const first = (entries[0] as Entry).mark.seq;
  if (entries.length === 1) return { first, entry: last };
  const batches: Batch[] = [];
  try {
    for (const { bytes } of entries) batches.push(decodeBatch(bytes));
  } catch {
    return packOf(batches.length === 0 ? entries.slice(0, 1) : entries.slice(0, batches.length));
  }
  const timesMs = batches.flatMap((batch) => batch.timesMs);
  const columns = last.set.keys.map((_, at) => {
    const column = new Float64Array(timesMs.length);
    let row = 0;
    for (const batch of batches) {
      column.set(batch.columns[at] as Float64Array, row);
      row += batch.timesMs.length;
    }
    return column;
  });
  const bytes = encodeBatch({ ...last.mark, first, setId: last.set.id, timesMs, columns });
  return { first, entry: { ...last, bytes } };
}
