import type { RecordChange, RecordStore } from '../ports/index.ts';
import type { Collection } from './collection.ts';

export type Change<T> = readonly [key: string, value: T | undefined];

/** Changes of one collection, to be made together with those of others. */
export interface Stage {
  readonly changes: readonly RecordChange[];
  apply(): void;
  revert(): void;
}

/**
 * One collection of records with all its values in memory: reads are immediate, writes are durable before
 * they resolve. A write that fails leaves memory as it was.
 */
export class RecordMap<T> {
  readonly #records: RecordStore;
  readonly #collection: Collection<T>;
  readonly #map: Map<string, T>;

  private constructor(records: RecordStore, collection: Collection<T>, map: Map<string, T>) {
    this.#records = records;
    this.#collection = collection;
    this.#map = map;
  }

  static async open<T>(records: RecordStore, collection: Collection<T>): Promise<RecordMap<T>> {
    return new RecordMap(records, collection, new Map(await collection.entries(records)));
  }

  get size(): number {
    return this.#map.size;
  }

  get(key: string): T | undefined {
    return this.#map.get(key);
  }

  entries(): IterableIterator<[string, T]> {
    return this.#map.entries();
  }

  values(): IterableIterator<T> {
    return this.#map.values();
  }

  put(key: string, value: T): Promise<void> {
    return this.write([[key, value]]);
  }

  remove(key: string): Promise<void> {
    return this.write([[key, undefined]]);
  }

  /**
   * Several changes at once, all or nothing; `undefined` removes. `others` are stages of other collections in
   * the same transaction. Memory changes first, so that a one-time secret cannot be used twice meanwhile.
   */
  async write(changes: readonly Change<T>[], ...others: readonly Stage[]): Promise<void> {
    const stages = [this.stage(changes), ...others];
    for (const stage of stages) stage.apply();
    try {
      await this.#records.write(stages.flatMap((stage) => stage.changes));
    } catch (error) {
      for (const stage of stages) stage.revert();
      throw error;
    }
  }

  /**
   * Like `write`, but memory keeps the changes until the end of the process although the disk does not take them: for what
   * people need while the disk is full, and can do again after a restart. Answers whether they are durable.
   */
  async hold(changes: readonly Change<T>[], ...others: readonly Stage[]): Promise<boolean> {
    try {
      await this.write(changes, ...others);
      return true;
    } catch {
      this.#setAll(changes);
      for (const stage of others) stage.apply();
      return false;
    }
  }

  /** Like `write`, but memory changes only when the disk has, for readers that act on what is durable. */
  async commit(changes: readonly Change<T>[]): Promise<void> {
    await this.#records.write(this.stage(changes).changes);
    this.#setAll(changes);
  }

  /** Changes that another map's `write` carries out. */
  stage(changes: readonly Change<T>[]): Stage {
    const before = changes.map(([key]) => [key, this.#map.get(key)] as const);
    return {
      changes: changes.map(([key, value]) =>
        value === undefined ? this.#collection.remove(key) : this.#collection.put(key, value),
      ),
      apply: () => this.#setAll(changes),
      revert: () => this.#setAll(before),
    };
  }

  #setAll(changes: readonly Change<T>[]): void {
    for (const [key, value] of changes) {
      if (value === undefined) this.#map.delete(key);
      else this.#map.set(key, value);
    }
  }
}
