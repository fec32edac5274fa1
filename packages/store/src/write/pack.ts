/** Validates what callers pass and packs it for the writer thread, so that no invalid call reaches a commit. */
import { MAX_TIME_MS } from '../file/layout.ts';
import { StoreError } from '../contract/store-error.ts';
import type { RecordChange } from '../contract/records.ts';
import type { Rows, Watermark } from '../contract/metric-store.ts';

/** Rows as posted to the writer thread: column-major, one series after the other. */
export interface PackedRows {
  readonly agentId: string;
  /** Undefined for rows that are not an agent's batch, such as an import. */
  readonly mark: Watermark | undefined;
  readonly setId: string;
  readonly keys: readonly string[];
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
}

/** A record as JSON text; undefined removes it. */
export interface RecordText {
  readonly collection: string;
  readonly key: string;
  readonly text: string | undefined;
}

function refuse(what: string): never {
  throw new StoreError('failed', what);
}

export function packRows(agentId: string, mark: Watermark | undefined, rows: Rows): PackedRows {
  const { setId, keys, columns } = rows;
  const timesMs = Float64Array.from(rows.timesMs);
  const ranges = mark?.ranges ?? [];
  const numbers = ranges.flatMap(({ bootEpoch, first, last }) => [bootEpoch, first, last]);
  if (mark && ![mark.bootEpoch, mark.seq, ...numbers].every(Number.isSafeInteger))
    refuse(`the watermark ${mark.bootEpoch}/${mark.seq} is not made of whole numbers`);
  if (columns.length !== keys.length) refuse(`${columns.length} columns for ${keys.length} series`);
  for (const time of timesMs)
    if (!Number.isInteger(time) || time < 0 || time > MAX_TIME_MS)
      refuse(`${time} is not a time in whole milliseconds since 1970`);
  const values = new Float64Array(timesMs.length * columns.length);
  for (const [place, column] of columns.entries()) {
    if (column.length !== timesMs.length)
      refuse(`${column.length} values of ${keys[place]} for ${timesMs.length} times`);
    values.set(column, place * timesMs.length);
  }
  return { agentId, mark, setId, keys, timesMs, values };
}

export function packRecords(changes: readonly RecordChange[]): RecordText[] {
  return changes.map((change) => {
    const { collection, key } = change;
    return { collection, key, text: 'remove' in change ? undefined : jsonOf(change) };
  });
}

function jsonOf({ collection, key, value }: Extract<RecordChange, { value: unknown }>): string {
  let cause = 'there is no value';
  try {
    // `stringify` returns undefined for what JSON cannot express, such as a function, although its type says string.
    const text = JSON.stringify(value) as string | undefined;
    if (text !== undefined) return text;
  } catch (error) {
    cause = String(error);
  }
  return refuse(`${collection}/${key} cannot be written as JSON: ${cause}`);
}
