/**
 * M4's benchmark Naive 2: the last value, seasonally adjusted by classical multiplicative decomposition where the
 * autocorrelation at the season passes a test at 90 %.
 */
export function naive2(train: Float64Array, season: number, horizon: number): Float64Array {
  const indices = isSeasonal(train, season)
    ? seasonalIndices(train, season)
    : new Float64Array(season).fill(1);
  const last = train.length - 1;
  const level = (train[last] as number) / (indices[last % season] as number);
  return Float64Array.from(
    { length: horizon },
    (_, step) => level * (indices[(train.length + step) % season] as number),
  );
}

/** Value of the normal distribution for the test. */
const CRITICAL = 1.645;

export function isSeasonal(train: Float64Array, season: number): boolean {
  if (train.length < 3 * season) return false;
  const middle = train.reduce((sum, value) => sum + value, 0) / train.length;
  const products = (lag: number): number => {
    let sum = 0;
    for (let t = lag; t < train.length; t++)
      sum += ((train[t] as number) - middle) * ((train[t - lag] as number) - middle);
    return sum;
  };
  const variance = products(0);
  let squares = 0;
  for (let lag = 1; lag < season; lag++) squares += (products(lag) / variance) ** 2;
  const limit = CRITICAL * Math.sqrt((1 + 2 * squares) / train.length);
  return Math.abs(products(season) / variance) > limit;
}

/** Mean ratio of each slot to the centred moving average over an even season; their mean is 1. */
export function seasonalIndices(train: Float64Array, season: number): Float64Array {
  const half = season / 2;
  const sums = new Float64Array(season);
  const counts = new Float64Array(season);
  for (let t = half; t < train.length - half; t++) {
    let average = ((train[t - half] as number) + (train[t + half] as number)) / 2;
    for (let near = 1 - half; near < half; near++) average += train[t + near] as number;
    const slot = t % season;
    sums[slot] = (sums[slot] as number) + ((train[t] as number) * season) / average;
    counts[slot] = (counts[slot] as number) + 1;
  }
  const indices = sums.map((sum, slot) => sum / (counts[slot] as number));
  const total = indices.reduce((sum, index) => sum + index, 0);
  return indices.map((index) => (index * season) / total);
}
