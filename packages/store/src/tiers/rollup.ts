/**
 * Computes the buckets of a tier from its source: raw samples for the finest, the next finer tier for the others.
 * Always from a whole window of the source, so that late and out-of-order rows are counted exactly once.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { ChunkView } from '../chunk/chunk.ts';
import { DamagedCode } from '../chunk/damaged-code.ts';
import {
  RAW_WINDOW_MS,
  STRIPE_SERIES,
  stripesOf,
  TIER_ROWS,
  tierId,
  type Tier,
} from '../file/layout.ts';
import { RawReader, type RawTable } from '../file/raw.ts';
import { Buckets, FIGURES, figuresOf, namesCounter, stripeWidth } from './rollup-chunk.ts';
import { type Host, placeOf, type RawPlace, type SeriesSet } from '../file/host.ts';
import type { Pending } from './pending.ts';

/** Dirty windows of a tier's source that lie in one window of the tier. */
export interface Group {
  readonly host: Host;
  /** Place in the list of tiers. */
  readonly level: number;
  readonly window: number;
  readonly sources: readonly number[];
}

/** A chunk of the source, and the bucket of each of its rows. */
interface Source {
  readonly view: ChunkView;
  readonly bucketOf: Int32Array;
  /** The raw samples behind stored buckets are gone: those buckets stay, and only empty ones are filled. */
  readonly late: boolean;
}

interface TierStatements {
  readonly select: StatementSync;
  readonly upsert: StatementSync;
  readonly remove: StatementSync;
  readonly quarantine: StatementSync;
}

/** Raw chunks as the writer holds them: the newest rows may still be in a head. */
export interface SampleChunks {
  /** Merges the head of a window into its chunk, if there is one. */
  settle(place: RawPlace): void;
  /** The window's chunk, verified as a whole; a damaged one is quarantined. */
  sound(place: RawPlace): ChunkView | undefined;
  /** Quarantines a chunk or head if it is damaged; returns whether it was. */
  check(table: RawTable, place: RawPlace): boolean;
  /** Adds to a counter of the store. */
  count(name: string, by: number): void;
}

export class Rollups {
  readonly #tiers: readonly Tier[];
  readonly #heads: SampleChunks;
  readonly #pending: Pending;
  readonly #reader: RawReader;
  readonly #statements: readonly TierStatements[];
  readonly #removedBefore: StatementSync;
  #scratch = new Float64Array(TIER_ROWS * FIGURES);
  #buckets: Buckets | undefined;

