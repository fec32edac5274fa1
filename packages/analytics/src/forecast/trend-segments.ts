/**
 * Where a trend changes: a series cut into straight lines, as few as the data ask for. Optimal partitioning with
 * pruning (PELT: Killick, Fearnhead and Eckley, JASA 107, 2012); a further line has to lower the squared errors by the
 * Bayesian information criterion's price of its three parameters.
 */
import { LineSums } from './line-sums.ts';

export interface TrendSegmentsOptions {
  /** Values that a line has at least. @default 4 */
  readonly minValues?: number;
  /** Factor of the price of a further line; more finds fewer. @default 1.5: neighbouring days are not independent */
  readonly caution?: number;
  /** Newest samples that are used. @default 400 */
  readonly maxSamples?: number;
}

export const trendSegmentsDefaults: Required<TrendSegmentsOptions> = {
  minValues: 4,
  caution: 1.5,
  maxSamples: 400,
};

export interface TrendSegment {
  /** First sample, and the one after the last. The first of every segment but the first is a change point. */
  readonly from: number;
  readonly to: number;
  /** Of the line at its first and its last sample. */
  readonly first: number;
  readonly last: number;
  /** Change per sample. */
  readonly slope: number;
}

/** Floor of the noise estimate, as a share of the whole spread. */
const MIN_NOISE = 0.02;
/** Of the median absolute value of a normal distribution to its deviation. */
const MAD_FACTOR = 1.4826;

/**
 * `values`: such as daily means, NaN for a gap. Segments lie one after the other; none where fewer than `minValues`
 * are known.
 */
export function trendSegments(
  values: Float64Array,
  options: TrendSegmentsOptions = {},
): TrendSegment[] {
  const { minValues, caution, maxSamples } = { ...trendSegmentsDefaults, ...options };
  const start = Math.max(0, values.length - maxSamples);
  const sums = new LineSums(values.subarray(start));
  if (sums.known(0, sums.length) < minValues) return [];
  const noise = Math.max(noiseOf(sums.scaled), MIN_NOISE * sums.spread());
  const price = caution * 3 * Math.log(Math.max(2, sums.length)) * noise ** 2;
  const cuts = partition(sums, minValues, price);
  return cuts.slice(1).map((to, index) => {
    const from = cuts[index] as number;
    const { level, slope } = sums.line(from, to);
    const last = level + slope * (to - 1 - from);
    return {
      from: from + start,
      to: to + start,
      first: sums.back(level),
      last: sums.back(last),
      slope: sums.backSlope(slope),
    };
  });
}

/** Ends of the segments, 0 first. */
function partition(sums: LineSums, least: number, price: number): number[] {
  const { length } = sums;
  const best = new Float64Array(length + 1).fill(Infinity);
  const previous = new Int32Array(length + 1);
  best[0] = -price;
  let candidates = [0];
  for (let to = 1; to <= length; to++) {
    const costs = candidates.map((from) =>
      sums.known(from, to) < least ? Infinity : (best[from] as number) + sums.squares(from, to),
    );
    for (const [index, cost] of costs.entries())
      if (cost + price < (best[to] as number)) {
        best[to] = cost + price;
        previous[to] = candidates[index] as number;
      }
    // A start that is already worse than the best way here never catches up; those too near to have a line stay.
    candidates = candidates.filter(
      (_, index) => costs[index] === Infinity || (costs[index] as number) <= (best[to] as number),
    );
    candidates.push(to);
  }
  const cuts = [length];
  while ((cuts[0] as number) > 0) cuts.unshift(previous[cuts[0] as number] as number);
  return cuts;
}

/** Deviation of values from lines through their neighbours, robust: changes of the trend are few. */
function noiseOf(values: Float64Array): number {
  const known = [...values.keys()].filter((t) => !Number.isNaN(values[t]));
  const misses = known.slice(2).map((after, index) => {
    const before = known[index] as number;
    const here = known[index + 1] as number;
    const share = (here - before) / (after - before);
    const expected = share * (values[after] as number) + (1 - share) * (values[before] as number);
    // Its variance is that of one value, and of the two by their shares.
    return Math.abs((values[here] as number) - expected) / Math.hypot(1, share, 1 - share);
  });
  misses.sort((a, b) => a - b);
  return MAD_FACTOR * (misses[misses.length >> 1] ?? 0);
}
