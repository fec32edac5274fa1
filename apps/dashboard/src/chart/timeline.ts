import type { SeriesSnapshot } from '@openmanager/react';

/** Past samples as the hub answers them. */
export interface PastColumns {
  readonly keys: readonly string[];
  readonly timesMs: readonly number[];
  readonly columns: readonly (readonly (number | null)[])[];
  /** Width of a step when samples were reduced to means, 0 for the samples themselves. */
  readonly stepMs: number;
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Series of one host on one time axis, ready to be drawn: null where there is no sample. */
export interface Timeline {
  /** Ascending, epoch ms. */
  readonly timesMs: readonly number[];
  readonly columns: ReadonlyMap<string, readonly (number | null)[]>;
  /** Spans without samples, to be shown as such. */
  readonly gaps: readonly Span[];
}

export interface TimelineInput {
  readonly keys: readonly string[];
  readonly past: PastColumns | null;
  readonly live: (key: string) => SeriesSnapshot;
  readonly span: Span;
  /** Usual distance of samples; two and a half of it without any is a gap. */
  readonly intervalMs: number;
}

const GAP_INTERVALS = 2.5;

/**
 * Joins stored and live samples. Where the past is the samples themselves both are united, so that rows
 * which arrive late heal the chart; where it is means per step, live samples continue after it.
 */
export function joinTimeline({ keys, past, live, span, intervalMs }: TimelineInput): Timeline {
  const liveFrom =
    past && past.stepMs > 0 ? (past.timesMs.at(-1) ?? -Infinity) + past.stepMs : -Infinity;
  const snapshots = keys.map((key) => live(key));
  const times = new Set<number>();
  if (past)
    for (const time of past.timesMs) if (time >= span.fromMs && time <= span.toMs) times.add(time);
  const seen = new Set<string>();
  for (const { timesMs } of snapshots) {
    // Series of one set share their times: look at each distinct set of times once.
    const mark = `${timesMs.length} ${timesMs[0]} ${timesMs.at(-1)}`;
    if (seen.has(mark)) continue;
    seen.add(mark);
    for (
      let index = firstAtOrAfter(timesMs, Math.max(span.fromMs, liveFrom));
      index < timesMs.length;
      index++
    ) {
      const time = timesMs[index] as number;
      if (time > span.toMs) break;
      times.add(time);
    }
  }
  const sorted = [...times].sort((a, b) => a - b);
  const limitMs = Math.max(intervalMs, past?.stepMs ?? 0) * GAP_INTERVALS;
  const { timesMs, gaps } = withBreaks(sorted, limitMs);
  const columns = new Map<string, readonly (number | null)[]>();
  keys.forEach((key, index) => {
    const snapshot = snapshots[index] as SeriesSnapshot;
    const place = past ? past.keys.indexOf(key) : -1;
    columns.set(key, column(timesMs, past, past?.columns[place], snapshot, liveFrom));
  });
  return { timesMs, columns, gaps };
}

/** Puts a row without values into each hole, where the lines break. */
function withBreaks(
  sorted: readonly number[],
  limitMs: number,
): { readonly timesMs: number[]; readonly gaps: Span[] } {
  const timesMs: number[] = [];
  const gaps: Span[] = [];
  let before: number | undefined;
  for (const time of sorted) {
    if (before !== undefined && time - before > limitMs) {
      gaps.push({ fromMs: before, toMs: time });
      timesMs.push(before + 1);
    }
    timesMs.push(time);
    before = time;
  }
  return { timesMs, gaps };
}

function column(
  timesMs: readonly number[],
  past: PastColumns | null,
  pastValues: readonly (number | null)[] | undefined,
  live: SeriesSnapshot,
  liveFrom: number,
): (number | null)[] {
  const values: (number | null)[] = Array.from({ length: timesMs.length }, () => null);
  let pastAt = 0;
  let liveAt = firstAtOrAfter(live.timesMs, Math.max(timesMs[0] ?? 0, liveFrom));
  for (let row = 0; row < timesMs.length; row++) {
    const time = timesMs[row] as number;
    if (past && pastValues) {
      while (pastAt < past.timesMs.length && (past.timesMs[pastAt] as number) < time) pastAt++;
      if (past.timesMs[pastAt] === time) values[row] = pastValues[pastAt] ?? null;
    }
    while (liveAt < live.timesMs.length && (live.timesMs[liveAt] as number) < time) liveAt++;
    if (live.timesMs[liveAt] === time) {
      const value = live.values[liveAt] as number;
      if (!Number.isNaN(value)) values[row] = value;
    }
  }
  return values;
}

/** Place of the first time at or after `fromMs` in ascending times. */
export function firstAtOrAfter(timesMs: ArrayLike<number>, fromMs: number): number {
  let low = 0;
  let high = timesMs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timesMs[middle] as number) < fromMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Running sums, first series at the bottom; null where no series has a value. */
export function stack(columns: readonly (readonly (number | null)[])[]): (number | null)[][] {
  const length = columns[0]?.length ?? 0;
  const sums = new Float64Array(length);
  const present = new Uint8Array(length);
  for (const values of columns)
    for (let row = 0; row < length; row++) if (typeof values[row] === 'number') present[row] = 1;
  return columns.map((values) =>
    Array.from({ length }, (_, row) => {
      const sum = (sums[row] ?? 0) + (values[row] ?? 0);
      sums[row] = sum;
      return present[row] === 1 ? sum : null;
    }),
  );
}

export interface Extent {
  readonly min: number;
  readonly mean: number;
  readonly max: number;
}

export function extentOf(values: readonly (number | null)[]): Extent | null {
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  let count = 0;
  for (const value of values) {
    if (value === null) continue;
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
    count++;
  }
  return count === 0 ? null : { min, max, mean: sum / count };
}
