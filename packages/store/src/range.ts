/** The range query: one pass over the blocks of a host, window by window, that can be paused between any two. */
import type { DatabaseSync } from 'node:sqlite';
import { type BlockView, viewBlock, WINDOW_MS, windowOf } from './block.ts';
import { blockBetween, MAX_WINDOWS, setOfId, windowOfId } from './database.ts';
import type { RangeQuery, RangeResult } from './metric-store.ts';
import { readSets } from './read.ts';
import { Reduction } from './reduction.ts';

interface Wanted {
  readonly width: number;
  /** Places in the set and columns of the answer, of the series that are asked for. */
  readonly pairs: readonly (readonly [place: number, column: number])[];
}

/** Yields where it may be paused; the transaction it reads in lives as long as it does. */
export function* range(database: DatabaseSync, query: RangeQuery): Generator<void, RangeResult> {
  database.exec('BEGIN');
  try {
    return yield* read(database, query);
  } finally {
    database.exec('COMMIT');
  }
}

function* read(database: DatabaseSync, query: RangeQuery): Generator<void, RangeResult> {
  const found = readSets(database, query.hostId);
  const keys = query.keys ?? [...new Set(found?.sets.flatMap((set) => set.keys))];
  const fromMs = Math.max(0, query.fromMs);
  const first = windowOf(fromMs);
  const last = Math.min(windowOf(query.toMs), MAX_WINDOWS - 1);
  if (!found || keys.length === 0 || last < first)
    return { keys, ...new Reduction(keys.length, 0, 1).finish() };

  const columnOf = new Map(keys.map((key, column) => [key, column]));
  const wanted = new Map<number, Wanted>();
  for (const set of found.sets) {
    const pairs = set.keys.flatMap((key, place) => {
      const column = columnOf.get(key);
      return column === undefined ? [] : [[place, column] as const];
    });
    if (pairs.length > 0) wanted.set(set.number, { width: set.keys.length, pairs });
  }
  const newest = database
    .prepare(
      `SELECT ${windowOfId} AS window FROM block WHERE ${blockBetween} ORDER BY id DESC LIMIT 1`,
    )
    .get(found.host, first, last);
  const lastMs = Math.min(query.toMs, (Number(newest?.['window'] ?? 0) + 1) * WINDOW_MS - 1);
  const reduction = new Reduction(keys.length, lastMs, Math.max(1, Math.floor(query.maxPoints)));
  let together: Part[] = [];
  let window = -1;
  const rows = database
    .prepare(
      `SELECT ${windowOfId} AS window, ${setOfId} AS series_set, data FROM block
       WHERE ${blockBetween} ORDER BY id`,
    )
    .iterate(found.host, first, last);
  for (const row of rows) {
    const set = wanted.get(Number(row['series_set']));
    if (!set) continue;
    if (Number(row['window']) !== window) {
      fill(reduction, together, fromMs, query.toMs);
      together = [];
      window = Number(row['window']);
      yield;
    }
    together.push({ set, view: viewBlock(row['data'] as Uint8Array, window, set.width) });
  }
  fill(reduction, together, fromMs, query.toMs);
  return { keys, ...reduction.finish() };
}

interface Part {
  readonly set: Wanted;
  readonly view: BlockView;
}

/** Adds the blocks of one window; those of several sets are merged by time. */
function fill(reduction: Reduction, parts: readonly Part[], fromMs: number, toMs: number): void {
  const within = (time: number): boolean => time >= fromMs && time <= toMs;
  const ofAll = parts.map(({ view }) => view.timesMs.filter(within));
  const times =
    ofAll.length === 1 && ofAll[0]
      ? ofAll[0]
      : Float64Array.from(new Set(ofAll.flatMap((some) => [...some]))).sort();
  if (times.length === 0) return;
  const points = reduction.take(times);
  for (const { set, view } of parts) {
    // Row of the block to point of the answer.
    let at = 0;
    const pointOf = Array.from(view.timesMs, (time) => {
      if (!within(time)) return undefined;
      while ((times[at] as number) < time) at++;
      return points[at];
    });
    for (const [place, column] of set.pairs) {
      const values = view.column(place);
      for (let row = 0; row < values.length; row++) {
        const point = pointOf[row];
        const value = values[row] as number;
        if (!point || Number.isNaN(value)) continue;
        point.sums[column] = (point.sums[column] as number) + value;
        point.counts[column] = (point.counts[column] as number) + 1;
      }
    }
  }
}
