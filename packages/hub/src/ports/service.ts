/** Lifecycle of long-lived parts. `drain` refuses new work and finishes what is in flight; `stop` releases everything. */
export interface Service {
  run(): Promise<void>;
  drain(): Promise<void>;
  stop(): Promise<void>;
}

/** Time as an argument, so that tests own it. */
export interface Clock {
  /** Epoch ms. */
  now(): number;
  /** Ms that only grow, by which a clock that was set is told from time that passed. @default performance.now */
  steadyMs?(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
