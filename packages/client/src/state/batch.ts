import type { Environment } from '../connection/environment.ts';
import type { Listener, Readable } from '../types.ts';

/** At most one notification per frame of a 60 Hz screen. */
export const SPACING_MS = 16;

/** Listeners of one value. */
export class Signal {
  readonly #batch: Batch;
  readonly #listeners = new Set<Listener>();

  constructor(batch: Batch) {
    this.#batch = batch;
  }

  get watched(): boolean {
    return this.#listeners.size > 0;
  }

  changed(): void {
    if (this.#listeners.size > 0) this.#batch.mark(this);
  }

  listen(listener: Listener): () => void {
    // A wrapper, so that one function added twice is called twice and removed once.
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  notify(): void {
    for (const listener of this.#listeners) listener();
  }

  readable<T>(getSnapshot: () => T): Readable<T> {
    return { subscribe: (listener) => this.listen(listener), getSnapshot };
  }
}

/**
 * Batches changes and notifies listeners of each value once: in the next microtask if the last notification is long
 * enough ago, so that a single change is shown at once, otherwise after the spacing.
 */
export class Batch {
  readonly #environment: Pick<Environment, 'after' | 'soon' | 'monotonic'>;
  readonly #dirty = new Set<Signal>();
  #scheduled = false;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(environment: Pick<Environment, 'after' | 'soon' | 'monotonic'>) {
    this.#environment = environment;
  }

  mark(signal: Signal): void {
    this.#dirty.add(signal);
    if (this.#scheduled) return;
    this.#scheduled = true;
    const waitMs = this.#lastMs + SPACING_MS - this.#environment.monotonic();
    if (waitMs > 0) this.#environment.after(waitMs, () => this.#flush());
    else this.#environment.soon(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    this.#lastMs = this.#environment.monotonic();
    const signals = [...this.#dirty];
    this.#dirty.clear();
    for (const signal of signals) {
      try {
        signal.notify();
      } catch (error) {
        // One broken listener must not silence the others; the page's own error handling hears of it.
        this.#environment.soon(() => {
          throw error;
        });
      }
    }
  }
}
