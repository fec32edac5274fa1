/** Made series for the tests: repeatable, no clock. */
import { MINUTE_MS } from '@openmanager/protocol/durations';

export interface Row {
  readonly timeMs: number;
  readonly value: number;
}
export const START_MS: number = Date.UTC(2026, 0, 5);

/** Repeatable noise in [-1, 1). */
export function noise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** Five-minute samples of a daily rhythm with noise. */
export function daily(points: number, seed = 1): Row[] {
  const random = noise(seed);
  return Array.from({ length: points }, (_, index) => ({
    timeMs: START_MS + index * 5 * MINUTE_MS,
    value: 50 + 20 * Math.sin((2 * Math.PI * index) / 288) + random() + random(),
  }));
}
