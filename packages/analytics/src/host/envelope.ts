/**
 * The range a metric moves in, slowly drawing together: two numbers per metric. It gives the size below which
 * differences of this metric say nothing, in its own unit.
 */

/** A value further out than this many widths widens the range by these only. */
const MAX_WIDTHS = 10;

/** Two ends for each metric. */
export function createEnvelopes(metrics: number): Float64Array {
  return new Float64Array(2 * metrics).fill(Number.NaN);
}

/** Learns `value`; `share` is how far the ends come in per sample. NaN ends mean: nothing seen yet. */
export function widen(ends: Float64Array, at: number, value: number, share: number): void {
  const low = ends[at]!;
  const high = ends[at + 1]!;
  if (Number.isNaN(low)) {
    ends[at] = ends[at + 1] = value;
    return;
  }
  const limit = high > low ? MAX_WIDTHS * (high - low) : Number.POSITIVE_INFINITY;
  const near = Math.max(low - limit, Math.min(high + limit, value));
  ends[at] = near < low ? near : low + share * (near - low);
  ends[at + 1] = near > high ? near : high + share * (near - high);
}

export function widthOf(ends: Float64Array, at: number): number {
  const width = ends[at + 1]! - ends[at]!;
  return width > 0 ? width : 0;
}
