/** The range query of one host: rows as they are up to a bound, means per step beyond it. */
import type { Grid } from './grid.ts';
import type { HistoryReader } from './history-reader.ts';
import type { KnownHost } from './catalogue.ts';
import { MAX_TIME_MS, type Tier } from '../file/layout.ts';
import type { RangeQuery, RangeResult } from '../contract/metric-store.ts';
import { wantedOf, type Wanted } from './scan.ts';
import { isNotNumbers } from '../contract/not-numbers.ts';
import { stepFor } from '../contract/steps.ts';

/** Values an answer may hold at most. */
const MAX_VALUES = 20_000_000;

export function* range(
  reader: HistoryReader,
  tiers: readonly Tier[],
  query: RangeQuery,
): Generator<void, RangeResult> {
  const host = reader.catalogue.all().get(query.hostId);
  const keys =
    query.keys ??
    [...new Set(host?.sets.flatMap((set) => set.keys))].filter((key) => !isNotNumbers(key));
  const nothing: RangeResult = {
    keys,
    timesMs: new Float64Array(),
    columns: keys.map(() => new Float64Array()),
    stepMs: 0,
  };
  const extent = host && reader.extents.of(host);
  if (!host || !extent || keys.length === 0) return nothing;
  const fromMs = Math.max(0, query.fromMs, extent[0]);
  const toMs = Math.min(query.toMs, extent[1], MAX_TIME_MS);
  const maxPoints = Math.max(1, Math.floor(query.maxPoints));
  if (toMs < fromMs) return nothing;
  const wanted = wantedOf(host, new Map(keys.map((key, column) => [key, column])));
  const rows = yield* asTheyAre(reader, tiers, host, wanted, fromMs, toMs, maxPoints, keys.length);
  if ('timesMs' in rows) return { keys, ...rows, stepMs: 0 };
  const lastMs = reader.extents.lastTime(host, wanted, rows.fromMs, toMs);
  const stepMs = stepFor(rows.fromMs, lastMs, maxPoints, rows.unitMs);
  const { grid, startMs } = yield* reader.gridOf(
    [{ host, keys }],
    rows.fromMs,
    Math.max(rows.fromMs, lastMs),
    stepMs,
    0,
    { sum: true },
    MAX_VALUES,
  );
  return { keys, ...means(grid, startMs, stepMs), stepMs };
}

interface TooMany {
  /** Of the first row. */
  readonly fromMs: number;
  /** Width that steps must be made of: that of the buckets there are. */
  readonly unitMs: number;
}

interface Part {
  readonly timesMs: Float64Array;
  readonly columns: readonly (readonly [column: number, values: Float64Array])[];
}

function* asTheyAre(
  reader: HistoryReader,
  tiers: readonly Tier[],
  host: KnownHost,
  wanted: readonly Wanted[],
  fromMs: number,
  toMs: number,
  maxPoints: number,
  width: number,
): Generator<void, Pick<RangeResult, 'timesMs' | 'columns'> | TooMany> {
  const times = new Set<number>();
  const parts: Part[] = [];
  for (const segment of reader.planner.plan(host.number, 0, fromMs, toMs)) {
    for (const one of wanted)
      for (const found of reader.scanner.chunks(host, one, segment)) {
        const end = found.first + found.rows;
        const timesMs = found.timesMs.subarray(found.first, end);
        for (const time of timesMs) times.add(time);
        const unitMs = found.level === 0 ? 1 : (tiers[found.level - 1] as Tier).bucketMs;
        if (found.level > 0 || times.size > maxPoints)
          return {
            fromMs: reader.extents.firstTime(host, wanted, fromMs, toMs, Math.min(...times)),
            unitMs,
          };
        parts.push({
          timesMs,
          columns: found.pairs.flatMap(([place, column]) => {
            const values = found.column(place, 0);
            return values ? [[column, values.slice(found.first, end)] as const] : [];
          }),
        });
        yield;
      }
  }
  return merged(parts, Float64Array.from(times).sort(), width);
}

/** Merges parts by time; where two sets hold a series at the same time, the mean of both counts. */
function merged(
  parts: readonly Part[],
  timesMs: Float64Array,
  width: number,
): Pick<RangeResult, 'timesMs' | 'columns'> {
  const rowOf = new Map(Array.from(timesMs, (time, row) => [time, row]));
  const columns = Array.from({ length: width }, () =>
    new Float64Array(timesMs.length).fill(Number.NaN),
  );
  const counts = new Map<Float64Array, Uint8Array>();
  for (const part of parts) {
    const rows = Array.from(part.timesMs, (time) => rowOf.get(time) as number);
    for (const [column, values] of part.columns) {
      const into = columns[column] as Float64Array;
      for (const [index, row] of rows.entries()) {
        const value = values[index] as number;
        const there = into[row] as number;
        if (value !== value) continue;
        if (there !== there) {
          into[row] = value;
          continue;
        }
        const count = counts.get(into) ?? new Uint8Array(timesMs.length).fill(1);
        counts.set(into, count);
        const before = count[row] as number;
        into[row] = (there * before + value) / (before + 1);
        count[row] = before + 1;
      }
    }
  }
  return { timesMs, columns };
}

/** Steps without any sample are left out. */
function means(
  grid: Grid,
  startMs: number,
  stepMs: number,
): Pick<RangeResult, 'timesMs' | 'columns'> {
  const used: number[] = [];
  for (let step = 0; step < grid.steps; step++)
    for (let column = 0; column < grid.width; column++)
      if ((grid.counts[column * grid.steps + step] as number) > 0) {
        used.push(step);
        break;
      }
  return {
    timesMs: Float64Array.from(used, (step) => startMs + step * stepMs),
    columns: Array.from({ length: grid.width }, (_, column) =>
      Float64Array.from(used, (step) => {
        const at = column * grid.steps + step;
        return (grid.sums[at] as number) / (grid.counts[at] as number);
      }),
    ),
  };
}
