/** Retention: removes chunks that are too old or beyond the size limit, and those of removed hosts, in slices. */
import type { DatabaseSync } from 'node:sqlite';
import {
  RAW_WINDOW_MS,
  rawBetween,
  stripesOf,
  tierBetween,
  MAX_WINDOWS,
  type Tier,
} from '../file/layout.ts';
import { rawTables } from '../file/raw.ts';
import type { Host, SeriesSet } from '../file/host.ts';
import type { Writes } from './writes.ts';

export interface RetentionOptions {
  readonly retentionMs: number;
  readonly maxBytes?: number | undefined;
}

export type SweepTarget = { readonly hostId: string } | { readonly removed: number };

const LAST_TIER_WINDOW = 2 ** 32 - 1;
/** Share of a level's span that is removed at a time when the store is beyond its size limit. */
const SIZE_STEP = 1 / 16;

export class Retention {
  readonly #database: DatabaseSync;
  readonly #writes: Writes;
  readonly #tiers: readonly Tier[];
  readonly #options: RetentionOptions;
  /** By level, raw samples first: what is older than this is removed because of the size limit. */
  readonly #sizeCutoffMs: number[];

  constructor(
    database: DatabaseSync,
    writes: Writes,
    tiers: readonly Tier[],
    options: RetentionOptions,
  ) {
    this.#database = database;
    this.#writes = writes;
    this.#tiers = tiers;
    this.#options = options;
    this.#sizeCutoffMs = [0, ...tiers.map(() => 0)];
  }

