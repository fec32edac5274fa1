/** Batches on their way: sent in order, acknowledged cumulatively or rejected one by one, at most `size` of them. */
import { compareMarks, firstMark, isAfter, type Mark } from '../spool/mark.ts';

/** Bound of what is open while the hub stores nothing: more than a day at a batch per second. */
const LIFTED_SIZE = 100_000;

interface InFlight {
  readonly mark: Mark;
  rejected: boolean;
}

export class Window {
  /** Up to and including this everything is settled: stored by the hub, or rejected for good. */
  settled: Mark = firstMark;
  readonly #size: number;
  #flight: InFlight[] = [];
  #lifted = false;
  /** Rejected while older ones were still open, kept over a reconnect so that they are not sent again. */
  #rejected: Mark[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  get inFlight(): number {
    return this.#flight.length;
  }

  get isFull(): boolean {
    return this.#flight.length >= (this.#lifted ? LIFTED_SIZE : this.#size);
  }

  /** Newest batch sent on this connection, or what is settled. */
  get sentUpTo(): Mark {
    return this.#flight.at(-1)?.mark ?? this.settled;
  }

  /** The hub stores nothing for now: what is open is not bounded by `size` until it does. False when it was so. */
  lift(): boolean {
    if (this.#lifted) return false;
    this.#lifted = true;
    return true;
  }

  /** Adds the next batch; false when it was rejected before and must not be sent. */
  send(mark: Mark): boolean {
    const rejected = this.#rejected.some((other) => compareMarks(other, mark) === 0);
    this.#flight.push({ mark, rejected });
    if (rejected) this.#settleFront();
    return !rejected;
  }

  /** Everything up to `mark` is stored. */
  acknowledge(mark: Mark): void {
    if (isAfter(mark, this.settled)) {
      this.settled = mark;
      this.#lifted = false;
    }
    this.#flight = this.#flight.filter((batch) => isAfter(batch.mark, this.settled));
    this.#settleFront();
  }

  /** True when that batch was open. */
  reject(mark: Mark): boolean {
    const batch = this.#flight.find((other) => compareMarks(other.mark, mark) === 0);
    if (!batch || batch.rejected) return false;
    batch.rejected = true;
    this.#rejected.push(mark);
    this.#settleFront();
    return true;
  }

  /** The connection is gone: what was open is to be sent again. */
  reset(): void {
    this.#lifted = false;
    this.#flight = [];
  }

  #settleFront(): void {
    while (this.#flight[0]?.rejected) this.settled = (this.#flight.shift() as InFlight).mark;
    this.#rejected = this.#rejected.filter((mark) => isAfter(mark, this.settled));
  }
}
