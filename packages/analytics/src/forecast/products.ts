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
  const places = Int32Array.from(ends);
  const sums = new Float64Array(ends.length * size * size);
  // Weighted by the sample's own place; a pair's is the same but for a factor.
  const weighted = weightedBy(values, length, growth);
  const ofLag = Float64Array.from(lags, (lag) => growth ** lag);
  const ofEnd = Float64Array.from(ends, (end) => growth ** (length - end));
  const running = new Float64Array(length + 1);
  for (const [distance, pairs] of byDistance(lags)) {
    sumProducts(weighted, values, distance, running);
    for (const [row, column] of pairs) {
      const lag = lags[column] as number;
      const factor = ofLag[column] as number;
      const before = running[from - lag] as number;
      for (let e = 0, at = row * size + column; e < places.length; e++, at += size * size)
        sums[at] =
          ((running[(places[e] as number) - lag] as number) - before) *
          factor *
          (ofEnd[e] as number);
    }
  }
  return ends.map((_, e) => sums.subarray(e * size * size, (e + 1) * size * size));
}

/** Into `running[t]`: Σ weighted[u] · values[u − distance] over u = distance … t − 1. */
function sumProducts(
  weighted: Float64Array,
  values: Float64Array,
  distance: number,
  running: Float64Array,
): void {
  const end = running.length - 1;
  let sum = 0;
  running[distance] = 0;
  for (let t = distance; t < end; t++) {
    sum += (weighted[t] as number) * (values[t - distance] as number);
    running[t + 1] = sum;
  }
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

/** Rows and columns of the lower half by the distance of their lags; the column has the smaller lag. */
function byDistance(lags: Int32Array): Map<number, [row: number, column: number][]> {
  const pairs = new Map<number, [number, number][]>();
  for (let row = 0; row < lags.length; row++)
    for (let column = 0; column <= row; column++) {
      const distance = (lags[row] as number) - (lags[column] as number);
      const own = pairs.get(distance);
      if (own === undefined) pairs.set(distance, [[row, column]]);
      else own.push([row, column]);
    }
  return pairs;
}
