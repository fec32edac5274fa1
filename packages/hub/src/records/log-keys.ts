/** The keys of a collection that is a log: they ascend with time, and the oldest records go. */
import type { RecordChange, RecordStore } from '@openmanager/store';
import type { Collection } from './collection.ts';

/** Records over the limit that a start finds and removes: what a failing store, or a smaller limit, left behind. */
const LEFT_OVER = 1_000;
const TIME_DIGITS = 16;

export class LogKeys<T> {
  readonly #collection: Collection<T>;
  readonly #limit: number;
  /** Ascending. */
  readonly #keys: string[];

  private constructor(collection: Collection<T>, limit: number, keys: string[]) {
    this.#collection = collection;
    this.#limit = limit;
    this.#keys = keys;
  }

  /** With the newest records, ascending. */
  static async open<T>(
    records: Pick<RecordStore, 'latest'>,
    collection: Collection<T>,
    limit: number,
  ): Promise<{ readonly keys: LogKeys<T>; readonly entries: readonly (readonly [string, T])[] }> {
    const found = await collection.latest(records, limit + LEFT_OVER);
    const keys = found.map(([key]) => key).toReversed();
    return {
      keys: new LogKeys(collection, limit, keys),
      entries: found.slice(0, limit).toReversed(),
    };
  }

  get size(): number {
    return this.#keys.length;
  }

  /** Usually the largest; clocks differ a little. Adding a key twice changes nothing. */
  add(key: string): void {
    let place = this.#keys.length;
    while (place > 0 && (this.#keys[place - 1] as string) > key) place--;
    if (this.#keys[place - 1] !== key) this.#keys.splice(place, 0, key);
  }

  /** Takes out what is over the limit, and what is before a key; answers the removals. */
  trim(before = ''): RecordChange[] {
    let count = Math.max(0, this.#keys.length - this.#limit);
    while ((this.#keys[count] ?? before) < before) count++;
    return this.#keys.splice(0, count).map((key) => this.#collection.remove(key));
  }

  /** Takes one out; answers its removal. */
  remove(key: string): RecordChange {
    const place = this.#keys.lastIndexOf(key);
    if (place >= 0) this.#keys.splice(place, 1);
    return this.#collection.remove(key);
  }
}

/** A time, or another whole number, as the beginning of a key, so that keys sort like it. */
export function timeKey(timeMs: number): string {
  return String(Math.max(0, Math.floor(timeMs))).padStart(TIME_DIGITS, '0');
}
