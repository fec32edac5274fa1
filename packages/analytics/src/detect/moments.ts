/** Exponentially weighted moments, each a few numbers in the state of a series. */

/** Weight of the newest of `seen` points in a window of `window`: a plain mean until the window is full. */
export function weight(seen: number, window: number): number {
  return seen < window ? 1 / seen : 1 / window;
}

/**
 * Standardises `value` against its own mean and variance (two numbers at `at`), then learns it.
 * `seen` counts this value.
 */
export function standardise(
  state: Float32Array,
  at: number,
  value: number,
  seen: number,
  window: number,
): number {
  if (seen === 1) {
    state[at] = value;
    state[at + 1] = 0;
    return 0;
  }
  const mean = state[at]!;
  const variance = state[at + 1]!;
  const delta = value - mean;
  const share = weight(seen, window);
  state[at] = mean + share * delta;
  state[at + 1] = (1 - share) * (variance + share * delta * delta);
  return delta / Math.sqrt(variance + 1e-4);
}

/**
 * Divides `value` by its own usual size (a mean of absolute values at `at`, at least `floor`), then learns it.
 * After the first fifty points one value counts for at most twenty times the usual size, so that an incident does
 * not make the series deaf.
 */
export function relative(
  state: Float32Array,
  at: number,
  value: number,
  floor: number,
  seen: number,
  window: number,
): number {
  const usual = state[at]!;
  const size = Math.abs(value);
  const learned = seen < 50 ? size : Math.min(size, 20 * (usual + floor));
  state[at] = usual + weight(seen, window) * (learned - usual);
  return value / (usual + floor);
}
