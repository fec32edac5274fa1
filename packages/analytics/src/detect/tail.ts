/**
 * How rare a statistic is for this series: a histogram over logarithmic bins, learned online, gives the share of
 * points that were at least as large, and -log10 of it is the evidence (0: usual, 3: once in a thousand points).
 * Beyond the largest value seen the share falls with the cube of the ratio, a heavy tail. When the histogram is
 * full all counts are halved, rounding down: what was rare long ago is forgotten, single counts first.
 */
export const TAIL_BINS = 24;
/** Counts are halved when this many points are in the histogram. */
export const TAIL_FULL = 20_000;

const RATIO = 1.35;
const PER_LOG: number = 1 / Math.log(RATIO);
const POWERS: Float64Array = Float64Array.from({ length: TAIL_BINS }, (_, bin) => RATIO ** bin);

/**
 * The evidence of `statistic`, which is then counted. `counts` has `TAIL_BINS` at `at`, of `total` points so far;
 * a statistic up to `least` is usual and all of bin 0.
 */
export function tailEvidence(
  counts: Uint16Array,
  at: number,
  total: number,
  statistic: number,
  least: number,
): number {
  if (!(statistic > least)) {
    counts[at] = counts[at]! + 1;
    return 0;
  }
  const size = statistic / least;
  const bin = Math.min(TAIL_BINS - 1, 1 + Math.floor(Math.log(size) * PER_LOG));
  let above = 0;
  for (let higher = at + bin + 1; higher < at + TAIL_BINS; higher++) above += counts[higher]!;
  const lower = POWERS[bin - 1]!;
  const through = Math.min(1, (size - lower) / (lower * (RATIO - 1)));
  above += counts[at + bin]! * (1 - through);
  let share = above + 0.5;
  if (above < 1) {
    let top = TAIL_BINS - 1;
    while (top > 0 && counts[at + top] === 0) top--;
    const edge = POWERS[top]!;
    if (top > 0 && size > edge) share *= (edge / size) ** 3;
  }
  counts[at + bin] = counts[at + bin]! + 1;
  return Math.max(0, -Math.log10(share / (total + 1)));
}

/** Halves the counts of one histogram and returns how many are left. */
export function halveTail(counts: Uint16Array, at: number): number {
  let left = 0;
  for (let bin = at; bin < at + TAIL_BINS; bin++) {
    const half = counts[bin]! >> 1;
    counts[bin] = half;
    left += half;
  }
  return left;
}
