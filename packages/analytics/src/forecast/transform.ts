/** The scale on which models work, and the way back. */

export interface Transformed {
  /** Spread about 1; NaN where the series has a gap. Undefined for a series that never changes. */
  readonly values: Float64Array | undefined;
  /** A value of the models in the unit of the series; always finite. */
  back(value: number): number;
}

export interface TransformOptions {
  /** Of the series that are never negative: logarithms, or values as they are. */
  readonly logarithms: boolean;
}

/**
 * Added to every value before its logarithm is taken, as a share of their mean ("started logs", J. W. Tukey,
 * Exploratory Data Analysis, 1977): zeros have one too, and small counts are not blown up.
 */
const START = 0.05;
/** A spread below this share of the largest value is rounding. */
const ROUNDING = 1e-12;

export function transform(series: Float64Array, { logarithms }: TransformOptions): Transformed {
  let largest = 0;
  let smallest = Infinity;
  for (const value of series) {
    if (Number.isNaN(value)) continue;
    largest = Math.max(largest, Math.abs(value));
    smallest = Math.min(smallest, value);
  }
  // By its largest value first, so that nothing overflows.
  const unit = largest === 0 ? 1 : largest;
  const values = series.map((value) => value / unit);
  const log = logarithms && smallest >= 0 && largest > 0;
  const start = log ? START * mean(values) : 0;
  if (log)
    for (let t = 0; t < values.length; t++) values[t] = Math.log((values[t] as number) + start);
  const middle = mean(values);
  const spread = deviation(values, middle);
  const back = (value: number): number => {
    const scaled = value * spread + middle;
    const inUnit = (log ? Math.max(0, Math.exp(scaled) - start) : scaled) * unit;
    return Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, inUnit));
  };
  if (!(spread > ROUNDING)) {
    const constant = series.find((value) => !Number.isNaN(value)) ?? 0;
    return { values: undefined, back: () => constant };
  }
  for (let t = 0; t < values.length; t++) values[t] = ((values[t] as number) - middle) / spread;
  return { values, back };
}

function deviation(values: Float64Array, middle: number): number {
  let squares = 0;
  let count = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    squares += (value - middle) * (value - middle);
    count++;
  }
  return Math.sqrt(squares / Math.max(1, count));
}

/** Of the values that are there. */
function mean(values: Float64Array): number {
  let sum = 0;
  let count = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return count === 0 ? 0 : sum / count;
}
