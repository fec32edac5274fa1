import type { Unsubscribe, Watchers } from '../ports/index.ts';
import type { Cancel, Timers } from './timers.ts';

const LINGER_MS = 5_000;

/** Counts who holds `target:<id>`. A host stays watched for 5 s after the last one left: pages are reloaded. */
export class WatchedHosts implements Watchers {
  readonly #timers: Timers;
  readonly #holders = new Map<string, number>();
  readonly #leaving = new Map<string, Cancel>();
  readonly #listeners = new Set<(hostId: string, watched: boolean) => void>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  isWatched(hostId: string): boolean {
    return this.#holders.has(hostId) || this.#leaving.has(hostId);
  }

  onWatched(listener: (hostId: string, watched: boolean) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  enter(hostId: string): void {
    const before = this.isWatched(hostId);
    this.#holders.set(hostId, (this.#holders.get(hostId) ?? 0) + 1);
    this.#leaving.get(hostId)?.();
    this.#leaving.delete(hostId);
    if (!before) this.#tell(hostId, true);
  }

  leave(hostId: string): void {
    const holders = this.#holders.get(hostId) ?? 0;
    if (holders > 1) {
      this.#holders.set(hostId, holders - 1);
      return;
    }
    if (!this.#holders.delete(hostId)) return;
    const cancel = this.#timers.after(LINGER_MS, () => {
      this.#leaving.delete(hostId);
      this.#tell(hostId, false);
    });
    this.#leaving.set(hostId, cancel);
  }

  stop(): void {
    for (const cancel of this.#leaving.values()) cancel();
    this.#leaving.clear();
  }

  #tell(hostId: string, watched: boolean): void {
    for (const listener of this.#listeners) listener(hostId, watched);
  }
}
