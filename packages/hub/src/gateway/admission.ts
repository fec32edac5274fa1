/**
 * Handshakes, a bounded number per turn of the event loop: after a restart everybody comes back at once, and each
 * costs up to a millisecond. Whoever waits is admitted in order; who would wait too long is told to come again.
 */
import type { Timers } from './timers.ts';

/** Handshakes admitted per turn. */
const PER_TURN = 8;

export class Admission {
  readonly #timers: Pick<Timers, 'soon'>;
  readonly #limit: number;
  #waiting: (() => void)[] = [];
  #head = 0;
  #scheduled = false;

  /** `most`: handshakes that wait at once. */
  constructor(timers: Pick<Timers, 'soon'>, limit: number) {
    this.#timers = timers;
    this.#limit = limit;
  }

  /** Runs it in its turn. False when too many wait already. */
  enter(admit: () => void): boolean {
    if (this.#waiting.length - this.#head >= this.#limit) return false;
    this.#waiting.push(admit);
    this.#schedule();
    return true;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#timers.soon(() => this.#run());
  }

  #run(): void {
    this.#scheduled = false;
    const end = Math.min(this.#head + PER_TURN, this.#waiting.length);
    while (this.#head < end) (this.#waiting[this.#head++] as () => void)();
    if (this.#head < this.#waiting.length) {
      this.#schedule();
      return;
    }
    this.#waiting = [];
    this.#head = 0;
  }
}
