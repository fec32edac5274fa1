/** Aggregation over time and across series, rates, and downsampling. */
import { lttb, minMax } from './downsample.ts';
import type { Grid } from './grid.ts';
import type { FilledGrid, HistoryReader } from './history-reader.ts';
import { MAX_POINTS_DEFAULT } from './history-reader.ts';
import type {
  Across,
  AggregatedSeries,
  AggregateQuery,
  AggregateResult,
  PointFigure,
} from '../contract/series-history.ts';
import { MAX_TIME_MS } from '../file/layout.ts';
import { StoreError } from '../contract/store-error.ts';
import { stepFor } from '../contract/steps.ts';

const MAX_STEPS_DEFAULT = 300;

export function* aggregate(
  reader: HistoryReader,
  query: AggregateQuery,
): Generator<void, AggregateResult> {
  const fromMs = Math.max(0, query.fromMs);
  const toMs = Math.min(MAX_TIME_MS, query.toMs);
  const stepMs = query.stepMs ?? stepFor(fromMs, toMs, query.maxSteps ?? MAX_STEPS_DEFAULT);
  if (!Number.isFinite(stepMs) || stepMs < 1)
    throw new StoreError('invalid', 'stepMs: must be at least 1');
  const figures = query.rate === true ? (['rate'] as const) : (query.figures ?? ['mean']);
  const before = reader.scanner.damages.length;
  const empty = { stepMs, figures, series: [] };
  if (toMs < fromMs) return { ...empty, damaged: 0 };
  const needs = (...some: PointFigure[]): boolean =>
    query.rate !== true && some.some((figure) => (figures as readonly string[]).includes(figure));
  const filled = yield* reader.gridOf(
    reader.catalogue.select(query),
    fromMs,
    toMs,
    stepMs,
    0,
    {
      min: needs('min'),
      max: needs('max'),
      sum: needs('mean', 'sum'),
      last: needs('last'),
      increase: query.rate === true,
    },
    query.maxPoints ?? MAX_POINTS_DEFAULT,
  );
  const columns = figures.map((figure) => columnOf(filled.grid, figure));
  const timesMs = Float64Array.from(
    { length: filled.grid.steps },
    (_, step) => filled.startMs + step * stepMs,
  );
  let series = query.across
    ? across(reader, filled, columns, timesMs, query.across)
    : filled.series.flatMap((_, at) => alone(reader, filled, columns, timesMs, at));
  if (query.downsample) {
    const { width, method } = query.downsample;
    if (!(width >= 2)) throw new StoreError('invalid', 'downsample: width must be at least 2');
    const reduce = method === 'lttb' ? lttb : minMax;
    series = series.map((one) => {
      const kept = reduce(one.timesMs, one.columns[0] ?? new Float64Array(), Math.floor(width));
      const taken = (values: Float64Array): Float64Array =>
        Float64Array.from(kept, (at) => values[at] as number);
      return { ...one, timesMs: taken(one.timesMs), columns: one.columns.map(taken) };
    });
  }
  return { ...empty, series, damaged: reader.scanner.damages.length - before };
}

/** One figure for every step of every series; NaN where there is no value. */
function columnOf(grid: Grid, figure: PointFigure | 'rate'): Float64Array {
  const { counts } = grid;
  const values = new Float64Array(counts.length).fill(Number.NaN);
  if (figure === 'rate') {
    for (let at = 0; at < values.length; at++) {
      const seconds = ((grid.lastTimes[at] as number) - (grid.firstTimes[at] as number)) / 1000;
      if ((grid.firstTimes[at] as number) > 0 && seconds > 0)
        values[at] = (grid.increases[at] as number) / seconds;
    }
    return values;
  }
  const source = {
    min: grid.mins,
    max: grid.maxs,
    mean: grid.sums,
    sum: grid.sums,
    last: grid.lasts,
    count: counts,
  }[figure];
  for (let at = 0; at < values.length; at++) {
    const count = counts[at] as number;
    if (count > 0)
      values[at] = figure === 'mean' ? (source[at] as number) / count : (source[at] as number);
  }
  return values;
}

