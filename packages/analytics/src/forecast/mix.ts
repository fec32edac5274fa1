/**
 * Forecasts of several models in one: the middle of them, by weights. Averages what lies in the middle 40 % of the
 * weight, per step, so that one model that runs away changes nothing and one that is a little off is smoothed out.
 */

/** Of the mean absolute errors that models made from the same origins: four powers let a good model speak louder. */
export function weightsOf(errors: readonly number[]): number[] {
  const best = Math.min(...errors) + TINY;
  const weights = errors.map((error) =>
    error + TINY <= HOPELESS * best ? (best / (error + TINY)) ** 4 : 0,
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Errors below are as good as none, in units of the spread. */
const TINY = 1e-9;
/** Models with this many times the error of the best are left out. */
const HOPELESS = 2;
const FROM = 0.3;
const TO = 0.7;

/** `weights` add up to 1, one per forecast; all forecasts have the same length. */
export function mix(forecasts: readonly Float64Array[], weights: readonly number[]): Float64Array {
  const used = forecasts.filter((_, index) => (weights[index] ?? 0) > 0);
  const shares = Float64Array.from(weights.filter((weight) => weight > 0));
  // By value: their order hardly changes from step to step, so insertion is next to free.
  const order = Int32Array.from(used, (_, index) => index);
  const here = new Float64Array(used.length);
  const mixed = new Float64Array((forecasts[0] as Float64Array).length);
  for (let step = 0; step < mixed.length; step++) {
    for (let i = 0; i < here.length; i++) here[i] = (used[i] as Float64Array)[step] as number;
    mixed[step] = middleOf(here, shares, order);
  }
  return mixed;
}

/** Sorts `order` by value. */
function middleOf(values: Float64Array, shares: Float64Array, order: Int32Array): number {
  for (let i = 1; i < order.length; i++) {
    const own = order[i] as number;
    const value = values[own] as number;
    let j = i;
    for (; j > 0 && (values[order[j - 1] as number] as number) > value; j--)
      order[j] = order[j - 1] as number;
    order[j] = own;
  }
  let below = 0;
  let sum = 0;
  let total = 0;
  for (let i = 0; i < order.length && below < TO; i++) {
    const own = order[i] as number;
    const above = below + (shares[own] as number);
    const share = Math.min(above, TO) - Math.max(below, FROM);
    if (share > 0) {
      sum += share * (values[own] as number);
      total += share;
    }
    below = above;
  }
  return sum / total;
}
