import { MINUTE_MS } from '@openmanager/protocol/durations';
import { ProtocolError } from '@openmanager/protocol';
import type { Clock } from '../ports/index.ts';

export interface AttemptsOptions {
  /** Attempts per key and window. @default 10 */
  readonly limit?: number;
  /** @default 5 minutes */
  readonly windowMs?: number;
  /** Keys remembered; the oldest are forgotten first. @default 10_000 */
  readonly maxKeys?: number;
}

export const attemptsDefaults: Required<AttemptsOptions> = {
  limit: 10,
  windowMs: 5 * MINUTE_MS,
  maxKeys: 10_000,
};

/** Bounds guesses per key, such as a name somebody tries to sign in with. */
export class Attempts {
  readonly #options: Required<AttemptsOptions>;
  readonly #clock: Clock;
  readonly #counts = new Map<string, { count: number; untilMs: number }>();

  constructor(clock: Clock, options: AttemptsOptions = {}) {
    this.#clock = clock;
    this.#options = { ...attemptsDefaults, ...options };
  }

  get size(): number {
    return this.#counts.size;
  }

  /** Counts an attempt; throws `too-many-requests` once the limit is passed. */
  count(key: string): void {
    const now = this.#clock.now();
    const entry = this.#counts.get(key);
    if (!entry || entry.untilMs <= now) {
      this.#counts.delete(key);
      if (this.#counts.size >= this.#options.maxKeys) {
        const oldest = this.#counts.keys().next().value;
        if (oldest !== undefined) this.#counts.delete(oldest);
      }
      this.#counts.set(key, { count: 1, untilMs: now + this.#options.windowMs });
      return;
    }
    entry.count++;
    if (entry.count > this.#options.limit) throw new ProtocolError('too-many-requests');
  }

  /** A success: the next person at this key starts anew. */
  forget(key: string): void {
    this.#counts.delete(key);
  }
}