  /** Hosts, present and removed, to sweep. */
  targets(): SweepTarget[] {
    // A damaged row must not have the chunks of a host that is there swept.
    const present = new Set([...this.#writes.hosts.values()].map(({ number }) => number));
    return [
      ...[...this.#writes.removed]
        .filter((number) => !present.has(number))
        .map((removed) => ({ removed })),
      ...[...this.#writes.hosts.keys()].map((hostId) => ({ hostId })),
    ];
  }

  #cutoffMs(level: number, agesMs: number): number {
    const kept =
      level === 0 ? this.#options.retentionMs : (this.#tiers[level - 1] as Tier).retentionMs;
    return Math.max(0, agesMs - kept, this.#sizeCutoffMs[level] as number);
  }

  /**
   * Checks the size limit once per round: the oldest of the finest level goes first. `agesMs` is the time from which ages
   * are counted: what was stored while the clock was ahead does not make the span longer.
   */
  measure(agesMs: number): void {
    const { maxBytes } = this.#options;
    if (maxBytes === undefined) return;
    const pragma = (name: string): number =>
      Number(Object.values(this.#database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
    const used = (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
    if (used <= maxBytes) return;
    for (let level = 0; level <= this.#tiers.length; level++) {
      const span = this.#span(level);
      const oldest = span[0];
      const newest = Math.min(span[1], Math.max(oldest, agesMs));
      const windowMs = level === 0 ? RAW_WINDOW_MS : (this.#tiers[level - 1] as Tier).windowMs;
      // The newest windows always stay.
      if (newest - oldest < 2 * windowMs) continue;
      this.#sizeCutoffMs[level] = oldest + Math.max(windowMs, (newest - oldest) * SIZE_STEP);
      return;
    }
  }

  /** Start of the oldest and of the newest window of a level. */
  #span(level: number): readonly [number, number] {
    let oldest = Infinity;
    let newest = 0;
    for (const host of this.#writes.hosts.values()) {
      const windows =
        level === 0
          ? this.#database
              .prepare(
                `SELECT min((id >> 16) & 134217727) AS oldest, max((id >> 16) & 134217727) AS newest FROM
                 (SELECT * FROM (SELECT id FROM chunk WHERE ${rawBetween} ORDER BY id LIMIT 1)
                  UNION ALL SELECT * FROM (SELECT id FROM chunk WHERE ${rawBetween} ORDER BY id DESC LIMIT 1))`,
              )
              .all(host.number, 0, MAX_WINDOWS - 1)
          : [...host.sets.values()].map((set) =>
              this.#database
                .prepare(
                  `SELECT min(id & 4294967295) AS oldest, max(id & 4294967295) AS newest
                   FROM ${(this.#tiers[level - 1] as Tier).table} WHERE ${tierBetween}`,
                )
                .get(set.firstStripe, 0, LAST_TIER_WINDOW),
            );
      const windowMs = level === 0 ? RAW_WINDOW_MS : (this.#tiers[level - 1] as Tier).windowMs;
      for (const row of windows) {
        if (row?.['oldest'] == null) continue;
        oldest = Math.min(oldest, Number(row['oldest']) * windowMs);
        newest = Math.max(newest, Number(row['newest']) * windowMs);
      }
    }
    return [oldest, newest];
  }

  /** Removes at most `limit` expired chunks and returns how many; fewer means none is left. Ages count from `agesMs`. */
  sweep(target: SweepTarget, agesMs: number, limit: number): number {
    if ('removed' in target) return this.#sweepRemoved(target.removed, limit);
    const host = this.#writes.hosts.get(target.hostId);
    if (!host) return 0;
    let count = this.#sweepSamples(host, agesMs, limit);
    for (let level = 1; level <= this.#tiers.length && count < limit; level++)
      for (const set of host.sets.values()) {
        if (count >= limit) break;
        count += this.#sweepTier(host, set, level, agesMs, limit - count);
      }
    if (count < limit) this.#sweepSets(host, agesMs);
    return count;
  }

  #sweepSamples(host: Host, agesMs: number, limit: number): number {
    let before = Math.min(MAX_WINDOWS, Math.floor(this.#cutoffMs(0, agesMs) / RAW_WINDOW_MS));
    const coarser = this.#tiers[0];
    // Raw samples and buckets stay until the coarser tier is computed from them.
    if (coarser)
      before = this.#writes.pending.windows(coarser, host.number, 0, before - 1, 1)[0] ?? before;
    if (before <= 0) return 0;
    this.#writes.heads.forget(host.number, before);
    const count = this.#removeSamples(host.number, before - 1, limit);
    if (count > 0) this.#remember(0, host, before);
    return count;
  }

  #remember(bucketMs: number, host: Host, window: number): void {
    this.#database
      .prepare(
        `INSERT INTO removed_before VALUES (?, ?, ?)
         ON CONFLICT (bucket_ms, host) DO UPDATE SET window = max(window, excluded.window)`,
      )
      .run(bucketMs, host.number, window);
  }

  #removeSamples(host: number, lastWindow: number, limit: number): number {
    let count = 0;
    for (const table of rawTables) {
      if (count >= limit) break;
      const slice = this.#database.prepare(
        `SELECT count(*) AS count, sum(samples) AS samples, CAST(max(id) AS TEXT) AS last FROM
           (SELECT id, samples FROM ${table} WHERE ${rawBetween} ORDER BY id LIMIT ?4)`,
      );
      const found = slice.get(host, 0, lastWindow, limit - count);
      if (found?.['last'] == null) continue;
      this.#database
        .prepare(`DELETE FROM ${table} WHERE ${rawBetween} AND id <= CAST(?4 AS INTEGER)`)
        .run(host, 0, lastWindow, String(found['last']));
      this.#writes.heads.count('samples', -Number(found['samples']));
      count += Number(found['count']);
    }
    return count;
  }

  #sweepTier(host: Host, set: SeriesSet, level: number, agesMs: number, limit: number): number {
    const tier = this.#tiers[level - 1] as Tier;
    let before = Math.floor(this.#cutoffMs(level, agesMs) / tier.windowMs);
    const coarser = this.#tiers[level];
    if (coarser)
      before = this.#writes.pending.windows(coarser, host.number, 0, before - 1, 1)[0] ?? before;
    if (before <= 0) return 0;
    const count = this.#removeBuckets(tier, set.firstStripe, set.keys.length, before - 1, limit);
    if (count > 0) this.#remember(tier.bucketMs, host, before);
    return count;
  }

  #removeBuckets(
    { table }: Tier,
    firstStripe: number,
    width: number,
    lastWindow: number,
    limit: number,
  ): number {
    const remove = this.#database.prepare(
      `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE ${tierBetween} ORDER BY id LIMIT ?4)`,
    );
    let count = 0;
    for (let index = 0; index < stripesOf(width) && count < limit; index++)
      count += Number(remove.run(firstStripe + index, 0, lastWindow, limit - count).changes);
    return count;
  }

  /** Removes sets that are older than everything that is kept. */
  #sweepSets(host: Host, agesMs: number): void {
    const levels = [...this.#tiers.keys(), this.#tiers.length];
    const cutoffMs = Math.min(...levels.map((level) => this.#cutoffMs(level, agesMs)));
    const coarsest = this.#tiers.at(-1)?.windowMs ?? RAW_WINDOW_MS;
    const before = Math.floor(cutoffMs / coarsest) * (coarsest / RAW_WINDOW_MS);
    for (const [setId, set] of host.sets)
      if (set.lastWindow >= 0 && set.lastWindow < before) this.#writes.removeSet(host, setId);
  }

  #sweepRemoved(number: number, limit: number): number {
    let count = this.#removeSamples(number, MAX_WINDOWS - 1, limit);
    const sets = this.#database
      .prepare('SELECT number, keys, first_stripe FROM series_set WHERE host = ?')
      .all(number);
    for (const set of sets) {
      const width = (JSON.parse(String(set['keys'])) as string[]).length;
      for (const tier of this.#tiers)
        if (count < limit)
          count += this.#removeBuckets(
            tier,
            Number(set['first_stripe']),
            width,
            LAST_TIER_WINDOW,
            limit - count,
          );
    }
    if (count < limit) {
      this.#database.prepare('DELETE FROM series_set WHERE host = ?').run(number);
      this.#database.prepare('DELETE FROM removed_host WHERE number = ?').run(number);
      this.#writes.removed.delete(number);
    }
    return count;
  }
}
