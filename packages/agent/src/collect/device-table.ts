import type { Source } from './collector.ts';

export interface DeviceRow {
  readonly name: string;
  readonly keys: readonly string[];
  /** Values of this device, in the order of its keys. */
  readonly values: Float64Array;
  /** Counters of the step before; NaN at first. */
  readonly previous: Float64Array;
  seen: boolean;
}

export interface DeviceTableOptions {
  /** Series without a device, first in the list. */
  readonly totals: readonly string[];
  readonly keysOf: (name: string) => readonly string[];
  /** Counters remembered per device. */
  readonly counters: number;
  /** Whether a device is reported at all; called once per appearance. */
  readonly wanted: (name: string) => boolean;
  /** Devices beyond this are left out and counted. */
  readonly limit: number;
}

/** Devices that come and go, and the series they make. Between `begin` and `end`, `row` is asked for each device present. */
export class DeviceTable implements Pick<Source, 'keys' | 'values'> {
  keys: readonly string[];
  values: Float64Array;
  /** Devices present but left out because of the limit. */
  leftOut = 0;
  readonly #options: DeviceTableOptions;
  #rows = new Map<string, DeviceRow | null>();
  #shown: DeviceRow[] = [];
  #present = 0;
  #changed = false;

  constructor(options: DeviceTableOptions) {
    this.#options = options;
    this.keys = options.totals;
    this.values = new Float64Array(options.totals.length).fill(Number.NaN);
  }

  begin(): void {
    this.#present = 0;
    for (const row of this.#shown) row.seen = false;
  }

  /** The row of a device that is present, or undefined when it is not reported. */
  row(name: string): DeviceRow | undefined {
    this.#present++;
    let row = this.#rows.get(name);
    if (row === undefined) {
      row = this.#options.wanted(name) ? this.#add(name) : null;
      this.#rows.set(name, row);
    }
    if (row === null) return undefined;
    row.seen = true;
    return row;
  }

  /** Makes keys and values again when devices changed, and puts the values of each row in place. */
  end(): void {
    if (this.#present < this.#rows.size) this.#removeUnseen();
    const { totals } = this.#options;
    if (this.#changed) {
      this.#changed = false;
      this.keys = [...totals, ...this.#shown.flatMap((row) => row.keys)];
      this.values = new Float64Array(this.keys.length).fill(Number.NaN);
    }
    let at = totals.length;
    for (const row of this.#shown) {
      this.values.set(row.values, at);
      at += row.values.length;
    }
  }

  /** Rows in the order of the keys. */
  *[Symbol.iterator](): Iterator<DeviceRow> {
    yield* this.#shown;
  }

  #add(name: string): DeviceRow | null {
    if (this.#shown.length >= this.#options.limit) {
      this.leftOut++;
      return null;
    }
    const keys = this.#options.keysOf(name);
    const row: DeviceRow = {
      name,
      keys,
      values: new Float64Array(keys.length).fill(Number.NaN),
      previous: new Float64Array(this.#options.counters).fill(Number.NaN),
      seen: true,
    };
    this.#shown.push(row);
    this.#changed = true;
    return row;
  }

  /** Removes devices that are gone. Unreported devices are checked again at their next appearance. */
  #removeUnseen(): void {
    const kept = this.#shown.filter((row) => row.seen);
    if (kept.length < this.#shown.length) this.#changed = true;
    this.#shown = kept;
    this.leftOut = 0;
    this.#rows = new Map(kept.map((row) => [row.name, row]));
  }
}
