/**
 * Functions over ranges that reach back to where only buckets are kept. A range that is shorter than a bucket is
 * answered from the bucket that it lies in. Rates are exact where first values and resets are kept (docs/format/chunk.md);
 * what buckets cannot tell exactly is estimated, and either is said in a warning.
 */
import { SECOND_MS, MINUTE_MS, HOUR_MS } from '@openmanager/protocol/durations';
import type { Buckets, Samples, Series } from './samples.ts';
import { quantileOf, windowFunctions, type Window } from './window.ts';

interface BucketWindow extends Window {
  readonly buckets: Buckets;
}

export interface RangeSteps {
  readonly rangeMs: number;
  /** End of the range at each step, and the time of the step itself. */
  readonly ends: Float64Array;
  readonly times: Float64Array;
  /** The scalar argument at each step, if there is one. */
  readonly argument: Float64Array | undefined;
}

/** Values made up of at most so many points for one window. */
const MAX_SPREAD = 1024;

/** Fills `out` with the function's value at each step. */
export function overBuckets(
  name: string,
  { timesMs, values, buckets }: Samples & { readonly buckets: Buckets },
  { rangeMs, ends, times, argument }: RangeSteps,
  out: Series,
  warn: (text: string) => void,
): void {
  const apply = bucketFunctions[name] ?? windowFunctions[name];
  let [first, end] = [0, 0];
  for (let step = 0; step < times.length; step++) {
    const endMs = ends[step] as number;
    while (end < timesMs.length && (timesMs[end] as number) <= endMs) end++;
    while (first < end && (timesMs[first] as number) <= endMs - rangeMs) first++;
    let from = first;
    let to = end;
    if (from === to) {
      const width = buckets.widthsMs[end] ?? 0;
      const startMs = (timesMs[end] ?? Infinity) + 1 - width;
      if (width <= rangeMs || startMs > endMs) continue;
      from = end;
      to = end + 1;
    }
    const width = buckets.widthsMs[to - 1] as number;
    const window: BucketWindow = {
      timesMs,
      values,
      buckets,
      first: from,
      end: to,
      startMs: endMs - rangeMs,
      endMs,
      stepMs: times[step] as number,
      argument: argument?.[step] ?? Number.NaN,
    };
    let value = apply?.(window);
    if (value === undefined) continue;
    if (width > rangeMs) {
      warn(
        `${name}: the range of ${shown(rangeMs)} is shorter than the buckets of ${shown(width)} that are kept of this time; it was widened to them`,
      );
      if (name === 'sum_over_time' || name === 'count_over_time') value *= rangeMs / width;
    } else if (ESTIMATED.has(name) && (buckets.widthsMs[from] as number) > 0)
      warn(
        `${name}: estimated from buckets of ${shown(buckets.widthsMs[from] as number)}, which are kept of this time`,
      );
    if (RESETTING.has(name) && !knowsResets(window))
      warn(
        `${name}: resets within the buckets of ${shown(buckets.widthsMs[from] as number)} that are kept of this time are not known, as the series did not look like a counter`,
      );
    out.values[step] = value;
    out.present[step] = 1;
  }
}

const RESETTING = new Set(['rate', 'increase', 'irate', 'resets']);
const ESTIMATED = new Set([
  'irate',
  'idelta',
  'changes',
  'deriv',
  'predict_linear',
  'quantile_over_time',
  'mad_over_time',
  'stddev_over_time',
  'stdvar_over_time',
  'ts_of_first_over_time',
  'ts_of_min_over_time',
  'ts_of_max_over_time',
]);

function shown(ms: number): string {
  for (const [unit, of] of [
    [HOUR_MS, 'h'],
    [MINUTE_MS, 'm'],
    [SECOND_MS, 's'],
  ] as const)
    if (ms % unit === 0) return `${ms / unit}${of}`;
  return `${ms}ms`;
}

