/** Scans the chunks of a segment and decodes only the columns that are asked for. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { KnownHost, KnownSet } from './catalogue.ts';
import { ChunkView } from '../chunk/chunk.ts';
import { DamagedCode } from '../chunk/damaged-code.ts';
import type { Damage } from '../file/damage.ts';
import {
  MAX_WINDOWS,
  RAW_WINDOW_MS,
  rawBetween,
  rawSet,
  rawWindow,
  STRIPE_SERIES,
  tierBetween,
  tierWindow,
  type Tier,
} from '../file/layout.ts';
import type { Segment } from './plan.ts';
import { rawTables, type RawTable } from '../file/raw.ts';
import { FIGURES, figuresOf, stripeWidth } from '../tiers/rollup-chunk.ts';

/** Series of one set: their places in it, and where they go in the answer. */
export interface Wanted {
  readonly set: KnownSet;
  readonly pairs: readonly (readonly [place: number, column: number])[];
}

/** One chunk. `rows` of it lie within the segment, from `first` on. */
export interface Found {
  readonly level: number;
  readonly wanted: Wanted;
  /** Of the series in this chunk. */
  readonly pairs: Wanted['pairs'];
  readonly timesMs: Float64Array;
  readonly first: number;
  readonly rows: number;
  /** The values of all rows of a series, or of one figure of its buckets, NaN if not kept. Undefined when damaged. */
  column(place: number, figure: number): Float64Array | undefined;
}

export class Scanner {
  readonly damages: Damage[] = [];
  readonly #tiers: readonly Tier[];
  readonly #raw: { readonly [T in RawTable]: StatementSync };
  readonly #tier: readonly StatementSync[];
  #scratch = new Float64Array(1024);

  constructor(database: DatabaseSync, tiers: readonly Tier[]) {
    this.#tiers = tiers;
    const raw = (table: RawTable): StatementSync =>
      database.prepare(
        `SELECT ${rawWindow} AS window, data FROM ${table} WHERE ${rawBetween} AND ${rawSet} = ?4 ORDER BY id`,
      );
    this.#raw = { chunk: raw('chunk'), head: raw('head') };
    this.#tier = tiers.map(({ table }) =>
      database.prepare(
        `SELECT ${tierWindow} AS window, data FROM ${table} WHERE ${tierBetween} ORDER BY id`,
      ),
    );
  }

  /** Chunks of a segment; those of one set and level in order of time. Each result is valid only until the next. */
  *chunks(host: KnownHost, wanted: Wanted, segment: Segment): Generator<Found, void> {
    if (segment.level === 0) yield* this.#rawChunks(host, wanted, segment);
    else yield* this.#tierChunks(host, wanted, segment);
  }

  *#rawChunks(host: KnownHost, wanted: Wanted, segment: Segment): Generator<Found, void> {
    const { set } = wanted;
    const first = Math.max(0, Math.floor(segment.fromMs / RAW_WINDOW_MS));
    const last = Math.min(MAX_WINDOWS - 1, Math.floor(segment.toMs / RAW_WINDOW_MS));
    for (const table of rawTables)
      for (const row of this.#raw[table].iterate(host.number, first, last, set.number)) {
        const window = Number(row['window']);
        const damaged = (): void => {
          this.damages.push({ hostId: host.hostId, set: set.number, window, at: { table } });
        };
        const found = this.#view(
          row['data'] as Uint8Array,
          window,
          RAW_WINDOW_MS,
          set.keys.length,
          segment,
          wanted,
          wanted.pairs,
          0,
          damaged,
        );
        if (found) yield found;
      }
  }

  *#tierChunks(host: KnownHost, wanted: Wanted, segment: Segment): Generator<Found, void> {
    const { level } = segment;
    const { windowMs } = this.#tiers[level - 1] as Tier;
    const select = this.#tier[level - 1] as StatementSync;
    const { set } = wanted;
    const first = Math.max(0, Math.floor(segment.fromMs / windowMs));
    const last = Math.floor(segment.toMs / windowMs);
    const stripes = new Map<number, [number, number][]>();
    for (const [place, column] of wanted.pairs) {
      const index = Math.floor(place / STRIPE_SERIES);
      const pairs = stripes.get(index) ?? [];
      stripes.set(index, pairs);
      pairs.push([place % STRIPE_SERIES, column]);
    }
    for (const [index, pairs] of stripes) {
      const width = stripeWidth(set.keys.length, index);
      for (const row of select.iterate(set.firstStripe + index, first, last)) {
        const window = Number(row['window']);
        const damaged = (): void => {
          this.damages.push({ hostId: host.hostId, set: set.number, window, at: { level, index } });
        };
        const found = this.#view(
          row['data'] as Uint8Array,
          window,
          windowMs,
          width,
          segment,
          wanted,
          pairs,
          level,
          damaged,
        );
        if (found) yield found;
      }
    }
  }

  #view(
    bytes: Uint8Array,
    window: number,
    windowMs: number,
    width: number,
    { fromMs, toMs }: Segment,
    wanted: Wanted,
    pairs: Wanted['pairs'],
    level: number,
    damaged: () => void,
  ): Found | undefined {
    const reported = { is: false };
    const guarded = <T>(read: () => T): T | undefined => {
      try {
        return read();
      } catch (error) {
        if (!(error instanceof DamagedCode)) throw error;
        if (!reported.is) damaged();
        reported.is = true;
        return undefined;
      }
    };
    const opened = guarded(() => {
      const view = new ChunkView(bytes, window, window * windowMs);
      if (level === 0 && view.width !== width) throw new DamagedCode('the chunk has another width');
      const figures = level === 0 ? 1 : figuresOf(view, width);
      return { view, figures, timesMs: view.times() };
    });
    if (!opened) return undefined;
    const { view, figures, timesMs } = opened;
    let first = 0;
    while (first < timesMs.length && (timesMs[first] as number) < fromMs) first++;
    let end = timesMs.length;
    while (end > first && (timesMs[end - 1] as number) > toMs) end--;
    if (end === first) return undefined;
    if (this.#scratch.length < timesMs.length * FIGURES)
      this.#scratch = new Float64Array(timesMs.length * FIGURES);
    const scratch = this.#scratch;
    return {
      level,
      wanted,
      pairs,
      timesMs,
      first,
      rows: end - first,
      column: (place, figure) =>
        guarded(() => {
          const slot = level === 0 ? 0 : figure * timesMs.length;
          const into = scratch.subarray(slot, slot + timesMs.length);
          if (level > 0 && figure >= figures) return into.fill(Number.NaN);
          view.column(place * figures + (level === 0 ? 0 : figure), scratch, slot);
          return into;
        }),
    };
  }
}

/** The sets of a host that hold any of the keys; `columnOf` says where each key goes. */
export function wantedOf(host: KnownHost, columnOf: ReadonlyMap<string, number>): Wanted[] {
  return host.sets.flatMap((set) => {
    const pairs = set.keys.flatMap((key, place) => {
      const column = columnOf.get(key);
      return column === undefined ? [] : [[place, column] as const];
    });
    return pairs.length > 0 ? [{ set, pairs }] : [];
  });
}
