import { SECOND_MS } from '@openmanager/protocol/durations';
import { Allowance } from '../ports/index.ts';

export interface AdmissionOptions {
  /** Connections per second in the long run. @default 200 */
  readonly perSecond?: number;
  /** @default 400 */
  readonly burst?: number;
  /** While the hub is late. @default 10 */
  readonly perSecondLate?: number;
}

export const admissionDefaults: Required<AdmissionOptions> = {
  perSecond: 200,
  burst: 400,
  perSecondLate: 10,
};

/** Nobody is sent away for longer. */
const MOST_MS = 60_000;

/**
 * Lets agents in at a rate, because each hello costs the hub more than a row: after an outage all come at once. Who has
 * to wait is told for how long, each a turn of its own, so that they come back one after the other.
 */
export class AgentAdmission {
  readonly #options: Required<AdmissionOptions>;
  readonly #isLate: () => boolean;
  readonly #nowMs: () => number;
  readonly #all: Allowance;
  readonly #late: Allowance;
  /** The last turn that was given out. */
  #turnMs = 0;
  /** Agents that were sent away for a while. */
  deferred = 0;

  constructor(
    options: AdmissionOptions,
    isLate: () => boolean,
    nowMs: () => number = () => performance.now(),
  ) {
    const set = { ...admissionDefaults, ...options };
    this.#options = set;
    this.#isLate = isLate;
    this.#nowMs = nowMs;
    this.#all = new Allowance(set.perSecond, set.burst, nowMs);
    this.#late = new Allowance(set.perSecondLate, set.perSecondLate, nowMs);
  }

  /** 0: come in. Otherwise after how long to come again, ms. */
  enter(): number {
    const late = this.#isLate();
    if ((late ? this.#late : this.#all).take() === 0) return 0;
    this.deferred++;
    const { perSecond, perSecondLate } = this.#options;
    const nowMs = this.#nowMs();
    this.#turnMs = Math.max(this.#turnMs, nowMs) + SECOND_MS / (late ? perSecondLate : perSecond);
    if (this.#turnMs - nowMs > MOST_MS) this.#turnMs = nowMs + MOST_MS / 2;
    return Math.ceil(this.#turnMs - nowMs);
  }
}
