/** What became of messages to one receiver, since the start. */
export interface DispatchCounts {
  /** Messages that arrived. */
  sent: number;
  /** Attempts that failed. */
  failed: number;
  /** Attempts after a failed one. */
  retried: number;
  /** Messages that were not tried again. */
  givenUp: number;
  /** Alerts that a silence, another alert or the hour kept from it. */
  muted: number;
}

/** Receivers that are counted on their own: as many as there can be, and some that were removed. */
const RECEIVERS = 1_000;

export class CountsByReceiver {
  readonly #counts = new Map<string, DispatchCounts>();

  get all(): ReadonlyMap<string, DispatchCounts> {
    return this.#counts;
  }

  add(receiver: string, what: keyof DispatchCounts): void {
    let counts = this.#counts.get(receiver);
    if (!counts) {
      if (this.#counts.size >= RECEIVERS) return;
      counts = { sent: 0, failed: 0, retried: 0, givenUp: 0, muted: 0 };
      this.#counts.set(receiver, counts);
    }
    counts[what]++;
  }
}
