import {
  isNewer,
  StoreError,
  type RangeQuery,
  type RangeResult,
  type RecordChange,
  type Rows,
  type Store,
  type StoreCondition,
  type StoreStats,
  type Watermark,
} from '@openmanager/store';

/** A store that tests own: it can be told to fail or to wait. */
export class MemoryStore implements Store {
  readonly appended: { agentId: string; mark: Watermark; rows: Rows }[] = [];
  readonly collections = new Map<string, Map<string, unknown>>();
  /** Thrown by every write and append while set. */
  failure: StoreError | undefined;
  /** Appends and writes wait for it. */
  gate: Promise<void> = Promise.resolve();
  readonly #marks = new Map<string, Watermark>();

  condition(): StoreCondition {
    return { reserveUsed: false, trustedMs: Date.now() };
  }

  onCondition(): () => void {
    return () => undefined;
  }

  async acceptClock(): Promise<void> {}

  async append(agentId: string, mark: Watermark, rows: Rows): Promise<void> {
    await this.gate;
    if (this.failure) throw this.failure;
    const known = this.#marks.get(agentId);
    if (known && !isNewer(mark, known)) return;
    this.#marks.set(agentId, mark);
    this.appended.push({ agentId, mark, rows });
  }

  /** Every stored sample time of an agent, in the order of storing. */
  timesOf(agentId: string): number[] {
    return this.appended
      .filter((entry) => entry.agentId === agentId)
      .flatMap((entry) => entry.rows.timesMs);
  }

  async watermarks(): Promise<ReadonlyMap<string, Watermark>> {
    return new Map(this.#marks);
  }

  async query(query: RangeQuery): Promise<RangeResult> {
    return { keys: query.keys ?? [], timesMs: new Float64Array(), columns: [], stepMs: 0 };
  }

  async series(): Promise<readonly string[]> {
    return [];
  }

  async removeHost(hostId: string): Promise<void> {
    this.#marks.delete(hostId);
  }

  async stats(): Promise<StoreStats> {
    return { samplesStored: 0, rowsRepeated: 0, bytesOnDisk: 0 };
  }

  async entries<T>(collection: string): Promise<readonly (readonly [string, T])[]> {
    return [...this.#collection(collection)].map(([key, value]) => [
      key,
      structuredClone(value) as T,
    ]);
  }

  async latest<T>(
    collection: string,
    limit: number,
    before?: string,
  ): Promise<readonly (readonly [string, T])[]> {
    return [...this.#collection(collection)]
      .filter(([key]) => before === undefined || key < before)
      .toSorted(([a], [b]) => (a < b ? 1 : -1))
      .slice(0, limit)
      .map(([key, value]) => [key, structuredClone(value) as T]);
  }

  async write(changes: readonly RecordChange[]): Promise<void> {
    await this.gate;
    if (this.failure) throw this.failure;
    for (const change of changes) {
      const map = this.#collection(change.collection);
      if ('remove' in change) map.delete(change.key);
      else map.set(change.key, structuredClone(change.value));
    }
  }

  async close(): Promise<void> {}

  #collection(name: string): Map<string, unknown> {
    let map = this.collections.get(name);
    if (!map) this.collections.set(name, (map = new Map()));
    return map;
  }
}
