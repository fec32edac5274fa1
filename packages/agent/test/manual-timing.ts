/** Time that stands still until a test moves it. */
import type { Timing } from '../src/timing.ts';

interface Pending {
  readonly dueMs: number;
  readonly callback: () => void;
}

export class ManualTiming implements Timing {
  #wallMs: number;
  #steadyMs = 0;
  #pending: Pending[] = [];

  constructor(startMs = 1_700_000_000_000) {
    this.#wallMs = startMs;
  }

  now(): number {
    return this.#wallMs;
  }

  monotonic(): number {
    return this.#steadyMs;
  }

  after(ms: number, callback: () => void): () => void {
    const entry = { dueMs: this.#steadyMs + Math.max(0, ms), callback };
    this.#pending.push(entry);
    return () => {
      this.#pending = this.#pending.filter((other) => other !== entry);
    };
  }

  /** Somebody sets the clock. */
  set(byMs: number): void {
    this.#wallMs += byMs;
  }

  /** Lets time pass, and everything happen that is due in it, in order. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#steadyMs + ms;
    for (;;) {
      const next = this.#pending
        .filter(({ dueMs }) => dueMs <= endMs)
        .reduce<Pending | undefined>(
          (first, other) => (first && first.dueMs <= other.dueMs ? first : other),
          undefined,
        );
      if (!next) break;
      this.#pending = this.#pending.filter((other) => other !== next);
      this.#wallMs += next.dueMs - this.#steadyMs;
      this.#steadyMs = next.dueMs;
      next.callback();
      await Promise.resolve();
      await Promise.resolve();
    }
    this.#wallMs += endMs - this.#steadyMs;
    this.#steadyMs = endMs;
  }
}
