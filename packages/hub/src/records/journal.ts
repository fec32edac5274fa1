/**
 * Ordered write-behind of records. Each `write` is one transaction: its changes reach the disk all or none, never before
 * those of an earlier one, and what it announces is announced only then. Transactions that come while a write is in
 * flight are batched into the next one, where a later change of a record replaces an earlier one (coalescing).
 *
 * When the store fails, changes are kept and tried again, a health issue says so, and transactions are announced
 * all the same: a full disk is what an alert may be about.
 *
 * Each domain has a journal of its own: what one of them cannot write does not hold up another.
 */
import type { RecordChange, RecordStore } from '@openmanager/store';
import type { HealthIssues, Unsubscribe } from '../ports/index.ts';

export interface JournalOptions {
  readonly records: Pick<RecordStore, 'write'>;
  readonly issues: HealthIssues;
  /** The part of the hub that cannot store, and what that means, for `health`. */
  readonly part: string;
  readonly failure: string;
  /** Changes kept while the store fails; beyond, the oldest removals are dropped. @default 50_000 */
  readonly limit?: number | undefined;
}

export const journalDefaults = { limit: 50_000 } as const;

/** `T` is what transactions announce. */
export class Journal<T = never> {
  readonly #options: JournalOptions;
  readonly #limit: number;
  /** Changes that are not on disk, by collection and key. */
  readonly #unsaved = new Map<string, RecordChange>();
  readonly #listeners = new Set<(announced: readonly T[]) => void>();
  #unannounced: T[] = [];
  #writing: Promise<void> | undefined;
  #error: unknown;
  #dropped = 0;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#limit = options.limit ?? journalDefaults.limit;
  }

  /**
   * Whether nothing waits for a write in flight: everything is on disk, or the store refuses writes for now, whose
   * retries are no reason to wait.
   */
  get isSettled(): boolean {
    return this.#writing === undefined || this.#error !== undefined;
  }

  /** Called once per batch, when it is on disk or could not be stored. Listeners must not throw. */
  onAnnounced(listener: (announced: readonly T[]) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** One transaction, and what is announced when it is on disk. */
  write(changes: readonly RecordChange[], announce: readonly T[] = []): void {
    for (const change of changes) this.#unsaved.set(`${change.collection} ${change.key}`, change);
    if (this.#unsaved.size > this.#limit) this.#drop();
    this.#unannounced.push(...announce);
    this.retry();
  }

  /** Retries what could not be stored; to be called now and then. */
  retry(): void {
    if (this.#unsaved.size === 0 && this.#unannounced.length === 0) return;
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
  }

  /** Resolves when everything written is on disk and announced. Throws the store's error otherwise. */
  async flush(): Promise<void> {
    this.retry();
    await this.drain();
    if (this.#unsaved.size > 0) throw this.#error;
  }

  /** Resolves when everything written was announced, and is on disk or could not be stored. */
  async drain(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #write(): Promise<void> {
    // Transactions of one turn of the event loop are one batch.
    await Promise.resolve();
    while (this.#unsaved.size > 0 || this.#unannounced.length > 0) {
      const announced = this.#unannounced;
      this.#unannounced = [];
      const isSaved = await this.#save([...this.#unsaved]);
      if (announced.length > 0) for (const listener of this.#listeners) listener(announced);
      if (!isSaved && this.#unannounced.length === 0) return;
    }
  }

  async #save(batch: readonly (readonly [string, RecordChange])[]): Promise<boolean> {
    if (batch.length === 0) return true;
    const { records, issues, part, failure } = this.#options;
    try {
      await records.write(batch.map(([, change]) => change));
    } catch (error) {
      this.#error = error;
      const dropped = this.#dropped === 0 ? '' : ` ${this.#dropped} removals were dropped.`;
      issues.set(part, `${failure}${dropped}`);
      return false;
    }
    issues.clear(part);
    this.#error = undefined;
    this.#dropped = 0;
    for (const [name, change] of batch)
      if (this.#unsaved.get(name) === change) this.#unsaved.delete(name);
    return true;
  }

  /** Backpressure: a lost removal does the least harm, since a start finds the record again. */
  #drop(): void {
    for (const [name, change] of this.#unsaved) {
      if (!('remove' in change)) continue;
      this.#unsaved.delete(name);
      this.#dropped++;
      if (this.#unsaved.size <= this.#limit) return;
    }
  }
}
