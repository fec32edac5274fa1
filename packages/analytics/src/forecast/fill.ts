/**
 * Gaps in a series closed in place, so that models can look back over them: short ones by a straight line, longer ones
 * by what was there one season before (or after, in the first season). `season` 1 has straight lines only.
 */
const SHORT = 3;

export function fillGaps(values: Float64Array, season: number): void {
  for (let t = 0; t < values.length; t++) {
    if (!Number.isNaN(values[t])) continue;
    let end = t;
    while (end < values.length && Number.isNaN(values[end])) end++;
    if (end - t <= SHORT || season < 2 || !fillBySeason(values, t, end, season))
      fillByLine(values, t, end);
    t = end;
  }
}

/** False where some of the gap has no value one season away. */
function fillBySeason(values: Float64Array, from: number, to: number, season: number): boolean {
  const fill = new Float64Array(to - from);
  for (let t = from; t < to; t++) {
    const before = t - season < from ? values[t - season] : fill[t - season - from];
    const value = before ?? values[t + season] ?? Number.NaN;
    if (Number.isNaN(value)) return false;
    fill[t - from] = value;
  }
  values.set(fill, from);
  return true;
}

function fillByLine(values: Float64Array, from: number, to: number): void {
  const before = values[from - 1] ?? values[to] ?? 0;
  const after = values[to] ?? before;
  for (let t = from; t < to; t++)
    values[t] = before + ((after - before) * (t - from + 1)) / (to - from + 1);
}
