/**
 * Range queries one after the other, in slices, so that whatever else the thread is asked is answered in between.
 */
import type { RangeResult } from './metric-store.ts';

/** How long a slice takes before others have a turn. */
const SLICE_MS = 10;

interface Waiting {
  readonly steps: Generator<void, RangeResult>;
  readonly done: (result: RangeResult) => void;
  readonly failed: (error: unknown) => void;
}

export class QueryQueue {
  private waiting: Waiting[] = [];
  private scheduled = false;

  add(
    steps: Generator<void, RangeResult>,
    done: (result: RangeResult) => void,
    failed: (error: unknown) => void,
  ): void {
    this.waiting.push({ steps, done, failed });
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled || this.waiting.length === 0) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.slice();
      this.schedule();
    });
  }

  private slice(): void {
    const current = this.waiting[0];
    if (!current) return;
    const end = performance.now() + SLICE_MS;
    try {
      do {
        const step = current.steps.next();
        if (step.done !== true) continue;
        this.waiting.shift();
        current.done(step.value);
        return;
      } while (performance.now() < end);
    } catch (error) {
      this.waiting.shift();
      current.failed(error);
    }
  }

  /** Ends what is under way and refuses what waits. */
  stop(reason: unknown): void {
    for (const { steps, failed } of this.waiting) {
      steps.return(undefined as never);
      failed(reason);
    }
    this.waiting = [];
  }
}
