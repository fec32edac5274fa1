/** Anomalies that were found, in memory and on disk, oldest first. */
import type { Widening } from '@openmanager/analytics';
import type { Anomaly } from '@openmanager/protocol';
import type { RecordChange, RecordStore } from '@openmanager/store';
import type { Problems } from '../ports/health-issues.ts';

const COLLECTION = 'anomalies';
const PART = 'anomalies';
const TIME_DIGITS = 16;

export interface Found {
  readonly anomaly: Anomaly;
  /** How to take back that it is normal. */
  readonly widening?: Widening | undefined;
}

export interface AnomalyLogOptions {
  readonly records: RecordStore;
  readonly problems: Problems;
  /** Anomalies kept; the oldest go first. @default 10_000 */
  readonly limit?: number;
}

export const anomalyLogDefaults = { limit: 10_000 } as const;

export class AnomalyLog {
  readonly #options: Required<AnomalyLogOptions>;
  readonly #found: Map<string, Found>;
  #count = 0;
  /** At most as many as there are anomalies, by id. */
  readonly #unsaved = new Map<string, RecordChange>();
  #writing: Promise<void> | undefined;

  private constructor(
    options: Required<AnomalyLogOptions>,
    found: readonly (readonly [string, Found])[],
  ) {
    this.#options = options;
    this.#found = new Map(found);
  }

  static async open(options: AnomalyLogOptions): Promise<AnomalyLog> {
    const set = { ...anomalyLogDefaults, ...options };
    const newest = await set.records.latest<Found>(COLLECTION, set.limit);
    return new AnomalyLog(set, newest.toReversed());
  }

  /** Takes them with new ids. */
  add(news: readonly Omit<Anomaly, 'id'>[]): readonly Anomaly[] {
    const added = news.map((anomaly): Anomaly => {
      const time = String(Math.max(0, Math.floor(anomaly.timeMs))).padStart(TIME_DIGITS, '0');
      let id = '';
      do id = `${time}-${(this.#count++).toString(36)}`;
      while (this.#found.has(id));
      return { id, ...anomaly };
    });
    for (const anomaly of added) this.#put({ anomaly });
    while (this.#found.size > this.#options.limit)
      this.#forget(this.#found.keys().next().value as string);
    this.save();
    return added;
  }

  get(id: string): Found | undefined {
    return this.#found.get(id);
  }

  replace(found: Found): void {
    this.#put(found);
    this.save();
  }

  /** Of one host since a time, newest first. */
  recent(hostId: string, sinceMs: number, limit: number): readonly Anomaly[] {
    return this.#of(hostId)
      .filter(({ timeMs }) => timeMs >= sinceMs)
      .toSorted((a, b) => b.timeMs - a.timeMs)
      .slice(0, limit);
  }

  /** Of one series within a span, oldest first. */
  between(hostId: string, key: string, fromMs: number, toMs: number): readonly Anomaly[] {
    return this.#of(hostId)
      .filter((one) => one.key === key && one.timeMs >= fromMs && one.timeMs <= toMs)
      .toSorted((a, b) => a.timeMs - b.timeMs);
  }

  /** Newest first. */
  latest(limit: number): readonly Anomaly[] {
    return [...this.#found.values()]
      .map(({ anomaly }) => anomaly)
      .toSorted((a, b) => b.timeMs - a.timeMs)
      .slice(0, limit);
  }

  hostRemoved(hostId: string): void {
    for (const { id } of this.#of(hostId)) this.#forget(id);
    this.save();
  }

  save(): void {
    if (this.#unsaved.size > 0)
      this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
  }

  async drain(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  #of(hostId: string): readonly Anomaly[] {
    return [...this.#found.values()]
      .map(({ anomaly }) => anomaly)
      .filter((anomaly) => anomaly.hostId === hostId);
  }

  #put(found: Found): void {
    const key = found.anomaly.id;
    this.#found.set(key, found);
    this.#unsaved.set(key, { collection: COLLECTION, key, value: found });
  }

  #forget(key: string): void {
    this.#found.delete(key);
    this.#unsaved.set(key, { collection: COLLECTION, key, remove: true });
  }

  async #write(): Promise<void> {
    while (this.#unsaved.size > 0) {
      const batch = [...this.#unsaved];
      try {
        await this.#options.records.write(batch.map(([, change]) => change));
      } catch {
        // Tried again with the next one; what is older than the limit is dropped from memory too.
        this.#options.problems.set(PART, 'Anomalies cannot be stored; they are kept in memory.');
        return;
      }
      this.#options.problems.clear(PART);
      for (const [key, change] of batch)
        if (this.#unsaved.get(key) === change) this.#unsaved.delete(key);
    }
  }
}
