/** Time as an argument, so that tests own it. */
export interface Timing {
  /** Epoch ms. */
  now(): number;
  /** Ms that never jump. */
  monotonic(): number;
  /** Calls back after `ms`; returns how to prevent it. */
  after(ms: number, callback: () => void): () => void;
}

export const systemTiming: Timing = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, Math.max(0, ms));
    return () => clearTimeout(timer);
  },
};
