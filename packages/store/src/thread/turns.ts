import { StoreError } from '../contract/store-error.ts';
import { MAX_WAITING_CALLS } from './thread.ts';

/**
 * FIFO admission: calls start in order as long as the total weight in flight is within a bound; refuses when too many
 * wait.
 */
export class Turns {
  readonly #limit: number;
  readonly #waiting: { readonly weight: number; readonly begin: () => void }[] = [];
  #underWay = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs `work` in its turn, at once when there is room; one heavier than the bound runs alone. */
  async take<T>(weight: number, work: () => Promise<T>): Promise<T> {
    if (this.#waiting.length >= MAX_WAITING_CALLS)
      throw new StoreError('overloaded', `${this.#waiting.length} calls wait for the store.`);
    if (this.#waiting.length > 0 || !this.#fits(weight))
      await new Promise<void>((begin) => this.#waiting.push({ weight, begin }));
    else this.#underWay += weight;
    try {
      return await work();
    } finally {
      this.#underWay -= weight;
      this.#next();
    }
  }

  #fits(weight: number): boolean {
    return this.#underWay === 0 || this.#underWay + weight <= this.#limit;
  }

  #next(): void {
    for (
      let first = this.#waiting[0];
      first && this.#fits(first.weight);
      first = this.#waiting[0]
    ) {
      this.#waiting.shift();
      // Before it starts, because the next one checks it.
      this.#underWay += first.weight;
      first.begin();
    }
  }
}
