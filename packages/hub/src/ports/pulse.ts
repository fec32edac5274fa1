import type { Unsubscribe } from './live.ts';

/**
 * Time that the hub itself missed: its process was stopped, its machine slept, its event loop was late, its clock was
 * set, or it is behind with reading. That is no silence of anybody else. Whoever judges silence asks first.
 */
export interface Pulse {
  /** How much was missed within the last minutes, ms: what is read now may be older by that. */
  readonly latelyMs: number;
  /** Tells the listeners of what was missed since the last call. Cheap. */
  check(): void;
  /**
   * What was missed, ms; negative after a clock was set back. Who keeps the time at which somebody was heard moves it
   * by this, but not beyond now.
   */
  onMissed(listener: (ms: number) => void): Unsubscribe;
}

/** For parts that run without a hub around them. */
export const missedNothing: Pulse = {
  latelyMs: 0,
  check: () => undefined,
  onMissed: () => () => undefined,
};
