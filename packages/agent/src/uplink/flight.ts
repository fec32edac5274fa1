/** Batches on their way to the hub, in two lanes: the present, and the past beside it. */
import { countIn, type BatchRange, type Received } from '@openmanager/protocol';
import type { Mark } from '../spool/mark.ts';

export type Lane = 'present' | 'past';

export interface InFlight extends BatchRange {
  readonly lane: Lane;
}

export class Flight {
  #batches: InFlight[] = [];

  get size(): number {
    return this.#batches.length;
  }

  /** Batches of a lane. */
  in(lane: Lane): number {
    let count = 0;
    for (const batch of this.#batches) if (batch.lane === lane) count++;
    return count;
  }

  send(batch: InFlight): void {
    this.#batches.push(batch);
  }

  /** Removes what the hub has; answers how many batches that were. */
  settle(received: Received): number {
    let settled = 0;
    this.#batches = this.#batches.filter((batch) => {
      if (countIn(received, batch) === 0) return true;
      settled += batch.last - batch.first + 1;
      return false;
    });
    return settled;
  }

  /** Removes a batch by its last sequence number; undefined when it is not on its way. */
  take({ bootEpoch, seq }: Mark): InFlight | undefined {
    const at = this.#batches.findIndex(
      (batch) => batch.bootEpoch === bootEpoch && batch.last === seq,
    );
    return at < 0 ? undefined : this.#batches.splice(at, 1)[0];
  }

  /** The connection is gone: what was on its way is to be sent again. */
  reset(): void {
    this.#batches = [];
  }
}
