/** Functions over the samples of a range, each for one window of one series. */
import type { Buckets } from './samples.ts';

/** Samples `[first, end)` of a series, those in `(startMs, endMs]`. */
export interface Window {
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
  readonly buckets: Buckets | undefined;
  readonly first: number;
  readonly end: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Time of the step. */
  readonly stepMs: number;
  /** The scalar argument at the step, if there is one. */
  readonly argument: number;
}

/** Undefined: no value at this step. The window has at least one sample. */
export type WindowFunction = (window: Window) => number | undefined;

/**
 * Increase over the window, corrected for resets of a counter and stretched to its edges where samples come near
 * enough: at most 1.1 mean intervals away, otherwise half of one, and never below a counter's zero. The rule is
 * Prometheus's (promql/functions.go, extrapolatedRate, as of 3.0).
 */
function stretchedIncrease(window: Window, counter: boolean): number | undefined {
  const { timesMs, values, first, end } = window;
  if (end - first < 2) return undefined;
  const from = values[first] as number;
  let increase = (values[end - 1] as number) - from;
  if (counter)
    for (let at = first + 1; at < end; at++)
      if ((values[at] as number) < (values[at - 1] as number)) increase += values[at - 1] as number;
  const sampled = ((timesMs[end - 1] as number) - (timesMs[first] as number)) / 1000;
  const interval = sampled / (end - first - 1);
  const near = interval * 1.1;
  let before = ((timesMs[first] as number) - window.startMs) / 1000;
  let after = (window.endMs - (timesMs[end - 1] as number)) / 1000;
  if (before >= near) before = interval / 2;
  if (counter && increase > 0 && from >= 0) before = Math.min(before, sampled * (from / increase));
  if (after >= near) after = interval / 2;
  return increase * ((sampled + before + after) / sampled);
}

const seconds = ({ startMs, endMs }: Window): number => (endMs - startMs) / 1000;

/** Difference of the last two samples, per second for `perSecond`. */
function lastTwo(window: Window, perSecond: boolean): number | undefined {
  const { timesMs, values, end, first } = window;
  if (end - first < 2) return undefined;
  const [before, last] = [values[end - 2] as number, values[end - 1] as number];
  if (!perSecond) return last - before;
  const interval = ((timesMs[end - 1] as number) - (timesMs[end - 2] as number)) / 1000;
  return (last < before ? last : last - before) / interval;
}

/** Least-squares line through the window; its value at `atMs`, and its slope per second. */
function line(
  window: Window,
  atMs: number,
): { readonly at: number; readonly slope: number } | undefined {
  const { timesMs, values, first, end } = window;
  const count = end - first;
  if (count < 2) return undefined;
  let constant = true;
  const [sumX, sumY, sumXY, sumXX] = [new Sum(), new Sum(), new Sum(), new Sum()];
  for (let place = first; place < end; place++) {
    const x = ((timesMs[place] as number) - atMs) / 1000;
    const y = values[place] as number;
    if (y !== values[first]) constant = false;
    sumX.add(x);
    sumY.add(y);
    sumXY.add(x * y);
    sumXX.add(x * x);
  }
  const start = values[first] as number;
  if (constant)
    return Number.isFinite(start) ? { at: start, slope: 0 } : { at: Number.NaN, slope: Number.NaN };
  const [x, y] = [sumX.total(), sumY.total()];
  const slope = (sumXY.total() - (x * y) / count) / (sumXX.total() - (x * x) / count);
  return { slope, at: y / count - (slope * x) / count };
}

/** Compensated sum (A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", 1974). */
export class Sum {
  #sum = 0;
  #lost = 0;

