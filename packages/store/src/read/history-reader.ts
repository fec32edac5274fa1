/** Walks history: hosts, segments of time, chunks. Each query is a generator that may be paused between any two chunks. */
import type { DatabaseSync } from 'node:sqlite';
import { Catalogue, type KnownHost, type Selected } from './catalogue.ts';
import { Grid, type GridFigures } from './grid.ts';
import type { SelectedSeries, SelectQuery, SelectResult } from '../contract/series-history.ts';
import {
  MAX_TIME_MS,
  RAW_WINDOW_MS,
  rawBetween,
  rawSet,
  rawWindow,
  tierBetween,
  tierWindow,
  MAX_WINDOWS,
  type Tier,
} from '../file/layout.ts';
import { StoreError } from '../contract/store-error.ts';
import { Planner } from './plan.ts';
import { rawTables, viewRaw } from './raw.ts';
import { COUNT, LAST, MAX, MIN, SUM } from '../tiers/rollup-chunk.ts';
import { type Found, Scanner, type Wanted, wantedOf } from './scan.ts';

export const MAX_POINTS_DEFAULT = 2_000_000;

export interface GridSeries {
  readonly hostId: string;
  readonly key: string;
}

export interface FilledGrid {
  readonly grid: Grid;
  readonly series: readonly GridSeries[];
  readonly startMs: number;
  readonly stepMs: number;
}

export class HistoryReader {
  readonly catalogue: Catalogue;
  readonly planner: Planner;
  readonly scanner: Scanner;
  readonly #database: DatabaseSync;
  readonly #tiers: readonly Tier[];

  constructor(database: DatabaseSync, tiers: readonly Tier[]) {
    this.#database = database;
    this.#tiers = tiers;
    this.catalogue = new Catalogue(database);
    this.planner = new Planner(database, tiers);
    this.scanner = new Scanner(database, tiers);
  }

  /** Start of the host's oldest block of time and end of its newest, inclusive; undefined when it has none. */
  extent(host: KnownHost): readonly [fromMs: number, toMs: number] | undefined {
    let from = Infinity;
    let to = -1;
    for (const table of ['chunk', 'head'])
      for (const order of ['', 'DESC']) {
        const row = this.#database
          .prepare(
            `SELECT ${rawWindow} AS window FROM ${table} WHERE ${rawBetween} ORDER BY id ${order} LIMIT 1`,
          )
          .get(host.number, 0, MAX_WINDOWS - 1);
        if (!row) continue;
        from = Math.min(from, Number(row['window']) * RAW_WINDOW_MS);
        to = Math.max(to, (Number(row['window']) + 1) * RAW_WINDOW_MS - 1);
      }
    for (const { table, windowMs } of this.#tiers)
      for (const set of host.sets)
        for (const order of ['', 'DESC']) {
          const row = this.#database
            .prepare(
              `SELECT ${tierWindow} AS window FROM ${table} WHERE ${tierBetween} ORDER BY id ${order} LIMIT 1`,
            )
            .get(set.firstStripe, 0, 2 ** 32 - 1);
          if (!row) continue;
          from = Math.min(from, Number(row['window']) * windowMs);
          to = Math.max(to, (Number(row['window']) + 1) * windowMs - 1);
        }
    return to < 0 ? undefined : [from, to];
  }

  /** One grid over all series that are selected. */
  *gridOf(
    selected: readonly Selected[],
    fromMs: number,
    toMs: number,
    stepMs: number,
    originMs: number,
    figures: GridFigures,
    maxPoints: number,
  ): Generator<void, FilledGrid> {
    const first = Math.floor((fromMs - originMs) / stepMs);
    const steps = Math.floor((toMs - originMs) / stepMs) - first + 1;
    const startMs = originMs + first * stepMs;
    const series = selected.flatMap(({ host, keys }) =>
      keys.map((key) => ({ hostId: host.hostId, key })),
    );
    if (series.length * steps > maxPoints)
      throw new StoreError(
        'too-large',
        `${series.length} series of ${steps} steps are more than ${maxPoints} points`,
      );
    const grid = new Grid(series.length, Math.max(0, steps), startMs, stepMs, figures);
    const level = this.planner.levelFor(stepMs, originMs);
    let column = 0;
    for (const { host, keys } of selected) {
      const columnOf = new Map(keys.map((key, index) => [key, column + index]));
      column += keys.length;
      const wanted = wantedOf(host, columnOf);
      for (const segment of this.planner.plan(host.number, level, fromMs, toMs))
        for (const one of wanted)
          for (const found of this.scanner.chunks(host, one, segment)) {
            grid.add(found);
            yield;
          }
    }
    return { grid, series, startMs, stepMs };
  }

  *select(query: SelectQuery): Generator<void, SelectResult> {
    const fromMs = Math.max(0, query.fromMs);
    const toMs = Math.min(MAX_TIME_MS, query.toMs);
    const maxPoints = query.maxPoints ?? MAX_POINTS_DEFAULT;
    const selected = this.catalogue.select(query);
    const before = this.scanner.damages.length;
    const series: SelectedSeries[] = [];
    if (toMs >= fromMs) {
      if (query.stepMs === undefined)
        yield* this.#selectFinest(selected, fromMs, toMs, maxPoints, series);
      else
        yield* this.#selectSteps(
          selected,
          fromMs,
          toMs,
          query.stepMs,
          query.originMs ?? 0,
          maxPoints,
          series,
        );
    }
    return { series, damaged: this.scanner.damages.length - before };
  }