  constructor(
    database: DatabaseSync,
    tiers: readonly Tier[],
    heads: SampleChunks,
    pending: Pending,
  ) {
    this.#tiers = tiers;
    this.#heads = heads;
    this.#pending = pending;
    this.#reader = new RawReader(database);
    this.#statements = tiers.map(({ table }) => ({
      select: database.prepare(`SELECT data FROM ${table} WHERE id = ${tierId}`),
      upsert: database.prepare(
        `INSERT INTO ${table} (id, data) VALUES (${tierId}, ?3)
         ON CONFLICT (id) DO UPDATE SET data = excluded.data`,
      ),
      remove: database.prepare(`DELETE FROM ${table} WHERE id = ${tierId}`),
      quarantine: database.prepare(
        `INSERT INTO damaged SELECT '${table}', id, ?3, data FROM ${table} WHERE id = ${tierId}
         ON CONFLICT DO NOTHING`,
      ),
    }));
    this.#removedBefore = database.prepare(
      'SELECT window FROM removed_before WHERE bucket_ms = ? AND host = ?',
    );
  }

  /**
   * Computes one group; yields where it may be paused and committed. Rows that arrive meanwhile mark their window
   * again, so it stays dirty and is not read until the next run.
   */
  *run(group: Group): Generator<void, void> {
    const { host, level, window, sources } = group;
    const tier = this.#tiers[level] as Tier;
    this.#pending.clear();
    const removed = this.#removedBefore.get(
      level === 0 ? 0 : (this.#tiers[level - 1] as Tier).bucketMs,
      host.number,
    );
    const lateBelow = Number(removed?.['window'] ?? 0);
    for (const [setId, set] of host.sets) {
      const within = sources.filter((source) => this.#mayHold(set, source, tier));
      if (within.length === 0) continue;
      if (level === 0) yield* this.#fromSamples(host, set, tier, window, within, lateBelow);
      else yield* this.#fromTier(set, level, window, within, lateBelow);
      // Removed meanwhile, by retention or with its host.
      if (host.sets.get(setId) !== set) return;
    }
    const clean = sources.filter((source) => !this.#wasMarked(host, source, tier));
    this.#pending.done(tier, host.number, clean);
  }

  #wasMarked(host: Host, source: number, { sourceMs }: Tier): boolean {
    const ratio = sourceMs / RAW_WINDOW_MS;
    return this.#pending.wasMarked(host.number, source * ratio, (source + 1) * ratio - 1);
  }

  #mayHold(set: SeriesSet, source: number, { sourceMs }: Tier): boolean {
    const ratio = sourceMs / RAW_WINDOW_MS;
    return set.firstWindow < (source + 1) * ratio && set.lastWindow >= source * ratio;
  }

  *#fromSamples(
    host: Host,
    set: SeriesSet,
    tier: Tier,
    window: number,
    sources: readonly number[],
    lateBelow: number,
  ): Generator<void, void> {
    try {
      yield* this.#fromChunks(host, set, tier, window, sources, lateBelow);
    } catch (error) {
      if (!(error instanceof DamagedCode)) throw error;
      // The checksum fits but the codes do not decode: quarantine what fails, and start over.
      for (const source of sources) this.#heads.check('chunk', placeOf(host, set, source));
      yield* this.#fromChunks(host, set, tier, window, sources, lateBelow);
    }
  }

  *#fromChunks(
    host: Host,
    set: SeriesSet,
    tier: Tier,
    window: number,
    sources: readonly number[],
    lateBelow: number,
  ): Generator<void, void> {
    const width = set.keys.length;
    const chunks: Source[] = [];
    const originMs = window * tier.windowMs;
    for (const source of sources) {
      const place = placeOf(host, set, source);
      if (this.#reader.read('head', place.host, source, place.set, width))
        this.#heads.settle(place);
      // A damaged chunk is quarantined before any bucket is computed from it.
      const view = this.#heads.sound(place);
      if (!view) continue;
      const bucketOf = Int32Array.from(view.times(), (time) =>
        Math.floor((time - originMs) / tier.bucketMs),
      );
      chunks.push({ view, bucketOf, late: source < lateBelow });
      yield;
    }
    const rows = Math.max(0, ...chunks.map(({ view }) => view.rows));
    const column = new Float64Array(rows);
    for (let index = 0; index < stripesOf(width); index++) {
      const first = index * STRIPE_SERIES;
      this.#write(
        set,
        0,
        window,
        index,
        sources,
        lateBelow,
        chunks,
        (buckets, { view, bucketOf }, place) => {
          const decimals = view.column(first + place, column, 0);
          const isCounter = namesCounter(set.keys[first + place] as string);
          buckets.addSamples(place, column, decimals, bucketOf, view.rows, isCounter);
        },
      );
      yield;
    }
  }

  *#fromTier(
    set: SeriesSet,
    level: number,
    window: number,
    sources: readonly number[],
    lateBelow: number,
  ): Generator<void, void> {
    const tier = this.#tiers[level] as Tier;
    const originMs = window * tier.windowMs;
    for (let index = 0; index < stripesOf(set.keys.length); index++) {
      const chunks: Source[] = [];
      for (const source of sources) {
        const view = this.#view(level - 1, set, index, source);
        if (!view) continue;
        const bucketOf = Int32Array.from(view.times(), (time) =>
          Math.floor((time - originMs) / tier.bucketMs),
        );
        chunks.push({ view, bucketOf, late: source < lateBelow });
      }
      this.#write(
        set,
        level,
        window,
        index,
        sources,
        lateBelow,
        chunks,
        (buckets, { view, bucketOf }, place) =>
          buckets.addBuckets(
            place,
            view,
            figuresOf(view, buckets.width),
            bucketOf,
            this.#scratchFor(view),
          ),
      );
      yield;
    }
  }

  /** Merges the buckets of one stripe and stores them. */
  #write(
    set: SeriesSet,
    level: number,
    window: number,
    index: number,
    sources: readonly number[],
    lateBelow: number,
    chunks: readonly Source[],
    add: (buckets: Buckets, source: Source, place: number) => void,
  ): void {
    const tier = this.#tiers[level] as Tier;
    const width = stripeWidth(set.keys.length, index);
    const buckets = this.#bucketsOf(width);
    const statements = this.#statements[level] as TierStatements;
    const stripe = set.firstStripe + index;
    const old = this.#view(level, set, index, window);
    if (old) {
      const originMs = window * tier.windowMs;
      const bucketOf = Int32Array.from(old.times(), (time) => (time - originMs) / tier.bucketMs);
      const scratch = this.#scratchFor(old);
      for (let place = 0; place < width; place++)
        buckets.addBuckets(place, old, figuresOf(old, width), bucketOf, scratch);
      const per = tier.sourceMs / tier.bucketMs;
      for (const source of sources)
        if (source >= lateBelow) {
          const from = (source * tier.sourceMs - originMs) / tier.bucketMs;
          buckets.clear(from, from + per);
        }
    }
    const late = chunks.some((chunk) => chunk.late) ? new Buckets(width) : undefined;
    for (const chunk of chunks)
      for (let place = 0; place < width; place++)
        add(chunk.late ? (late as Buckets) : buckets, chunk, place);
    if (late) this.#heads.count('late', buckets.fillFrom(late));
    const data = buckets.encode(window, tier.windowMs, tier.bucketMs);
    if (data) statements.upsert.run(stripe, window, data);
    else if (old) statements.remove.run(stripe, window);
  }

  /** A stored chunk of a tier. A damaged one is quarantined, and recomputed as far as its source is kept. */
  #view(level: number, set: SeriesSet, index: number, window: number): ChunkView | undefined {
    const tier = this.#tiers[level] as Tier;
    const { select, remove, quarantine } = this.#statements[level] as TierStatements;
    const stripe = set.firstStripe + index;
    const row = select.get(stripe, window);
    if (!row) return undefined;
    try {
      const view = new ChunkView(row['data'] as Uint8Array, window, window * tier.windowMs);
      view.verify();
      return view;
    } catch (error) {
      if (!(error instanceof DamagedCode)) throw error;
      quarantine.run(stripe, window, Date.now());
      remove.run(stripe, window);
      return undefined;
    }
  }

  /** Quarantines a tier's chunk if it is damaged; returns whether it was. */
  check(level: number, set: SeriesSet, index: number, window: number): boolean {
    const { select } = this.#statements[level] as TierStatements;
    if (!select.get(set.firstStripe + index, window)) return false;
    return this.#view(level, set, index, window) === undefined;
  }

  #bucketsOf(width: number): Buckets {
    if (this.#buckets?.width !== width) return (this.#buckets = new Buckets(width));
    this.#buckets.reset();
    return this.#buckets;
  }

  #scratchFor(view: ChunkView): Float64Array {
    if (this.#scratch.length < view.rows * FIGURES)
      this.#scratch = new Float64Array(view.rows * FIGURES);
    return this.#scratch;
  }
}
