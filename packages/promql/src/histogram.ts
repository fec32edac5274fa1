/** Quantiles and shares of classic histograms: series `…_bucket` with a label `le`. */
import { type Labels, labelsKey } from '@openmanager/store/contract';
import { emptySeries, type Series, withoutLabels } from './samples.ts';

interface Bucket {
  /** Upper bound. */
  readonly le: number;
  count: number;
}

/** Applied to the buckets of one histogram at one step: by bound, cumulative, the last one without a bound. */
type OfBuckets = (buckets: readonly Bucket[], step: number) => number;

function boundOf(labels: Labels): number | undefined {
  const text = labels.get('le');
  if (text === undefined || text.trim() === '') return undefined;
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  const bound = infinite ? (infinite[1] === '-' ? -Infinity : Infinity) : Number(text);
  return Number.isNaN(bound) ? undefined : bound;
}

export function ofHistograms(
  series: readonly Series[],
  steps: number,
  compute: OfBuckets,
): Series[] {
  const groups = new Map<string, { readonly labels: Labels; readonly of: [number, Series][] }>();
  for (const one of series) {
    const bound = boundOf(one.labels);
    if (bound === undefined) continue;
    const labels = withoutLabels(one.labels, ['__name__', 'le']);
    const key = labelsKey(labels);
    const group = groups.get(key);
    if (group) group.of.push([bound, one]);
    else groups.set(key, { labels, of: [[bound, one]] });
  }
  return [...groups.values()].map(({ labels, of }) => {
    of.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    const out = emptySeries(labels, steps);
    for (let step = 0; step < steps; step++) {
      const buckets: Bucket[] = [];
      for (const [le, { values, present }] of of) {
        if (!present[step]) continue;
        const last = buckets.at(-1);
        if (last?.le === le) last.count += values[step] as number;
        else buckets.push({ le, count: values[step] as number });
      }
      if (buckets.length === 0) continue;
      out.present[step] = 1;
      out.values[step] = buckets.at(-1)?.le === Infinity ? compute(buckets, step) : Number.NaN;
    }
    return out;
  });
}

/** Interpolated within the bucket; the first one begins at 0 unless its bound is below. */
export function quantileOfBuckets(q: number, buckets: readonly Bucket[]): number {
  if (Number.isNaN(q)) return Number.NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  if (buckets.length < 2) return Number.NaN;
  let most = 0;
  // Rates of buckets that were read at different times may fall: no count is below the one before it.
  const counts = buckets.map(
    ({ count }, place) => (most = place === 0 ? count : Math.max(most, count)),
  );
  const all = counts.at(-1) as number;
  if (all === 0 || Number.isNaN(all)) return Number.NaN;
  const rank = q * all;
  const found = counts.findIndex((count) => count >= rank);
  const place = found < 0 ? counts.length - 1 : found;
  const bound = (at: number): number => (buckets[at] as Bucket).le;
  if (place === counts.length - 1) return bound(counts.length - 2);
  if (place === 0 && bound(0) <= 0) return bound(0);
  const [start, before] = place === 0 ? [0, 0] : [bound(place - 1), counts[place - 1] as number];
  const share = (rank - before) / ((counts[place] as number) - before);
  return start + (bound(place) - start) * share;
}

/** Share of what was observed in `(lower, upper]`. */
export function fractionOfBuckets(
  lower: number,
  upper: number,
  buckets: readonly Bucket[],
): number {
  const all = buckets.at(-1)?.count ?? 0;
  if (all === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN;
  if (lower >= upper) return 0;
  return (rankOf(upper, buckets) - rankOf(lower, buckets)) / all;
}

/** How many observations lie below the value, evenly spread within its bucket. */
function rankOf(value: number, buckets: readonly Bucket[]): number {
  let [start, rank] = [-Infinity, 0];
  for (const [place, { le, count }] of buckets.entries()) {
    if (start >= value) return rank;
    if (le > value) {
      const from = place === 0 && le > 0 ? 0 : start;
      if (value <= from) return rank;
      return Number.isFinite(from) ? rank + ((count - rank) * (value - from)) / (le - from) : count;
    }
    [start, rank] = [le, count];
  }
  return rank;
}
