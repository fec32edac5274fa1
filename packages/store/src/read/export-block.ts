/** One page of an export: rows of one host from one span of time, as they are stored. */
import type { Selected } from './catalogue.ts';
import type { ExportedRows, SeriesSelector } from '../contract/series-history.ts';
import { exportedRows } from '../contract/exported-rows.ts';
import type { HistoryReader } from './history-reader.ts';
import { MAX_TIME_MS } from '../file/layout.ts';

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
  const start = Math.max(0, fromMs, at?.hostId === one.host.hostId ? at.fromMs : 0);
  const last = Math.min(toMs, MAX_TIME_MS);
  // Years without a sample cost one look.
  const block = reader.extents.next(one.host, start, last);
  if (!block) return { rows: undefined, next: nextHost };
  const rows = yield* rowsOf(reader, one, block.startMs, block.endMs);
  const { endMs } = block;
  return { rows, next: endMs < last ? { hostId: one.host.hostId, fromMs: endMs + 1 } : nextHost };
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
  return exportedRows(host.hostId, series);
}
