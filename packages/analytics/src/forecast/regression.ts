/**
 * Recursive ridge regression of a series around 0 on its own lags (Hoerl and Kennard, Technometrics 12, 1970), refitted at every
 * origin: the normal equations of all origins come from one pass, so that a rolling evaluation costs little more than
 * one fit.
 */
import { solveSymmetric } from './cholesky.ts';
import { lagProducts } from './products.ts';

export interface RegressionOptions {
  /** In samples, ascending, at least 1. */
  readonly lags: readonly number[];
  /** Added to the diagonal, in units of the squared series. */
  readonly ridge: number;
  /** Samples after which a row counts half; Infinity forgets nothing. */
  readonly halfLife: number;
  /** Whether the mean of the series so far is taken off first. */
}

/** How far beyond the range seen so far a forecast may go, in units of the series: recursion may not run away. */
const BEYOND = 1;

/**
 * Forecasts of `horizon` steps per origin (ascending; the first is a few rows later than `from` and the longest lag),
 * each from `values[from … origin - 1]`.
 */
export function regressionForecasts(
  values: Float64Array,
  from: number,
  origins: readonly number[],
  horizon: number,
  options: RegressionOptions,
): Float64Array[] {
  const lags = Int32Array.of(0, ...options.lags);
  const first = from + (lags.at(-1) as number);
  const growth = 2 ** (1 / options.halfLife);
  const products = lagProducts(values, lags, first, origins, growth);
  const inputs = lags.length - 1;
  const matrix = new Float64Array(inputs * inputs);
  const weights = new Float64Array(inputs);
  let low = Infinity;
  let high = -Infinity;
  let t = from;
  return origins.map((origin, index) => {
    for (; t < origin; t++) {
      const value = values[t] as number;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    const sums = products[index] as Float64Array;
    for (let i = 0; i < inputs; i++) {
      const row = (i + 1) * lags.length;
      weights[i] = sums[row] as number;
      for (let j = 0; j <= i; j++) matrix[i * inputs + j] = sums[row + j + 1] as number;
      matrix[i * inputs + i] = (matrix[i * inputs + i] as number) + options.ridge;
    }
    solveSymmetric(matrix, weights, inputs);
    return recurse(values, origin, horizon, lags, weights, low - BEYOND, high + BEYOND);
  });
}

function recurse(
  values: Float64Array,
  origin: number,
  horizon: number,
  lags: Int32Array,
  weights: Float64Array,
  lowest: number,
  highest: number,
): Float64Array {
  const longest = lags.at(-1) as number;
  const line = new Float64Array(longest + horizon);
  line.set(values.subarray(origin - longest, origin));
  for (let t = longest; t < line.length; t++) {
    let sum = 0;
    for (let i = 0; i < weights.length; i++)
      sum += (weights[i] as number) * (line[t - (lags[i + 1] as number)] as number);
    line[t] = Math.min(highest, Math.max(lowest, sum));
  }
  return line.subarray(longest);
}
