/**
 * Sums of weighted products of a series with itself at every pair of lags, up to several ends: all that the normal
 * equations of a regression on lags consist of. A pair's product is that of any other pair as far apart, some samples
 * earlier; so each distance is summed once, however many pairs have it.
 */

/**
 * Σ growth^(t − end) · v[t − lags[i]] · v[t − lags[j]] over t = from … end − 1, for each of the ascending `ends`: row-major,
 * the lower half filled. `lags` ascend from 0; `from` is at least the longest lag. A growth above 1 makes later rows weigh more.
 */
export function lagProducts(
  values: Float64Array,
  lags: Int32Array,
  from: number,
  ends: readonly number[],
  growth: number,
): Float64Array[] {
  const size = lags.length;
  const length = ends.at(-1) as number;
  const sums = ends.map(() => new Float64Array(size * size));
  // Weighted by the sample's own place; a pair's is the same but for a factor.
  const weighted = weightedBy(values, length, growth);
  const running = new Float64Array(length + 1);
  for (const [distance, pairs] of byDistance(lags)) {
    let sum = 0;
    running[distance] = 0;
    for (let t = distance; t < length; t++) {
      sum += (weighted[t] as number) * (values[t - distance] as number);
      running[t + 1] = sum;
    }
    for (let e = 0; e < ends.length; e++) {
      const end = ends[e] as number;
      const target = sums[e] as Float64Array;
      for (const at of pairs) {
        const lag = lags[at % size] as number;
        const range = (running[end - lag] as number) - (running[from - lag] as number);
        target[at] = range * growth ** (length - end + lag);
      }
    }
  }
  return sums;
}

function weightedBy(values: Float64Array, length: number, growth: number): Float64Array {
  if (growth === 1) return values;
  const weighted = new Float64Array(length);
  let weight = 1;
  for (let t = length - 1; t >= 0; t--) {
    weight /= growth;
    weighted[t] = weight * (values[t] as number);
  }
  return weighted;
}

/** Places of the lower half (row · size + column) by the distance of their lags; the column has the smaller lag. */
function byDistance(lags: Int32Array): Map<number, number[]> {
  const places = new Map<number, number[]>();
  for (let i = 0; i < lags.length; i++)
    for (let j = 0; j <= i; j++) {
      const distance = (lags[i] as number) - (lags[j] as number);
      const own = places.get(distance);
      if (own === undefined) places.set(distance, [i * lags.length + j]);
      else own.push(i * lags.length + j);
    }
  return places;
}
