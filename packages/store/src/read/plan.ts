/** Query planner: which level (raw samples or a tier) answers which span of time. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { RAW_WINDOW_MS, type Tier } from '../file/layout.ts';

/** From `fromMs` to `toMs`, both inclusive; level 0 are the samples, n is the n-th tier. */
export interface Segment {
  readonly level: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export class Planner {
  readonly #tiers: readonly Tier[];
  readonly #pending: StatementSync;
  readonly #removed: StatementSync;

  constructor(database: DatabaseSync, tiers: readonly Tier[]) {
    this.#tiers = tiers;
    this.#pending = database.prepare(
      'SELECT window FROM pending WHERE bucket_ms = ? AND host = ? AND window BETWEEN ? AND ? ORDER BY window',
    );
    this.#removed = database.prepare('SELECT bucket_ms, window FROM removed_before WHERE host = ?');
  }

  /** The coarsest level whose buckets divide the steps of this grid. */
  levelFor(stepMs: number, originMs: number): number {
    for (let level = this.#tiers.length; level > 0; level--) {
      const { bucketMs } = this.#tiers[level - 1] as Tier;
      if (stepMs % bucketMs === 0 && originMs % bucketMs === 0) return level;
    }
    return 0;
  }

  /**
   * Segments in order of time that cover the span: from `level`, and from finer or coarser levels where that is dirty
   * or removed.
   */
  plan(host: number, level: number, fromMs: number, toMs: number): Segment[] {
    if (toMs < fromMs) return [];
    const floors = this.#floors(host);
    const out: Segment[] = [];
    this.#cover(host, floors, level, fromMs, toMs, out);
    return out;
  }

  /** By level: before it everything was removed. */
  #floors(host: number): number[] {
    const floors = [0, ...this.#tiers.map(() => 0)];
    for (const row of this.#removed.all(host)) {
      const bucketMs = Number(row['bucket_ms']);
      const level = this.#tiers.findIndex((tier) => tier.bucketMs === bucketMs) + 1;
      const windowMs = bucketMs === 0 ? RAW_WINDOW_MS : this.#tiers[level - 1]?.windowMs;
      if (windowMs !== undefined) floors[level] = Number(row['window']) * windowMs;
    }
    return floors;
  }

  #cover(
    host: number,
    floors: readonly number[],
    level: number,
    fromMs: number,
    toMs: number,
    out: Segment[],
  ): void {
    const floor = floors[level] as number;
    let from = fromMs;
    if (from < floor && level < this.#tiers.length) {
      const end = Math.min(toMs, floor - 1);
      this.#cover(host, floors, level + 1, from, end, out);
      from = end + 1;
      if (from > toMs) return;
    }
    if (level === 0) add(out, 0, from, toMs);
    else this.#coverByTier(host, floors, level, from, toMs, out);
  }

  #coverByTier(
    host: number,
    floors: readonly number[],
    level: number,
    fromMs: number,
    toMs: number,
    out: Segment[],
  ): void {
    const { bucketMs, sourceMs } = this.#tiers[level - 1] as Tier;
    const finerFloor = floors[level - 1] as number;
    const finer = (from: number, to: number): void => {
      if (from > to) return;
      // What the finer level has removed can only be answered from this one.
      const end = Math.min(to, finerFloor - 1);
      if (from <= end) add(out, level, from, end);
      const rest = Math.max(from, finerFloor);
      if (rest <= to) this.#cover(host, floors, level - 1, rest, to, out);
    };
    const first = Math.ceil(fromMs / bucketMs) * bucketMs;
    const end = Math.floor((toMs + 1) / bucketMs) * bucketMs;
    if (first >= end) {
      finer(fromMs, toMs);
      return;
    }
    finer(fromMs, first - 1);
    let at = first;
    const rows = this.#pending.all(
      bucketMs,
      host,
      Math.floor(first / sourceMs),
      Math.floor((end - 1) / sourceMs),
    );
    for (const row of rows) {
      const start = Math.max(at, Number(row['window']) * sourceMs);
      const stop = Math.min(end, (Number(row['window']) + 1) * sourceMs);
      if (start > at) add(out, level, at, start - 1);
      finer(start, stop - 1);
      at = stop;
    }
    if (at < end) add(out, level, at, end - 1);
    finer(end, toMs);
  }
}

function add(out: Segment[], level: number, fromMs: number, toMs: number): void {
  const last = out.at(-1);
  if (last && last.level === level && last.toMs + 1 === fromMs)
    out[out.length - 1] = { level, fromMs: last.fromMs, toMs };
  else out.push({ level, fromMs, toMs });
}
