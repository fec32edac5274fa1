/** What forecasts from earlier origins missed. */

/** Value − forecast from each origin but the last, as far as values are there; NaN where there was a gap. */
export function errorsOf(
  forecasts: readonly Float64Array[],
  origins: readonly number[],
  truth: Float64Array,
): Float64Array[] {
  return origins.slice(0, -1).map((origin, index) => {
    const own = forecasts[index] as Float64Array;
    const errors = new Float64Array(Math.min(own.length, truth.length - origin));
    for (let step = 0; step < errors.length; step++)
      errors[step] = (truth[origin + step] as number) - (own[step] as number);
    return errors;
  });
}

/** Mean absolute error of such forecasts; 0 where nothing is known. */
export function meanAbsoluteError(
  forecasts: readonly Float64Array[],
  origins: readonly number[],
  truth: Float64Array,
): number {
  let sum = 0;
  let count = 0;
  for (let index = 0; index < origins.length - 1; index++) {
    const origin = origins[index] as number;
    const own = forecasts[index] as Float64Array;
    const steps = Math.min(own.length, truth.length - origin);
    for (let step = 0; step < steps; step++) {
      const error = Math.abs((truth[origin + step] as number) - (own[step] as number));
      if (Number.isNaN(error)) continue;
      sum += error;
      count++;
    }
  }
  return count === 0 ? 0 : sum / count;
}

/** Mean absolute change over `season` samples, where both are known; 0 of none. Finite for finite values. */
export function seasonalScale(values: Float64Array, season: number): number {
  let mean = 0;
  let count = 0;
  for (let t = season; t < values.length; t++) {
    const half = Math.abs((values[t] as number) / 2 - (values[t - season] as number) / 2);
    if (Number.isNaN(half)) continue;
    count++;
    mean += (half - mean) / count;
  }
  return Math.min(Number.MAX_VALUE, 2 * mean);
}
