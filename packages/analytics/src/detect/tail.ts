/**
 * How rare a statistic is for this series: a histogram over logarithmic bins, learned online, gives the share of
 * points that were at least as large, and -log10 of it is the evidence (0: usual, 3: once in a thousand points).
 * Beyond the largest value seen the share falls with the cube of the ratio, a heavy tail. When the histogram is
 * full all counts are halved, rounding down: what was rare long ago is forgotten, single counts first.
 */
export const TAIL_BINS = 24;
/** Counts are halved when so many points are in the histogram. */
export const TAIL_FULL = 30_000;

const FIRST = 0.05;
const RATIO = 1.5;
const LOG_FIRST: number = Math.log(FIRST);
const PER_LOG: number = 1 / Math.log(RATIO);
const UPPER: Float64Array = Float64Array.from(
  { length: TAIL_BINS },
  (_, bin) => FIRST * RATIO ** bin,
);
const LOG10_E: number = Math.LOG10E;

/** One word of 16 bits for the bin, and `TAIL_BINS` counts at `at`; bin 0 is everything below `FIRST`. */
export function tailEvidence(
  counts: Uint16Array,
  at: number,
  total: number,
  statistic: number,
): number {
  let bin = 0;
  let evidence = 0;
  if (statistic > FIRST) {
    bin = Math.min(TAIL_BINS - 1, 1 + Math.floor((Math.log(statistic) - LOG_FIRST) * PER_LOG));
    let above = 0;
    for (let higher = bin + 1; higher < TAIL_BINS; higher++) above += counts[at + higher]!;
    const own = counts[at + bin]!;
    const lower = UPPER[bin - 1]!;
    const through = Math.min(1, (statistic - lower) / (lower * (RATIO - 1)));
    above += own * (1 - through);
    if (above < 1) {
      let top = TAIL_BINS - 1;
      while (top > 0 && counts[at + top] === 0) top--;
      const edge = UPPER[top]!;
      above += 0.5;
      if (top > 0 && statistic > edge) above *= (edge / statistic) ** 3;
    } else above += 0.5;
    evidence = Math.max(0, -Math.log(above / (total + 1)) * LOG10_E);
  }
  counts[at + bin] = counts[at + bin]! + 1;
  return evidence;
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
