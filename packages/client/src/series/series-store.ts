import type { Batch } from '../state/batch.ts';
import { Signal } from '../state/batch.ts';
import type { Readable, SeriesSnapshot } from '../types.ts';
import type { GapLog } from './gaps.ts';
import { Ring } from './ring.ts';

export const emptySeries: SeriesSnapshot = Object.freeze({
  timesMs: new Float64Array(0),
  values: new Float64Array(0),
  gaps: Object.freeze([]),
});

interface Entry {
  readonly hostId: string;
  readonly key: string;
  readonly ring: Ring;
  snapshot: SeriesSnapshot | undefined;
  gapVersion: number;
}

export interface SeriesLimits {
  readonly pointsPerSeries: number;
  readonly pointsInAll: number;
}

/**
 * Rings by host and series, within one bound of slots in total. At the bound, unread series stop growing, and a series
 * that is read evicts those never or least recently read (LRU).
 */
export class SeriesStore {
  readonly #limits: SeriesLimits;
  readonly #batch: Batch;
  readonly #gaps: GapLog;
  readonly #hosts = new Map<string, Map<string, Entry>>();
  readonly #signals = new Map<string, Signal>();
  /** In order of creation. */
  readonly #unread = new Set<Entry>();
  /** Least recently read first. */
  readonly #read = new Set<Entry>();
  #slots = 0;
  #dropped = 0;

  constructor(limits: SeriesLimits, batch: Batch, gaps: GapLog) {
    this.#limits = limits;
    this.#batch = batch;
    this.#gaps = gaps;
  }

  /** Points there is room for now; what the bound counts. */
  get held(): number {
    return this.#slots;
  }

  /** Points evicted to stay within the bound. */
  get evicted(): number {
    return this.#dropped;
  }

  series(hostId: string, key: string): Readable<SeriesSnapshot> {
    return {
      subscribe: (listener) => this.#listen(hostId, key, listener),
      getSnapshot: () => this.#snapshot(hostId, key),
    };
  }

  /** One value per key at one time; NaN is no value. */
  pushRow(
    hostId: string,
    keys: readonly string[],
    timeMs: number,
    values: Float64Array,
    replace: boolean,
  ): void {
    for (let index = 0; index < keys.length; index++) {
      const value = values[index] as number;
      if (Number.isNaN(value)) continue;
      const entry = this.#entry(hostId, keys[index] as string);
      if (entry?.ring.push(timeMs, value, replace) === true) this.#touched(entry);
    }
  }

  /** Past rows; a value already held for a time is replaced. */
  mergeColumns(
    hostId: string,
    keys: readonly string[],
    timesMs: ArrayLike<number>,
    columns: readonly ArrayLike<number | null>[],
    before: number = Infinity,
  ): void {
    for (const [index, key] of keys.entries()) {
      const points = presentPoints(timesMs, columns[index] ?? [], before);
      if (points.timesMs.length === 0) continue;
      const entry = this.#entry(hostId, key);
      if (entry?.ring.merge(points.timesMs, points.values, true) === true) this.#touched(entry);
    }
  }

  /** Time of the oldest point held, epoch ms; Infinity without one. */
  oldestMs(hostId: string, key: string): number {
    const ring = this.#hosts.get(hostId)?.get(key)?.ring;
    return ring && ring.length > 0 ? ring.firstMs : Infinity;
  }

  /** The gaps changed: every view of a host may. */
  gapsChanged(): void {
    for (const signal of this.#signals.values()) signal.changed();
  }

  clear(): void {
    for (const signal of this.#signals.values()) signal.changed();
    this.#hosts.clear();
    this.#unread.clear();
    this.#read.clear();
    this.#slots = 0;
  }

  #listen(hostId: string, key: string, listener: () => void): () => void {
    const name = nameOf(hostId, key);
    let signal = this.#signals.get(name);
    if (!signal) this.#signals.set(name, (signal = new Signal(this.#batch)));
    const stop = signal.listen(listener);
    return () => {
      stop();
      if (!signal.watched && this.#signals.get(name) === signal) this.#signals.delete(name);
    };
  }

  #touched(entry: Entry): void {
    entry.snapshot = undefined;
    this.#dropped += entry.ring.takeLost();
    this.#signals.get(nameOf(entry.hostId, entry.key))?.changed();
  }

  #snapshot(hostId: string, key: string): SeriesSnapshot {
    const entry = this.#hosts.get(hostId)?.get(key);
    if (!entry) return emptySeries;
    this.#unread.delete(entry);
    this.#read.delete(entry);
    this.#read.add(entry);
    const { version } = this.#gaps;
    if (!entry.snapshot || entry.gapVersion !== version) {
      const view = entry.ring.view();
      entry.snapshot = { ...view, gaps: this.#gaps.holesIn(hostId, view.timesMs) };
      entry.gapVersion = version;
    }
    return entry.snapshot;
  }

  #entry(hostId: string, key: string): Entry | undefined {
    let entries = this.#hosts.get(hostId);
    if (!entries) this.#hosts.set(hostId, (entries = new Map()));
    let entry = entries.get(key);
    if (!entry) {
      const ring: Ring = new Ring(this.#limits.pointsPerSeries, (held, wanted) =>
        entry ? this.#allot(entry, held, wanted) : held,
      );
      entry = { hostId, key, ring, snapshot: undefined, gapVersion: -1 };
      entries.set(key, entry);
      this.#unread.add(entry);
    }
    return entry;
  }

  #allot(entry: Entry, held: number, wanted: number): number {
    // A ring without a slot would lose its very first point, so it may displace others even when unread.
    const mayDisplace = held === 0 || this.#read.has(entry);
    while (this.#slots - held + wanted > this.#limits.pointsInAll) {
      const victim = mayDisplace ? this.#victim(entry) : undefined;
      if (!victim) return held;
      this.#remove(victim);
    }
    this.#slots += wanted - held;
    return wanted;
  }

  #victim(except: Entry): Entry | undefined {
    for (const entries of [this.#unread, this.#read])
      for (const entry of entries) if (entry !== except) return entry;
    return undefined;
  }

  #remove(entry: Entry): void {
    this.#dropped += entry.ring.length;
    this.#slots -= entry.ring.slots;
    this.#unread.delete(entry);
    this.#read.delete(entry);
    const entries = this.#hosts.get(entry.hostId);
    entries?.delete(entry.key);
    if (entries?.size === 0) this.#hosts.delete(entry.hostId);
    this.#signals.get(nameOf(entry.hostId, entry.key))?.changed();
  }
}

function nameOf(hostId: string, key: string): string {
  return `${hostId} ${key}`;
}

/** The points of a column that have a value, in strictly ascending time order. */
function presentPoints(
  timesMs: ArrayLike<number>,
  column: ArrayLike<number | null>,
  before: number,
): { timesMs: number[]; values: number[] } {
  const times: number[] = [];
  const values: number[] = [];
  let ordered = true;
  for (let row = 0; row < timesMs.length; row++) {
    const value = column[row];
    const timeMs = timesMs[row] as number;
    if (value === null || value === undefined || Number.isNaN(value) || timeMs >= before) continue;
    if (times.length > 0 && timeMs <= (times[times.length - 1] as number)) ordered = false;
    times.push(timeMs);
    values.push(value);
  }
  if (ordered) return { timesMs: times, values };
  const byTime = new Map(times.map((timeMs, index) => [timeMs, values[index] as number]));
  const sorted = [...byTime].sort((a, b) => a[0] - b[0]);
  return { timesMs: sorted.map(([timeMs]) => timeMs), values: sorted.map(([, value]) => value) };
}
