/**
 * How far values fall from a forecast, by what happened at earlier origins (split conformal prediction with errors
 * scaled by step: Lei et al., JASA 113, 2018). Half-widths of intervals at each step and level.
 */

/** Steps over which the spread of errors is smoothed. */
const SMOOTHING = 2.5;
/** How much of the spread is that of all steps together. */
const SHARED = 0.2;
/** Weights were chosen by the same errors, and the farthest were hardly seen: fewer origins and higher levels, wider. */
const OPTIMISM = 1.75;
/** Spread that is never gone below, in units of the series' spread. */
const LEAST = 1e-6;

/**
 * `errors`: one array per origin, from step 0, as long as values are known; NaN where there was a gap.
 * `levels` in percent. Half-widths per level, `horizon` each.
 */
export function halfWidths(
  errors: readonly Float64Array[],
  horizon: number,
  levels: readonly number[],
): Float64Array[] {
  const spread = spreadOf(errors, horizon);
  const ratios = ratiosOf(errors, spread);
  return levels.map((level) => {
    const factor = 1 + (OPTIMISM * (level / 100) ** 3) / Math.max(1, errors.length);
    const width = factor * quantileOf(ratios, level / 100);
    return spread.map((own) => own * width);
  });
}

/** |error| / spread of its step, ascending. */
function ratiosOf(errors: readonly Float64Array[], spread: Float64Array): Float64Array {
  const ratios = new Float64Array(errors.reduce((count, own) => count + own.length, 0));
  let count = 0;
  for (const own of errors)
    for (let step = 0; step < own.length; step++) {
      const ratio = Math.abs(own[step] as number) / (spread[step] as number);
      if (!Number.isNaN(ratio)) ratios[count++] = ratio;
    }
  return ratios.subarray(0, count).sort();
}

function spreadOf(errors: readonly Float64Array[], horizon: number): Float64Array {
  const squares = new Float64Array(horizon);
  const counts = new Float64Array(horizon);
  for (const own of errors)
    for (let step = 0; step < own.length; step++) {
      const error = own[step] as number;
      if (Number.isNaN(error)) continue;
      squares[step] = (squares[step] as number) + error * error;
      counts[step] = (counts[step] as number) + 1;
    }
  const all = sum(squares) / Math.max(1, sum(counts));
  // Of all steps together, a little less for the first and more for the last.
  const shared = (step: number): number => all * (0.4 + (1.2 * step) / Math.max(1, horizon - 1));
  const reach = Math.ceil(3 * SMOOTHING);
  const kernel = Float64Array.from({ length: reach + 1 }, (_, distance) =>
    Math.exp(-0.5 * (distance / SMOOTHING) ** 2),
  );
  let known = 0;
  let variance = all;
  return Float64Array.from({ length: horizon }, (_, step) => {
    let weighted = 0;
    let weights = 0;
    for (let t = Math.max(0, step - reach); t <= Math.min(horizon - 1, step + reach); t++) {
      const weight = kernel[Math.abs(t - step)] as number;
      weighted += weight * (squares[t] as number);
      weights += weight * (counts[t] as number);
    }
    if ((counts[step] as number) > 0) {
      known = step + 1;
      variance = weighted / weights;
    }
    // Beyond what was ever judged, the variance grows as that of a random walk.
    const here = variance * (known === 0 ? 1 : Math.max(1, (step + 1) / known));
    return LEAST + Math.sqrt((1 - SHARED) * here + SHARED * shared(step));
  });
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Of ascending values, between neighbours linearly; 0 of none. */
function quantileOf(sorted: Float64Array, p: number): number {
  const at = p * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? 0;
  const above = sorted[Math.ceil(at)] ?? below;
  return below + (at - Math.floor(at)) * (above - below);
}
