import type { Source } from './collector.ts';

export interface DeviceRow {
  /** As the kernel has it (raw-name.ts). */
  readonly name: string;
  readonly keys: readonly string[];
  /** Values of this device, in the order of its keys. */
  readonly values: Float64Array;
  /** Counters of the step before; NaN at first. */
  readonly previous: Float64Array;
  seen: boolean;
  /** Place in the order in which devices are listed, larger first; NaN keeps the one it had. */
  rank: number;
}

export interface DeviceTableOptions {
  /** Series without a device, first in the list. */
  readonly totals: readonly string[];
  readonly keysOf: (name: string) => readonly string[];
  /** Counters remembered per device. */
  readonly counters: number;
  /** Whether a device is reported at all; asked once per appearance. */
  readonly wanted: (name: string) => boolean;
  /** Devices that are listed. Others count in totals only. */
  readonly limit: number;
  /** Asked for each device when there are more than are listed; without it, the first to appear are listed. */
  readonly rank?: (row: DeviceRow) => number;
  /** A device takes the place of another only when its rank is larger by this, so that none goes in and out. @default 0 */
  readonly margin?: number;
}

/**
 * Devices that come and go, and the series they make. Between `begin` and `end`, `row` is asked for each device present.
 * Every device has a row, so that totals are over all; the series of the first `limit` in order of rank are listed.
 */
export class DeviceTable implements Pick<Source, 'keys' | 'values'> {
  keys: readonly string[];
  values: Float64Array;
  readonly #options: DeviceTableOptions;
  /** By name; null for what is not wanted. */
  #rows = new Map<string, DeviceRow | null>();
  #all: DeviceRow[] = [];
  #listed = new Set<DeviceRow>();
  #present = 0;
  #changed = false;

  constructor(options: DeviceTableOptions) {
    this.#options = options;
    this.keys = options.totals;
    this.values = new Float64Array(options.totals.length).fill(Number.NaN);
  }

  /** Devices present that have no series of their own. */
  get notListed(): number {
    return this.#all.length - this.#listed.size;
  }

  begin(): void {
    this.#present = 0;
    for (const row of this.#all) row.seen = false;
  }

  /** The row of a device that is present, or undefined when it is not reported. */
  row(name: string): DeviceRow | undefined {
    let row = this.#rows.get(name);
    if (row === undefined) {
      row = this.#options.wanted(name) ? this.#add(name) : null;
      this.#rows.set(name, row);
      this.#present++;
    } else if (row === null || !row.seen) this.#present++;
    if (row === null) return undefined;
    row.seen = true;
    return row;
  }

  /** Asks again about the devices that were not wanted. */
  reconsider(): void {
    for (const [name, row] of this.#rows) if (row === null) this.#rows.delete(name);
  }

  /** Makes keys and values again when what is listed changed, and puts the values of each row in place. */
  end(): void {
    if (this.#present < this.#rows.size) this.#removeUnseen();
    this.#list();
    const { totals } = this.#options;
    if (this.#changed) {
      this.#changed = false;
      this.keys = [...totals, ...[...this.#listed].flatMap((row) => row.keys)];
      const values = new Float64Array(this.keys.length).fill(Number.NaN);
      values.set(this.values.subarray(0, totals.length));
      this.values = values;
    }
    let at = totals.length;
    for (const row of this.#listed) {
      this.values.set(row.values, at);
      at += row.values.length;
    }
  }

  /** All rows, listed or not. */
  [Symbol.iterator](): Iterator<DeviceRow> {
    return this.#all.values();
  }

  #add(name: string): DeviceRow {
    const keys = this.#options.keysOf(name);
    const row: DeviceRow = {
      name,
      keys,
      values: new Float64Array(keys.length).fill(Number.NaN),
      previous: new Float64Array(this.#options.counters).fill(Number.NaN),
      seen: true,
      rank: Number.NaN,
    };
    this.#all.push(row);
    return row;
  }

  /** Removes devices that are gone. Unreported devices are checked again at their next appearance. */
  #removeUnseen(): void {
    this.#all = this.#all.filter((row) => row.seen);
    this.#rows = new Map(this.#all.map((row) => [row.name, row]));
    for (const row of this.#listed)
      if (!row.seen) {
        this.#listed.delete(row);
        this.#changed = true;
      }
  }

  #list(): void {
    const { limit, rank, margin = 0 } = this.#options;
    if (this.#listed.size === this.#all.length) return;
    if (rank)
      for (const row of this.#all) {
        const found = rank(row);
        if (!Number.isNaN(found) || Number.isNaN(row.rank)) row.rank = found;
      }
    const taken = new Set([...this.#listed].map((row) => row.keys[0]));
    // Two raw names that read alike would make two equal series: the second counts as not listed.
    const waiting = this.#all
      .filter((row) => !this.#listed.has(row) && !taken.has(row.keys[0]))
      .sort((a, b) => order(b.rank) - order(a.rank));
    for (const row of waiting) {
      if (taken.has(row.keys[0])) continue;
      if (this.#listed.size >= limit) {
        const last = this.#lastListed();
        if (!(order(row.rank) > order(last.rank) + margin)) return;
        this.#listed.delete(last);
        taken.delete(last.keys[0]);
      }
      this.#listed.add(row);
      taken.add(row.keys[0]);
      this.#changed = true;
    }
  }

  #lastListed(): DeviceRow {
    return [...this.#listed].reduce((last, row) =>
      order(row.rank) < order(last.rank) ? row : last,
    );
  }
}

/** Rows without a rank come last. */
const order = (rank: number): number => (Number.isNaN(rank) ? Number.NEGATIVE_INFINITY : rank);