const widthOf = ({ buckets }: BucketWindow, place: number): number =>
  buckets.widthsMs[place] as number;

/** Mean time between the samples of a bucket, ms. */
const intervalOf = (window: BucketWindow, place: number): number =>
  widthOf(window, place) / (window.buckets.count[place] as number);

/** Where the first and the last sample of a point are taken to lie: half an interval from the edges of a bucket. */
function startOf(window: BucketWindow, place: number): number {
  const time = window.timesMs[place] as number;
  const width = widthOf(window, place);
  return width === 0 ? time : time + 1 - width + intervalOf(window, place) / 2;
}

function lastOf(window: BucketWindow, place: number): number {
  const time = window.timesMs[place] as number;
  return widthOf(window, place) === 0 ? time : time + 1 - intervalOf(window, place) / 2;
}

/** The first value of a point; undefined where it is not kept. */
function firstValue(window: BucketWindow, place: number): number | undefined {
  if (widthOf(window, place) === 0) return window.values[place];
  const first = window.buckets.counter?.first[place] ?? Number.NaN;
  return Number.isNaN(first) ? undefined : first;
}

function knowsResets(window: BucketWindow): boolean {
  for (let place = window.first; place < window.end; place++)
    if (firstValue(window, place) === undefined) return false;
  return true;
}

/** What a counter rose by from one value to the next. */
const risen = (from: number, to: number): number => (to < from ? to : to - from);

/** What the values of a point rose by among themselves, from `first`. */
function within(window: BucketWindow, place: number, first: number): number {
  const lost = widthOf(window, place) === 0 ? 0 : (window.buckets.counter?.lost[place] ?? 0);
  return (window.values[place] as number) - first + lost;
}

/** Per second over the window, stretched to its edges as `rate()` of samples is (window.ts). */
function slope(window: BucketWindow, isCounter: boolean): number | undefined {
  const { first, end, values, buckets } = window;
  const known = firstValue(window, first);
  let [from, fromMs, samples] = [known, startOf(window, first), 0];
  for (let place = first; place < end; place++) samples += buckets.count[place] as number;
  // The bucket before ends where this one begins.
  const before = first - 1;
  const touches =
    before >= 0 &&
    (window.timesMs[before] as number) + 2 * widthOf(window, first) >
      (window.timesMs[first] as number) + 1;
  let change = known === undefined ? 0 : within(window, first, known);
  if (known === undefined) {
    const start = touches ? before : first;
    from = values[start] as number;
    fromMs = lastOf(window, start);
    samples = touches ? samples + 1 : end - first;
    change = touches ? risen(from, values[first] as number) : 0;
  }
  for (let place = first + 1; place < end; place++) {
    const next = firstValue(window, place);
    const last = values[place - 1] as number;
    change +=
      next === undefined
        ? risen(last, values[place] as number)
        : risen(last, next) + within(window, place, next);
  }
  if (!isCounter) change = (values[end - 1] as number) - (from as number);
  const toMs = lastOf(window, end - 1);
  const sampled = toMs - fromMs;
  if (samples < 2 || !(sampled > 0)) return undefined;
  const width = widthOf(window, end - 1);
  const bucketEnd = (window.timesMs[end - 1] as number) + 1;
  const endMs = width > 0 && window.endMs - bucketEnd < width ? bucketEnd : window.endMs;
  const rangeMs = Math.max(window.endMs - window.startMs, width);
  const mean = sampled / (samples - 1);
  let head = fromMs - (endMs - rangeMs);
  let tail = endMs - toMs;
  if (head >= 1.1 * mean) head = mean / 2;
  if (isCounter && change > 0 && (from as number) >= 0)
    head = Math.min(head, sampled * ((from as number) / change));
  if (tail >= 1.1 * mean) tail = mean / 2;
  return (change * ((sampled + head + tail) / sampled) * 1000) / rangeMs;
}

