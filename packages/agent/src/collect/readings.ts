/**
 * Sources that find anew with each reading what there is to tell. The arrays of keys and values stay the same as long as
 * the same series are found in the same order, as `Source` promises.
 */
import type { Source } from './collector.ts';
import { type CounterBits, counterDelta, ratePerSecond } from './rate.ts';

/** Takes one series of a reading. */
export type Add = (key: string, value: number) => void;

export interface Reader {
  /** Between two readings, ms; what was read last holds in between. 0 reads for each sample. */
  readonly everyMs: number;
  /** `nowMs` is monotonic. */
  read(add: Add, nowMs: number): void;
  /** Items present without series of their own. */
  readonly notListed?: number;
  close?(): void;
}

/** A timer that is a little early must not cost a whole round. */
const EARLY_MS = 100;

export class ReaderSource implements Source {
  keys: readonly string[] = [];
  values: Float64Array = new Float64Array(0);
  readonly #reader: Reader;
  #readMs = Number.NEGATIVE_INFINITY;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  get notListed(): number {
    return this.#reader.notListed ?? 0;
  }

  read(nowMs: number): void {
    if (nowMs - this.#readMs < this.#reader.everyMs - EARLY_MS) return;
    this.#readMs = nowMs;
    let at = 0;
    let keys: string[] | undefined;
    let values: number[] = [];
    this.#reader.read((key, value) => {
      if (keys === undefined && key === this.keys[at]) this.values[at] = value;
      else {
        // From here on the series differ from those of the reading before.
        if (keys === undefined) {
          keys = this.keys.slice(0, at);
          values = [...this.values.subarray(0, at)];
        }
        keys.push(key);
        values.push(value);
      }
      at++;
    }, nowMs);
    if (keys === undefined && at === this.keys.length) return;
    this.keys = keys ?? this.keys.slice(0, at);
    this.values = keys === undefined ? this.values.slice(0, at) : Float64Array.from(values);
  }

  close(): void {
    this.#reader.close?.();
  }
}

/** Counters by name, as rates since the reading before. A name that a reading leaves out is forgotten. */
export class Rates {
  #before = new Map<string, number>();
  #now = new Map<string, number>();
  #beforeMs = Number.NaN;
  #nowMs = Number.NaN;

  /** Begins a reading. */
  begin(nowMs: number): void {
    this.#before = this.#now;
    this.#now = new Map();
    this.#beforeMs = this.#nowMs;
    this.#nowMs = nowMs;
  }

  /** Per second; NaN where there is nothing before, or the counter was reset. */
  perSecond(name: string, counter: number, bits: CounterBits = 64): number {
    this.#now.set(name, counter);
    const delta = counterDelta(this.#before.get(name) ?? Number.NaN, counter, bits);
    return ratePerSecond(delta, this.#nowMs - this.#beforeMs);
  }
}
