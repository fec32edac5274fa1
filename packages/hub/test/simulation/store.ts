/** What the hub's disk keeps over its lives, and the store of one life on it: commits take time, and may fail. */
import {
  isNewer,
  StoreError,
  type RangeResult,
  type RecordChange,
  type Rows,
  type Watermark,
} from '@openmanager/store';
import type { Life, VirtualTime } from './time.ts';

/** Of the series whose value is the number of the sample. */
export const NUMBER_KEY = 'system.process.count';

/** What is on disk. */
export class HubDisk {
  /** Numbers of stored samples by agent and time. */
  readonly stored = new Map<string, Map<number, number>>();
  readonly marks = new Map<string, Watermark>();
  readonly records = new Map<string, Map<string, string>>();
  commitMs = 4;
  /** Rows at a time of which there was one already, by agent. */
  readonly collided = new Map<string, number>();
  /** When it became full, and when it was no longer. */
  readonly full: { readonly fromMs: number; toMs: number }[] = [];

  get isFull(): boolean {
    return this.full.at(-1)?.toMs === Number.POSITIVE_INFINITY;
  }

  fill(nowMs: number): void {
    if (!this.isFull) this.full.push({ fromMs: nowMs, toMs: Number.POSITIVE_INFINITY });
  }

  free(nowMs: number): void {
    const last = this.full.at(-1);
    if (last !== undefined && this.isFull) last.toMs = nowMs;
  }
}

export class SimStore {
  readonly #disk: HubDisk;
  readonly #time: VirtualTime;
  readonly #life: Life;
  readonly #random: () => number;
  #lastMs = 0;

  constructor(disk: HubDisk, time: VirtualTime, life: Life, random: () => number) {
    this.#disk = disk;
    this.#time = time;
    this.#life = life;
    this.#random = random;
  }

  append(agentId: string, mark: Watermark, rows: Rows): Promise<void> {
    const column = rows.columns[rows.keys.indexOf(NUMBER_KEY)];
    return this.#commit(() => {
      const { marks, stored } = this.#disk;
      const known = marks.get(agentId);
      if (known !== undefined && !isNewer(mark, known)) return;
      marks.set(agentId, mark);
      const numbers = stored.get(agentId) ?? new Map<number, number>();
      stored.set(agentId, numbers);
      // As in the store: of rows of one time the first one stays.
      for (const [row, timeMs] of rows.timesMs.entries())
        if (numbers.has(timeMs))
          this.#disk.collided.set(agentId, (this.#disk.collided.get(agentId) ?? 0) + 1);
        else numbers.set(timeMs, column?.[row] ?? Number.NaN);
    });
  }

  write(changes: readonly RecordChange[]): Promise<void> {
    // As JSON: what a life changes later is not on disk.
    const plain = changes.map((change) => ({
      ...change,
      text: 'remove' in change ? undefined : JSON.stringify(change.value),
    }));
    return this.#commit(() => {
      for (const { collection, key, text } of plain) {
        const map = this.#disk.records.get(collection) ?? new Map<string, string>();
        this.#disk.records.set(collection, map);
        if (text === undefined) map.delete(key);
        else map.set(key, text);
      }
    });
  }

  /** One transaction after the other; the process may end before it hears of the end of the last. */
  #commit(apply: () => void): Promise<void> {
    const { nowMs } = this.#time;
    this.#lastMs = Math.max(this.#lastMs, nowMs) + this.#disk.commitMs * (0.5 + this.#random());
    return new Promise((resolve, reject) => {
      this.#time.after(this.#lastMs - nowMs, () => {
        if (this.#life.isOver) return;
        const { isFull } = this.#disk;
        if (!isFull) apply();
        const told = this.#random() * 2;
        this.#time.afterIn(this.#life, told, () => {
          if (isFull) reject(new StoreError('full', 'The disk is full.'));
          else resolve();
        });
      });
    });
  }

  async watermarks(): Promise<ReadonlyMap<string, Watermark>> {
    return new Map(this.#disk.marks);
  }

  async query(): Promise<RangeResult> {
    return { keys: [], timesMs: new Float64Array(), columns: [], stepMs: 0 };
  }

  async series(): Promise<readonly string[]> {
    return [];
  }

  async entries<T>(collection: string): Promise<readonly (readonly [string, T])[]> {
    return [...(this.#disk.records.get(collection) ?? [])].map(([key, text]) => [
      key,
      JSON.parse(text) as T,
    ]);
  }

  async latest<T>(
    collection: string,
    limit: number,
    before?: string,
  ): Promise<readonly (readonly [string, T])[]> {
    return (await this.entries<T>(collection))
      .filter(([key]) => before === undefined || key < before)
      .toSorted(([a], [b]) => (a < b ? 1 : -1))
      .slice(0, limit);
  }
}
