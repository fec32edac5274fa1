/** What long-lived parts share. `drain` refuses new work and finishes what is under way; `stop` lets go of everything. */
export interface Service {
  run(): Promise<void>;
  drain(): Promise<void>;
  stop(): Promise<void>;
}

/** Time as an argument, so that tests own it. */
export interface Clock {
  /** Epoch ms. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
