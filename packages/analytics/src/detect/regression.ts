/**
 * Recursive least squares with forgetting (Haykin, Adaptive Filter Theory, chapter 10): the next value from the
 * last two, the mean of the last half hour or so, and what the hour of the day has. Everything is in units of the
 * series' mean absolute deviation. Errors beyond five times the usual one are cut before they are learned.
 */
const TERMS = 5;
/** The matrix is symmetric: its upper triangle, row by row. */
const TRIANGLE: number = (TERMS * (TERMS + 1)) / 2;
const FORGETTING = 0.9995;
/** Weights, matrix, mean size of the error. */
export const REGRESSION_SIZE: number = TERMS + TRIANGLE + 1;
const START = 100;
const LIMIT = 1e4;

const gain = new Float64Array(TERMS);

function startMatrix(state: Float32Array, matrix: number): void {
  state.fill(0, matrix, matrix + TRIANGLE);
  for (let row = 0, at = matrix; row < TERMS; at += TERMS - row, row++) state[at] = START;
}

export function startRegression(state: Float32Array, at: number): void {
  state.fill(0, at, at + REGRESSION_SIZE);
  state[at] = 1;
  startMatrix(state, at + TERMS);
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
  const usualAt = matrix + TRIANGLE;
  const usual = state[usualAt]! + share * (Math.min(Math.abs(error), 20) - state[usualAt]!);
  state[usualAt] = usual;
  gain.fill(0);
  for (let row = 0, from = matrix; row < TERMS; row++) {
    gain[row] = gain[row]! + state[from++]! * terms[row]!;
    for (let column = row + 1; column < TERMS; column++) {
      const entry = state[from++]!;
      gain[row] = gain[row]! + entry * terms[column]!;
      gain[column] = gain[column]! + entry * terms[row]!;
    }
  }
  let denominator = FORGETTING;
  for (let row = 0; row < TERMS; row++) denominator += terms[row]! * gain[row]!;
  if (!(denominator > 0) || denominator > 1e30) {
    // Rounding made the matrix invalid: reinitialise it and keep the weights.
    startMatrix(state, matrix);
    return;
  }
  const bound = 5 * usual + 0.1;
  const step = Math.max(-bound, Math.min(bound, error)) / denominator;
  for (let row = 0; row < TERMS; row++) state[at + row] = state[at + row]! + gain[row]! * step;
  for (let row = 0, from = matrix; row < TERMS; row++) {
    for (let column = row; column < TERMS; column++, from++) {
      const next = (state[from]! - (gain[row]! * gain[column]!) / denominator) / FORGETTING;
      state[from] = Math.max(-LIMIT, Math.min(LIMIT, next));
    }
  }
}
