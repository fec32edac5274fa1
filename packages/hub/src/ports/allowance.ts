/**
 * A token bucket by the monotonic clock: so much per second in the long run, and a burst after a pause. It may be
 * overdrawn by one cost, which is waited for afterwards, so that nothing is too large to ever pass.
 */
export class Allowance {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #nowMs: () => number;
  #left: number;
  #filledMs: number;

  constructor(perSecond: number, burst: number, nowMs: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#nowMs = nowMs;
    this.#left = burst;
    this.#filledMs = nowMs();
  }

  /** Takes the cost; answers for how long nothing more may follow, ms: 0 while something is left. */
  spend(cost: number): number {
    this.#fill();
    this.#left -= cost;
    return this.#left >= 0 ? 0 : Math.ceil((-this.#left / this.#perSecond) * 1000);
  }

  /** Takes the cost if that much is left; otherwise answers after how long it will be, ms, and takes nothing. */
  take(cost = 1): number {
    this.#fill();
    if (this.#left < cost) return Math.ceil(((cost - this.#left) / this.#perSecond) * 1000);
    this.#left -= cost;
    return 0;
  }

  #fill(): void {
    const nowMs = this.#nowMs();
    const gained = ((nowMs - this.#filledMs) * this.#perSecond) / 1000;
    this.#filledMs = nowMs;
    this.#left = Math.min(this.#burst, this.#left + gained);
  }
}