  *#selectSteps(
    selected: readonly Selected[],
    fromMs: number,
    toMs: number,
    stepMs: number,
    originMs: number,
    maxPoints: number,
    out: SelectedSeries[],
  ): Generator<void, void> {
    if (!Number.isFinite(stepMs) || stepMs < 1)
      throw new StoreError('invalid', 'stepMs: must be at least 1');
    const figures = { min: true, max: true, sum: true, last: true };
    const { grid, series, startMs } = yield* this.gridOf(
      selected,
      fromMs,
      toMs,
      stepMs,
      originMs,
      figures,
      maxPoints,
    );
    for (const [column, { hostId, key }] of series.entries()) {
      const places: number[] = [];
      const base = column * grid.steps;
      for (let step = 0; step < grid.steps; step++)
        if ((grid.counts[base + step] as number) > 0) places.push(base + step);
      if (places.length === 0) continue;
      const taken = (values: Float64Array): Float64Array =>
        Float64Array.from(places, (at) => values[at] as number);
      out.push({
        hostId,
        key,
        timesMs: Float64Array.from(places, (at) => startMs + (at - base) * stepMs),
        widthsMs: new Float64Array(places.length).fill(stepMs),
        min: taken(grid.mins),
        max: taken(grid.maxs),
        mean: Float64Array.from(
          places,
          (at) => (grid.sums[at] as number) / (grid.counts[at] as number),
        ),
        last: taken(grid.lasts),
        count: taken(grid.counts),
      });
    }
  }

  *#selectFinest(
    selected: readonly Selected[],
    fromMs: number,
    toMs: number,
    maxPoints: number,
    out: SelectedSeries[],
  ): Generator<void, void> {
    let room = maxPoints;
    for (const { host, keys } of selected) {
      const columnOf = new Map(keys.map((key, index) => [key, index]));
      const gathered = keys.map(() => new Gathered());
      for (const segment of this.planner.plan(host.number, 0, fromMs, toMs))
        for (const wanted of wantedOf(host, columnOf))
          for (const found of this.scanner.chunks(host, wanted, segment)) {
            const widthMs = found.level === 0 ? 0 : (this.#tiers[found.level - 1] as Tier).bucketMs;
            room -= found.rows * found.pairs.length;
            if (room < 0)
              throw new StoreError(
                'too-large',
                `more than ${maxPoints} points: ask for less, or a step`,
              );
            for (const [place, column] of found.pairs)
              (gathered[column] as Gathered).add(found, place, widthMs);
            yield;
          }
      for (const [column, key] of keys.entries()) {
        const one = (gathered[column] as Gathered).finish(host.hostId, key);
        if (one) out.push(one);
      }
    }
  }

  /** Time of the newest sample of these sets in the span, or a time not before it. */
  lastTime(host: KnownHost, wanted: readonly Wanted[], fromMs: number, toMs: number): number {
    let last = -1;
    for (const { set } of wanted)
      for (const table of rawTables) {
        const row = this.#database
          .prepare(
            `SELECT ${rawWindow} AS window, data FROM ${table}
             WHERE ${rawBetween} AND ${rawSet} = ?4 ORDER BY id DESC LIMIT 1`,
          )
          .get(
            host.number,
            Math.floor(fromMs / RAW_WINDOW_MS),
            Math.floor(toMs / RAW_WINDOW_MS),
            set.number,
          );
        if (!row) continue;
        const times = viewRaw(
          row['data'] as Uint8Array,
          Number(row['window']),
          set.keys.length,
        )?.times();
        last = Math.max(last, times?.findLast((time) => time <= toMs) ?? toMs);
      }
    return last < 0 ? toMs : last;
  }

  /** Time of the oldest sample of these sets in the span, or a time not after it; `known` is one of them. */
  firstTime(
    host: KnownHost,
    wanted: readonly Wanted[],
    fromMs: number,
    toMs: number,
    known: number,
  ): number {
    let first = known;
    for (const segment of this.planner.plan(host.number, 0, fromMs, Math.min(toMs, known)))
      for (const one of wanted)
        for (const found of this.scanner.chunks(host, one, segment)) {
          first = Math.min(first, found.timesMs[found.first] as number);
          break;
        }
    return first;
  }
}

