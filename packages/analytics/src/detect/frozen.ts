/**
 * A value that does not change any more: how far the present run of equal values exceeds twice the longest of those
 * that ended, and ten points. Two numbers at `at`: the run, and the longest, which is forgotten over some ten
 * thousand points. A series that has never changed is not frozen.
 */
const FORGET = 0.9999;
const USUAL = 10;

export function beyondRun(state: Float32Array, at: number, changed: boolean): number {
  const before = state[at]!;
  const longest = state[at + 1]!;
  if (changed) {
    state[at] = 0;
    // The first change ends the run that began the series.
    state[at + 1] = Math.max(1, Math.abs(before), longest * FORGET);
    return 0;
  }
  if (longest === 0) {
    // Nothing has changed yet: a negative run is the series' beginning.
    state[at] = before - 1;
    return 0;
  }
  const run = before + 1;
  state[at] = run;
  state[at + 1] = longest * FORGET;
  const excess = run - 2 * longest - USUAL;
  return excess > 0 ? excess / (longest + USUAL) : 0;
}
