/**
 * The time from which ages are counted. A machine that starts with a wrong year must not remove all history, and what it
 * stores meanwhile has that year, too. So the last time that was certain is stored, and moves with the machine's clock
 * only while that goes on from it: after a jump of more than a day, in either direction, nothing is removed by its age
 * until the clock is back, or a person says that it is right.
 */
import type { DatabaseSync } from 'node:sqlite';
import { MAX_CLOCK_JUMP_MS, type ClockDoubt } from '../contract/condition.ts';

const COUNTER = 'clock';

export class TrustedClock {
  readonly #database: DatabaseSync;
  #doubt: ClockDoubt | undefined;
  /** The last time that was certain, epoch ms. */
  trustedMs = 0;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  get doubt(): ClockDoubt | undefined {
    return this.#doubt;
  }

  /**
   * Looks at the machine's clock; within a transaction. Answers the time from which ages are counted, or undefined when
   * it is in doubt. `newestMs`: the end of the newest window with samples, 0 when there is none. What is kept is counted
   * from there, so that a hub that hears nothing forgets nothing.
   */
  look(nowMs: number, newestMs: number): number | undefined {
    const trustedMs = this.#stored() ?? (newestMs > 0 ? newestMs : nowMs);
    this.trustedMs = trustedMs;
    if (Math.abs(nowMs - trustedMs) > MAX_CLOCK_JUMP_MS) {
      this.#doubt = { clockMs: this.#doubt?.clockMs ?? nowMs, trustedMs };
      return undefined;
    }
    this.#doubt = undefined;
    this.#store(Math.max(nowMs, trustedMs));
    return Math.min(nowMs, newestMs > 0 ? newestMs : nowMs);
  }

  /** A person says that the machine's clock is right; within a transaction. */
  accept(nowMs: number): void {
    this.#doubt = undefined;
    this.#store(nowMs);
  }

  /** The last time that was certain, if one is stored. */
  #stored(): number | undefined {
    const row = this.#database.prepare('SELECT value FROM counter WHERE name = ?').get(COUNTER);
    return row === undefined ? undefined : Number(row['value']);
  }

  #store(timeMs: number): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO counter VALUES (?, ?)')
      .run(COUNTER, Math.floor(timeMs));
    this.trustedMs = Math.floor(timeMs);
  }
}
