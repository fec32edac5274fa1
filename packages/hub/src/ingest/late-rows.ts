import type { HostUpdate, LateRows } from '../ports/index.ts';

/** Rows older than this at receipt are history, not live. */
export const LATE_AFTER_MS = 30_000;

export interface SplitInput {
  readonly hostId: string;
  readonly keys: readonly string[];
  readonly timesMs: readonly number[];
  readonly columns: readonly Float64Array[];
  readonly receivedMs: number;
  /** What the hub itself missed lately: rows are not late by that. @default 0 */
  readonly missedMs?: number;
  /** Newest live row of the host so far. */
  readonly newestLiveMs: number;
}

export interface SplitRows {
  /** In ascending time order. */
  readonly live: readonly HostUpdate[];
  readonly late: LateRows | undefined;
  readonly newestLiveMs: number;
}

/** Live rows are newer than any before and at most 30 s old; all others are late. */
export function splitRows(input: SplitInput): SplitRows {
  const { hostId, keys, timesMs, columns, receivedMs } = input;
  const order = timesMs
    .map((_, row) => row)
    .toSorted((a, b) => (timesMs[a] ?? 0) - (timesMs[b] ?? 0));
  const live: HostUpdate[] = [];
  const lateRows: number[] = [];
  let newestLiveMs = input.newestLiveMs;
  const oldestMs = receivedMs - LATE_AFTER_MS - (input.missedMs ?? 0);
  for (const row of order) {
    const timeMs = timesMs[row] ?? 0;
    if (timeMs <= newestLiveMs || timeMs < oldestMs) {
      lateRows.push(row);
      continue;
    }
    newestLiveMs = timeMs;
    live.push({
      hostId,
      timeMs,
      receivedMs,
      keys,
      values: Float64Array.from(columns, (column) => column[row] as number),
    });
  }
  if (lateRows.length === 0) return { live, late: undefined, newestLiveMs };
  const late: LateRows = {
    hostId,
    keys,
    timesMs: lateRows.map((row) => timesMs[row] ?? 0),
    columns: columns.map((column) => Float64Array.from(lateRows, (row) => column[row] as number)),
  };
  return { live, late, newestLiveMs };
}
