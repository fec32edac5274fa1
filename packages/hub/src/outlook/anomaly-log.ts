/** Anomalies that were found, in memory and on disk, oldest first. */
import type { Widening } from '@openmanager/analytics';
import type { Anomaly } from '@openmanager/protocol';
import type { RecordStore } from '@openmanager/store';
import type { KnownHosts } from '../ports/index.ts';
import { collection, LogKeys, timeKey, withTarget, type Journal } from '../records/index.ts';

const anomalyRecords = collection<Found>('anomalies');

export interface Found {
  readonly anomaly: Anomaly;
  /** How to take back that it is normal. */
  readonly widening?: Widening | undefined;
}

export interface AnomalyLogOptions {
  readonly records: RecordStore;
  readonly journal: Pick<Journal, 'write'>;
  readonly hosts: Pick<KnownHosts, 'target'>;
  /** Anomalies kept; the oldest go first. @default 10_000 */
  readonly limit?: number;
}

export const anomalyLogDefaults = { limit: 10_000 } as const;

export class AnomalyLog {
  readonly #journal: Pick<Journal, 'write'>;
  readonly #keys: LogKeys<Found>;
  readonly #found: Map<string, Found>;
  #count = 0;

  private constructor(
    journal: Pick<Journal, 'write'>,
    keys: LogKeys<Found>,
    found: readonly (readonly [string, Found])[],
  ) {
    this.#journal = journal;
    this.#keys = keys;
    this.#found = new Map(found);
  }

  static async open(options: AnomalyLogOptions): Promise<AnomalyLog> {
    const { records, journal, hosts, limit } = { ...anomalyLogDefaults, ...options };
    const { keys, entries } = await LogKeys.open(records, anomalyRecords, limit);
    const nameOf = (hostId: string): string | undefined => hosts.target(hostId)?.name;
    const found = entries.map(
      ([key, { anomaly, ...rest }]) =>
        [key, { ...rest, anomaly: withTarget(anomaly, nameOf) }] as const,
    );
    return new AnomalyLog(journal, keys, found);
  }

  /** Takes them with new ids. */
  add(news: readonly Omit<Anomaly, 'id'>[]): readonly Anomaly[] {
    const added = news.map((anomaly): Anomaly => ({ id: this.#newId(anomaly), ...anomaly }));
    for (const anomaly of added) {
      this.#found.set(anomaly.id, { anomaly });
      this.#keys.add(anomaly.id);
    }
    const old = this.#keys.trim();
    for (const { key } of old) this.#found.delete(key);
    this.#journal.write([
      ...added.map((anomaly) => anomalyRecords.put(anomaly.id, { anomaly })),
      ...old,
    ]);
    return added;
  }

  get(id: string): Found | undefined {
    return this.#found.get(id);
  }

  replace(found: Found): void {
    this.#found.set(found.anomaly.id, found);
    this.#journal.write([anomalyRecords.put(found.anomaly.id, found)]);
  }

  /** Of one target since a time, newest first. */
  recent(targetId: string, sinceMs: number, limit: number): readonly Anomaly[] {
    return this.#of(targetId)
      .filter(({ timeMs }) => timeMs >= sinceMs)
      .toSorted((a, b) => b.timeMs - a.timeMs)
      .slice(0, limit);
  }

  /** Of one series within a span, oldest first. */
  between(targetId: string, key: string, fromMs: number, toMs: number): readonly Anomaly[] {
    return this.#of(targetId)
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

  targetRemoved(targetId: string): void {
    const ids = this.#of(targetId).map(({ id }) => id);
    for (const id of ids) this.#found.delete(id);
    this.#journal.write(ids.map((id) => this.#keys.remove(id)));
  }

  #of(targetId: string): readonly Anomaly[] {
    return [...this.#found.values()]
      .map(({ anomaly }) => anomaly)
      .filter((anomaly) => anomaly.target.id === targetId);
  }

  #newId({ timeMs }: Pick<Anomaly, 'timeMs'>): string {
    let id = '';
    do id = `${timeKey(timeMs)}-${(this.#count++).toString(36)}`;
    while (this.#found.has(id));
    return id;
  }
}