function alone(
  reader: HistoryReader,
  { grid, series }: FilledGrid,
  columns: readonly Float64Array[],
  timesMs: Float64Array,
  at: number,
): AggregatedSeries[] {
  const base = at * grid.steps;
  let some = false;
  for (let step = 0; step < grid.steps && !some; step++)
    some = (grid.counts[base + step] as number) > 0;
  if (!some) return [];
  const { hostId, key } = series[at] as { hostId: string; key: string };
  return [
    {
      labels: { host: hostId, ...reader.catalogue.labelsOf(key) },
      timesMs: timesMs.slice(),
      columns: columns.map((values) => values.slice(base, base + grid.steps)),
    },
  ];
}

function across(
  reader: HistoryReader,
  filled: FilledGrid,
  columns: readonly Float64Array[],
  timesMs: Float64Array,
  how: Across,
): AggregatedSeries[] {
  const { grid } = filled;
  const groups = new Map<string, { labels: Record<string, string>; members: number[] }>();
  for (const [at, { hostId, key }] of filled.series.entries()) {
    const all: Readonly<Record<string, string>> = {
      host: hostId,
      ...reader.catalogue.labelsOf(key),
    };
    const labels: Record<string, string> = {};
    for (const name of how.by ?? [])
      if (Object.hasOwn(all, name)) labels[name] = all[name] as string;
    const name = JSON.stringify(labels);
    const group = groups.get(name) ?? { labels, members: [] };
    groups.set(name, group);
    group.members.push(at);
  }
  if ('k' in how) {
    const { k, op } = how;
    if (!(k >= 1)) throw new StoreError('invalid', 'across: k must be at least 1');
    return [...groups.values()].flatMap(({ members }) => {
      const ranked = members
        .map((at) => [at, meanOf(columns[0] as Float64Array, at * grid.steps, grid.steps)] as const)
        .filter(([, mean]) => !Number.isNaN(mean))
        .sort(([, one], [, other]) => (op === 'topk' ? other - one : one - other));
      return ranked.slice(0, k).flatMap(([at]) => alone(reader, filled, columns, timesMs, at));
    });
  }
  if ('q' in how && !(how.q >= 0 && how.q <= 1))
    throw new StoreError('invalid', 'across: q must be from 0 to 1');
  return [...groups.values()].flatMap(({ labels, members }) => {
    const made = columns.map((values) => combined(values, members, grid.steps, how));
    if (made.every((values) => values.every(Number.isNaN))) return [];
    return [{ labels, timesMs: timesMs.slice(), columns: made }];
  });
}

function meanOf(values: Float64Array, base: number, steps: number): number {
  let sum = 0;
  let count = 0;
  for (let step = 0; step < steps; step++) {
    const value = values[base + step] as number;
    if (value !== value) continue;
    sum += value;
    count++;
  }
  return sum / count;
}

function combined(
  values: Float64Array,
  members: readonly number[],
  steps: number,
  how: Exclude<Across, { readonly k: number }>,
): Float64Array {
  const made = new Float64Array(steps);
  const some = new Float64Array(members.length);
  for (let step = 0; step < steps; step++) {
    let count = 0;
    for (const at of members) {
      const value = values[at * steps + step] as number;
      if (value === value) some[count++] = value;
    }
    made[step] = count === 0 ? Number.NaN : reduced(some.subarray(0, count), how);
  }
  return made;
}

function reduced(values: Float64Array, how: Exclude<Across, { readonly k: number }>): number {
  const sum = (): number => values.reduce((total, value) => total + value, 0);
  if (how.op === 'count') return values.length;
  if (how.op === 'sum') return sum();
  if (how.op === 'avg') return sum() / values.length;
  if (how.op === 'min') return values.reduce((least, value) => Math.min(least, value), Infinity);
  if (how.op === 'max') return values.reduce((max, value) => Math.max(max, value), -Infinity);
  if (!('q' in how)) return Number.NaN;
  // Linear between the two nearest ranks, as Prometheus's `quantile` does.
  values.sort();
  const rank = how.q * (values.length - 1);
  const low = values[Math.floor(rank)] as number;
  const high = values[Math.ceil(rank)] as number;
  const weight = rank - Math.floor(rank);
  return weight === 0 ? low : low * (1 - weight) + high * weight;
}