/** The mean change between the samples of the last bucket, or that from the point before, in one `interval`. */
function lastStep(
  window: BucketWindow,
  isCounter: boolean,
): { readonly change: number; readonly intervalMs: number } | undefined {
  const { values, end, buckets } = window;
  const place = end - 1;
  const value = values[place] as number;
  const first = firstValue(window, place);
  const steps = (buckets.count[place] as number) - 1;
  if (widthOf(window, place) > 0 && first !== undefined && steps > 0) {
    const change = isCounter ? within(window, place, first) : value - first;
    return { change: change / steps, intervalMs: intervalOf(window, place) };
  }
  if (place < 1) return undefined;
  const before = values[place - 1] as number;
  const gap = lastOf(window, place) - lastOf(window, place - 1);
  const intervalMs = widthOf(window, place) === 0 ? gap : intervalOf(window, place);
  const change = isCounter ? risen(before, value) : value - before;
  return { change: (change * intervalMs) / gap, intervalMs };
}

/** Exponent of the curve between the least and the largest value that has the bucket's mean. */
function curveOf({ min, max, mean }: Buckets, place: number): number {
  const share =
    ((mean[place] as number) - (min[place] as number)) /
    ((max[place] as number) - (min[place] as number));
  return Math.min(1000, Math.max(0.001, 1 / share - 1));
}

/** Values as the samples may have been: least and largest as they were, the others so that the mean is. */
function spread({ buckets, first, end }: BucketWindow): Float64Array {
  const made: number[] = [];
  let samples = 0;
  for (let place = first; place < end; place++) samples += buckets.count[place] as number;
  for (let place = first; place < end; place++) {
    const [least, most] = [buckets.min[place] as number, buckets.max[place] as number];
    const count = Math.max(
      1,
      Math.round((buckets.count[place] as number) * Math.min(1, MAX_SPREAD / samples)),
    );
    const curve = curveOf(buckets, place);
    for (let at = 0; at < count; at++)
      made.push(
        count === 1 || !(most > least)
          ? (buckets.mean[place] as number)
          : least + (most - least) * (at / (count - 1)) ** curve,
      );
  }
  return Float64Array.from(made);
}

function variance(window: BucketWindow): number {
  const values = spread(window);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}

function resets(window: BucketWindow): number {
  const { values, first, end, buckets } = window;
  let found = 0;
  for (let place = first; place < end; place++) {
    const kept = buckets.counter?.resets[place] ?? Number.NaN;
    if (widthOf(window, place) > 0 && !Number.isNaN(kept)) found += kept;
    const next = firstValue(window, place) ?? values[place] ?? Number.NaN;
    if (place > first && next < (values[place - 1] as number)) found++;
  }
  return found;
}

type BucketFunction = (window: BucketWindow) => number | undefined;

const seconds = ({ startMs, endMs }: Window): number => (endMs - startMs) / 1000;

function times(value: number | undefined, by: number): number | undefined {
  return value === undefined ? undefined : value * by;
}

const bucketFunctions: Readonly<Record<string, BucketFunction>> = {
  rate: (window) => slope(window, true),
  increase: (window) => times(slope(window, true), seconds(window)),
  delta: (window) => times(slope(window, false), seconds(window)),
  irate: (window) => {
    const step = lastStep(window, true);
    return step && (step.change * 1000) / step.intervalMs;
  },
  idelta: (window) => lastStep(window, false)?.change,
  resets,
  first_over_time: (window) =>
    firstValue(window, window.first) ?? window.buckets.mean[window.first],
  mad_over_time: (window) => {
    const values = spread(window);
    const middle = quantileOf(0.5, values);
    return quantileOf(
      0.5,
      values.map((value) => Math.abs(value - middle)),
    );
  },
  quantile_over_time: (window) => quantileOf(window.argument, spread(window)),
  stdvar_over_time: variance,
  stddev_over_time: (window) => Math.sqrt(variance(window)),
};