/** Points of one series as they are. */
class Gathered {
  #rows = 0;
  #sorted = true;
  #data = new Float64Array();

  static readonly #WIDTH = 7;

  add(found: Found, place: number, widthMs: number): void {
    const columns =
      found.level === 0
        ? [found.column(place, 0)]
        : [COUNT, MIN, MAX, SUM, LAST].map((figure) => found.column(place, figure));
    if (columns.includes(undefined)) return;
    const width = Gathered.#WIDTH;
    const need = (this.#rows + found.rows) * width;
    if (need > this.#data.length) {
      const grown = new Float64Array(Math.max(need, this.#data.length * 2));
      grown.set(this.#data.subarray(0, this.#rows * width));
      this.#data = grown;
    }
    const data = this.#data;
    const [one, min, max, sum, last] = columns as Float64Array[];
    for (let row = found.first; row < found.first + found.rows; row++) {
      const value = (one as Float64Array)[row] as number;
      const raw = found.level === 0;
      if (raw ? value !== value : !(value > 0)) continue;
      const time = found.timesMs[row] as number;
      const at = this.#rows * width;
      if (this.#rows > 0 && time <= (data[at - width] as number)) this.#sorted = false;
      data[at] = time;
      data[at + 1] = widthMs;
      data[at + 2] = raw ? value : (min?.[row] as number);
      data[at + 3] = raw ? value : (max?.[row] as number);
      data[at + 4] = raw ? value : (sum?.[row] as number) / value;
      data[at + 5] = raw ? value : (last?.[row] as number);
      data[at + 6] = raw ? 1 : value;
      this.#rows++;
    }
  }

  finish(hostId: string, key: string): SelectedSeries | undefined {
    if (this.#rows === 0) return undefined;
    const width = Gathered.#WIDTH;
    let order: Uint32Array | undefined;
    let rows = this.#rows;
    if (!this.#sorted) {
      const time = (row: number): number => this.#data[row * width] as number;
      order = Uint32Array.from({ length: rows }, (_, row) => row).sort(
        (a, b) => time(a) - time(b) || a - b,
      );
      // Of two sets that share a series, the first one's sample of a time stays.
      order = order.filter(
        (row, index) =>
          index === 0 || time((order as Uint32Array)[index - 1] as number) < time(row),
      );
      rows = order.length;
    }
    const column = (figure: number): Float64Array => {
      const values = new Float64Array(rows);
      for (let row = 0; row < rows; row++)
        values[row] = this.#data[(order ? (order[row] as number) : row) * width + figure] as number;
      return values;
    };
    return {
      hostId,
      key,
      timesMs: column(0),
      widthsMs: column(1),
      min: column(2),
      max: column(3),
      mean: column(4),
      last: column(5),
      count: column(6),
    };
  }
}
