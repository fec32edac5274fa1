/** Runs queries one after the other (FIFO) in slices, so that other calls of the thread are answered in between. */
/** Length of a slice, ms. */
const SLICE_MS = 10;

interface Waiting {
  readonly id: number;
  readonly steps: Generator<void, unknown>;
  readonly done: (result: unknown) => void;
  readonly failed: (error: unknown) => void;
}

export class QueryQueue {
  #waiting: Waiting[] = [];
  #scheduled = false;

  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }

  add<T>(
    id: number,
    steps: Generator<void, T>,
    done: (result: T) => void,
    failed: (error: unknown) => void,
  ): void {
    this.#waiting.push({ id, steps, done: done as (result: unknown) => void, failed });
    this.#schedule();
  }

  /** Ends what is under way or waits under this id. */
  cancel(id: number, reason: unknown): void {
    const place = this.#waiting.findIndex((waiting) => waiting.id === id);
    const [found] = place < 0 ? [] : this.#waiting.splice(place, 1);
    found?.steps.return(undefined);
    found?.failed(reason);
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#slice();
      this.#schedule();
    });
  }

  #slice(): void {
    const current = this.#waiting[0];
    if (!current) return;
    const end = performance.now() + SLICE_MS;
    try {
      do {
        const step = current.steps.next();
        if (step.done !== true) continue;
        this.#waiting.shift();
        current.done(step.value);
        return;
      } while (performance.now() < end);
    } catch (error) {
      this.#waiting.shift();
      current.failed(error);
    }
  }

  /** Ends what is under way and refuses what waits. */
  stop(reason: unknown): void {
    for (const { steps, failed } of this.#waiting) {
      steps.return(undefined);
      failed(reason);
    }
    this.#waiting = [];
  }
}
