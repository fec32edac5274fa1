import { weight } from './moments.ts';

/** Deviation of the last few points around their own mean, as a natural logarithm (two numbers at `at`). */
export function logSpread(
  state: Float32Array,
  at: number,
  value: number,
  floor: number,
  seen: number,
  window: number,
): number {
  if (seen === 1) state[at] = value;
  const share = weight(seen, window);
  const delta = value - state[at]!;
  state[at] = state[at]! + share * delta;
  const variance = (1 - share) * (state[at + 1]! + share * delta * delta);
  state[at + 1] = variance;
  return Math.log(Math.sqrt(variance) + floor);
}
