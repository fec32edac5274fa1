/**
 * Admission control of handshakes: a bounded number per turn of the event loop, because after a restart all clients
 * reconnect at once and each handshake costs up to a millisecond. Waiting ones are admitted in order; beyond the
 * queue's bound they are refused.
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

  /** `limit`: handshakes that may wait at once. */
  constructor(timers: Pick<Timers, 'soon'>, limit: number) {
    this.#timers = timers;
    this.#limit = limit;
  }

  /** Runs `admit` when its turn comes. False when the queue is full. */
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
