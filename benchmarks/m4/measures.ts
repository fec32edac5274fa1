/**
 * The measures of the M4 competition, after Makridakis, Spiliotis and Assimakopoulos, "The M4 Competition: 100,000 time
 * series and 61 forecasting methods", International Journal of Forecasting 36, 2020.
 */

/** Mean of 2 |y − f| / (|y| + |f|), in percent. */
export function smape(forecast: Float64Array, came: Float64Array): number {
  return mean(came, (value, step) => {
    const own = forecast[step] as number;
    const size = Math.abs(value) + Math.abs(own);
    return size === 0 ? 0 : (200 * Math.abs(value - own)) / size;
  });
}

/** Mean change from one season to the next in the training part: what MASE and MSIS are divided by. */
export function seasonalScale(train: Float64Array, season: number): number {
  return mean(train.subarray(season), (value, t) => Math.abs(value - (train[t] as number)));
}

export function mase(forecast: Float64Array, came: Float64Array, scale: number): number {
  return mean(came, (value, step) => Math.abs(value - (forecast[step] as number))) / scale;
}

/** Mean scaled interval score (Gneiting and Raftery 2007): the width, and 2 / α times what lies outside. */
export function msis(
  lower: Float64Array,
  upper: Float64Array,
  came: Float64Array,
  scale: number,
  level: number,
): number {
  const penalty = 2 / (1 - level / 100);
  const score = mean(came, (value, step) => {
    const [low, high] = [lower[step] as number, upper[step] as number];
    return high - low + penalty * (Math.max(0, low - value) + Math.max(0, value - high));
  });
  return score / scale;
}

/** Share of values within the interval. */
export function coverage(lower: Float64Array, upper: Float64Array, came: Float64Array): number {
  return mean(came, (value, step) =>
    value >= (lower[step] as number) && value <= (upper[step] as number) ? 1 : 0,
  );
}

function mean(values: Float64Array, of: (value: number, index: number) => number): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += of(values[index] as number, index);
  return sum / values.length;
}