  add(value: number): void {
    const next = this.#sum + value;
    if (!Number.isFinite(next)) this.#lost = 0;
    else if (Math.abs(this.#sum) >= Math.abs(value)) this.#lost += this.#sum - next + value;
    else this.#lost += value - next + this.#sum;
    this.#sum = next;
  }

  total(): number {
    return this.#sum + this.#lost;
  }
}

function sum({ values, buckets, first, end }: Window): number {
  let [total, lost] = [0, 0];
  for (let place = first; place < end; place++) {
    const value = buckets
      ? (buckets.count[place] as number) * (buckets.mean[place] as number)
      : (values[place] as number);
    // As Sum adds.
    const next = total + value;
    if (next - next !== 0) lost = 0;
    else if (Math.abs(total) >= Math.abs(value)) lost += total - next + value;
    else lost += value - next + total;
    total = next;
  }
  return total + lost;
}

function count(window: Window): number {
  if (!window.buckets) return window.end - window.first;
  let all = 0;
  for (let place = window.first; place < window.end; place++)
    all += window.buckets.count[place] as number;
  return all;
}

/** The mean where a sum would be beyond the largest float. */
export function meanOf(values: Float64Array): number {
  const sum = new Sum();
  for (const value of values) sum.add(value);
  const plain = sum.total() / values.length;
  if (Number.isFinite(plain) || values.some((value) => !Number.isFinite(value))) return plain;
  let mean = 0;
  for (const [place, value] of values.entries()) mean += value / (place + 1) - mean / (place + 1);
  return mean;
}

function average(window: Window): number {
  const mean = sum(window) / count(window);
  if (Number.isFinite(mean)) return mean;
  const { values, buckets, first, end } = window;
  return meanOf((buckets?.mean ?? values).subarray(first, end));
}

/** Time of the sample with the most extreme value, the last one of several. */
function timeOfMost(window: Window, sign: 1 | -1): number {
  const { timesMs, values, first, end } = window;
  let best = first;
  for (let place = first + 1; place < end; place++) {
    const [value, before] = [values[place] as number, values[best] as number];
    if (sign * value >= sign * before || Number.isNaN(before)) best = place;
  }
  return (timesMs[best] as number) / 1000;
}

/** Median of the distances from the median. */
function medianDeviation({ values, buckets, first, end }: Window): number {
  const taken = (buckets?.mean ?? values).slice(first, end);
  const middle = quantileOf(0.5, taken);
  return quantileOf(
    0.5,
    taken.map((value) => Math.abs(value - middle)),
  );
}

function most(values: Float64Array, { first, end }: Window, sign: 1 | -1): number {
  let best = values[first] as number;
  for (let place = first + 1; place < end; place++) {
    const value = values[place] as number;
    if (sign * value > sign * best || Number.isNaN(best)) best = value;
  }
  return best;
}

/** Of buckets, the spread of their means. */
function variance(window: Window): number {
  let [all, mean, squares] = [0, 0, 0];
  for (let place = window.first; place < window.end; place++) {
    const { values, buckets } = window;
    const weight = buckets ? (buckets.count[place] as number) : 1;
    const value = (buckets?.mean ?? values)[place] as number;
    all += weight;
    const delta = value - mean;
    mean += (delta * weight) / all;
    squares += weight * delta * (value - mean);
  }
  return squares / all;
}

/** The φ-quantile with interpolation between neighbours, as Prometheus defines it; sorts in place. */
export function quantileOf(q: number, values: Float64Array): number {
  if (values.length === 0 || Number.isNaN(q)) return Number.NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  // Float64Array sorts NaN last, Prometheus has it first.
  values.sort();
  const numbers = values.findLastIndex((value) => !Number.isNaN(value)) + 1;
  const at = (place: number): number => {
    const nans = values.length - numbers;
    return place < nans ? Number.NaN : (values[place - nans] as number);
  };
  const rank = q * (values.length - 1);
  const low = Math.max(0, Math.floor(rank));
  const high = Math.min(values.length - 1, low + 1);
  const weight = rank - Math.floor(rank);
  return at(low) * (1 - weight) + at(high) * weight;
}

function changes({ values, first, end }: Window): number {
  let found = 0;
  for (let place = first + 1; place < end; place++) {
    const [before, now] = [values[place - 1] as number, values[place] as number];
    if (now !== before && !(Number.isNaN(now) && Number.isNaN(before))) found++;
  }
  return found;
}

function resets({ values, first, end }: Window): number {
  let found = 0;
  for (let place = first + 1; place < end; place++)
    if ((values[place] as number) < (values[place - 1] as number)) found++;
  return found;
}

export const windowFunctions: Readonly<Record<string, WindowFunction>> = {
  rate: (window) => {
    const increase = stretchedIncrease(window, true);
    return increase === undefined ? undefined : increase / seconds(window);
  },
  increase: (window) => stretchedIncrease(window, true),
  delta: (window) => stretchedIncrease(window, false),
  irate: (window) => lastTwo(window, true),
  idelta: (window) => lastTwo(window, false),
  deriv: (window) => line(window, window.timesMs[window.first] as number)?.slope,
  predict_linear: (window) => {
    const fit = line(window, window.stepMs);
    return fit && fit.at + fit.slope * window.argument;
  },
  changes,
  resets,
  sum_over_time: sum,
  count_over_time: count,
  avg_over_time: average,
  min_over_time: (window) => most(window.buckets?.min ?? window.values, window, -1),
  max_over_time: (window) => most(window.buckets?.max ?? window.values, window, 1),
  last_over_time: ({ values, end }) => values[end - 1],
  first_over_time: ({ values, first }) => values[first],
  ts_of_first_over_time: ({ timesMs, first }) => (timesMs[first] as number) / 1000,
  ts_of_last_over_time: ({ timesMs, end }) => (timesMs[end - 1] as number) / 1000,
  ts_of_min_over_time: (window) => timeOfMost(window, -1),
  ts_of_max_over_time: (window) => timeOfMost(window, 1),
  mad_over_time: medianDeviation,
  present_over_time: () => 1,
  stdvar_over_time: variance,
  stddev_over_time: (window) => Math.sqrt(variance(window)),
  quantile_over_time: ({ argument, values, buckets, first, end }) =>
    quantileOf(argument, (buckets?.mean ?? values).slice(first, end)),
};
