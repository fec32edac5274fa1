/** One page of an export: rows of one host from one span of time, as they are stored. */
import type { Selected } from './catalogue.ts';
import type { ExportedRows, SeriesSelector } from '../contract/series-history.ts';
import type { HistoryReader } from './history-reader.ts';
import { MAX_TIME_MS, RAW_WINDOW_MS } from '../file/layout.ts';

/** Cursor of an export. */
export interface ExportPlace {
  readonly hostId: string;
  readonly fromMs: number;
}

export interface ExportQuestion {
  readonly selector: SeriesSelector;
  readonly fromMs: number;
  readonly toMs: number;
  /** Undefined for the first page. */
  readonly at: ExportPlace | undefined;
}

export interface ExportPiece {
  readonly rows: ExportedRows | undefined;
  /** Where the next page begins; undefined at the end. */
  readonly next: ExportPlace | undefined;
}

/** Windows per page: an hour. */
const PIECE_WINDOWS = 3;
const PIECE_MS = PIECE_WINDOWS * RAW_WINDOW_MS;

export function* exportBlock(
  reader: HistoryReader,
  { selector, fromMs, toMs, at }: ExportQuestion,
): Generator<void, ExportPiece> {
  const selected = reader.catalogue.select(selector);
  let place = at ? selected.findIndex(({ host }) => host.hostId === at.hostId) : 0;
  // The host of the cursor was removed meanwhile: go on with the next one.
  if (place < 0) place = selected.findIndex(({ host }) => host.hostId > (at?.hostId ?? ''));
  const one = selected[place];
  if (!one) return { rows: undefined, next: undefined };
  const following = selected[place + 1];
  const nextHost = following && { hostId: following.host.hostId, fromMs };
  const extent = reader.extents.of(one.host);
  const start = Math.max(
    0,
    fromMs,
    at?.hostId === one.host.hostId ? at.fromMs : 0,
    extent?.[0] ?? 0,
  );
  const last = Math.min(toMs, extent?.[1] ?? -1, MAX_TIME_MS);
  if (start > last) return { rows: undefined, next: nextHost };
  const end = Math.min(last, (Math.floor(start / PIECE_MS) + 1) * PIECE_MS - 1);
  const rows = yield* rowsOf(reader, one, start, end);
  const next = end < last ? { hostId: one.host.hostId, fromMs: end + 1 } : nextHost;
  return { rows, next };
}

function* rowsOf(
  reader: HistoryReader,
  { host, keys }: Selected,
  fromMs: number,
  toMs: number,
): Generator<void, ExportedRows | undefined> {
  const { series } = yield* reader.select({
    series: keys.map((key) => ({ hostId: host.hostId, key })),
    fromMs,
    toMs,
    maxPoints: Infinity,
  });
  if (series.length === 0) return undefined;
  const timesMs = Float64Array.from(new Set(series.flatMap((one) => [...one.timesMs]))).sort();
  const rowOf = new Map(Array.from(timesMs, (time, row) => [time, row]));
  const columns = series.map((one) => {
    const column = new Float64Array(timesMs.length).fill(Number.NaN);
    for (const [index, time] of one.timesMs.entries())
      column[rowOf.get(time) as number] = one.last[index] as number;
    return column;
  });
  return { hostId: host.hostId, keys: series.map(({ key }) => key), timesMs, columns };
}
