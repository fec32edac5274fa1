/**
 * Recursive least squares with forgetting (Haykin, Adaptive Filter Theory, chapter 10): the next value from the
 * last two, the mean of the last half hour or so, and what the hour of the day has. Everything is in units of the
 * series' mean absolute deviation. Errors beyond five times the usual one are cut before they are learned.
 */
const TERMS = 5;
const FORGETTING = 0.9995;
/** Weights, inverse correlation matrix, mean size of the error. */
export const REGRESSION_SIZE: number = TERMS + TERMS * TERMS + 1;
const START = 100;
const LIMIT = 1e4;

const gain = new Float64Array(TERMS);

export function startRegression(state: Float32Array, at: number): void {
  state.fill(0, at, at + REGRESSION_SIZE);
  state[at] = 1;
  for (let term = 0; term < TERMS; term++) state[at + TERMS + term * (TERMS + 1)] = START;
}

/** What the regression expects for `terms` (TERMS numbers). */
export function expectNext(state: Float32Array, at: number, terms: Float64Array): number {
  let sum = 0;
  for (let term = 0; term < TERMS; term++) sum += state[at + term]! * terms[term]!;
  return sum;
}

export function learnNext(
  state: Float32Array,
  at: number,
  terms: Float64Array,
  error: number,
  share: number,
): void {
  const matrix = at + TERMS;
  const usualAt = matrix + TERMS * TERMS;
  const usual = state[usualAt]! + share * (Math.min(Math.abs(error), 20) - state[usualAt]!);
  state[usualAt] = usual;
  let denominator = FORGETTING;
  for (let row = 0; row < TERMS; row++) {
    let sum = 0;
    for (let column = 0; column < TERMS; column++)
      sum += state[matrix + row * TERMS + column]! * terms[column]!;
    gain[row] = sum;
    denominator += terms[row]! * sum;
  }
  if (!(denominator > 0) || denominator > 1e30) {
    // Rounding has spoilt the matrix: begin it anew and keep the weights.
    state.fill(0, matrix, usualAt);
    for (let term = 0; term < TERMS; term++) state[matrix + term * (TERMS + 1)] = START;
    return;
  }
  const bound = 5 * usual + 0.1;
  const step = Math.max(-bound, Math.min(bound, error)) / denominator;
  for (let row = 0; row < TERMS; row++) state[at + row] = state[at + row]! + gain[row]! * step;
  for (let row = 0; row < TERMS; row++) {
    for (let column = row; column < TERMS; column++) {
      const from = matrix + row * TERMS + column;
      const next = (state[from]! - (gain[row]! * gain[column]!) / denominator) / FORGETTING;
      const kept = Math.max(-LIMIT, Math.min(LIMIT, next));
      state[from] = kept;
      state[matrix + column * TERMS + row] = kept;
    }
  }
}
