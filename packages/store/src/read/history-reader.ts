/**
 * Executes queries over hosts, segments of time and chunks. Each query is a generator that can be paused between any
 * two chunks.
 */
import type { DatabaseSync } from 'node:sqlite';
import { Catalogue, type Selected } from './catalogue.ts';
import { Extents } from './extents.ts';
import { Gathered, SharedColumns } from './gathered.ts';
import { Grid, type GridFigures } from './grid.ts';
import type { SelectedSeries, SelectQuery, SelectResult } from '../contract/series-history.ts';
import { notNumbersOf } from '../contract/not-numbers.ts';
import { MAX_TIME_MS, type Tier } from '../file/layout.ts';
import { StoreError } from '../contract/store-error.ts';
import { Planner } from './plan.ts';
import { Scanner, wantedOf } from './scan.ts';

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
  readonly extents: Extents;
  readonly #tiers: readonly Tier[];

  constructor(database: DatabaseSync, tiers: readonly Tier[]) {
    this.#tiers = tiers;
    this.catalogue = new Catalogue(database);
    this.planner = new Planner(database, tiers);
    this.scanner = new Scanner(database, tiers);
    this.extents = new Extents(database, tiers, this.planner, this.scanner);
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
    const shared = new SharedColumns();
    for (const { host, keys } of selected) {
      const read = keys.flatMap((key) =>
        host.notNumbers.has(notNumbersOf(key)) ? [notNumbersOf(key)] : [],
      );
      read.unshift(...keys);
      const columnOf = new Map(read.map((key, index) => [key, index]));
      const gathered = read.map(() => new Gathered());
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
        const beside = columnOf.get(notNumbersOf(key));
        if (beside !== undefined)
          (gathered[column] as Gathered).addNotNumbers(gathered[beside] as Gathered);
        const one = (gathered[column] as Gathered).finish(host.hostId, key, shared);
        if (one) out.push(one);
      }
    }
  }
}
