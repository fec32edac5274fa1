/**
 * A fleet whose values move as those of real hosts do: load, traffic and uptime each second, memory and processes
 * now and then, disk space hardly ever. About 47 % of all values change at display precision from one second
 * to the next. Everything that is compared is fed by this, with the same seed.
 */
import {
  dequantise,
  displayPrecision,
  headlineKeys,
  metricOfKey,
  quantise,
} from '@openmanager/protocol';

interface Habit {
  /** What a poor man's JSON calls it. */
  readonly name: string;
  /** Share of seconds in which the value changes. */
  readonly changes: number;
  readonly from: number;
  readonly to: number;
  /** Largest step, share of the span. */
  readonly step: number;
}

/** In the order of `headlineKeys`; uptime counts seconds instead. */
const habits: readonly Habit[] = [
  { name: 'cpu', changes: 0.8, from: 0.02, to: 0.8, step: 0.1 },
  { name: 'memory', changes: 0.25, from: 0.3, to: 0.75, step: 0.01 },
  { name: 'disk', changes: 0.02, from: 0.2, to: 0.7, step: 0.005 },
  { name: 'netIn', changes: 0.9, from: 2e4, to: 6e7, step: 0.1 },
  { name: 'netOut', changes: 0.9, from: 2e4, to: 4e7, step: 0.1 },
  { name: 'diskRead', changes: 0.4, from: 0, to: 4e6, step: 0.1 },
  { name: 'diskWrite', changes: 0.5, from: 0, to: 8e6, step: 0.1 },
  { name: 'diskBusy', changes: 0.4, from: 0, to: 0.4, step: 0.1 },
  { name: 'swap', changes: 0.01, from: 0, to: 0.2, step: 0.01 },
  { name: 'load1', changes: 0.2, from: 0.1, to: 6, step: 0.05 },
  { name: 'processes', changes: 0.2, from: 90, to: 320, step: 0.02 },
  { name: 'uptime', changes: 1, from: 1e5, to: 9e6, step: 0 },
];
const UPTIME = habits.length - 1;
const precisions = headlineKeys.map((key) => displayPrecision(metricOfKey(key)));

/** Numbers in [0, 1) from a seed: mulberry32. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One host's headline values, base units. */
export class Walk {
  readonly values: Float64Array;
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seeded(seed + 1);
    this.values = Float64Array.from(habits, ({ from, to }) => from + (to - from) * this.#random());
  }

  /** Goes on by some seconds, one by one. */
  step(seconds: number): Float64Array {
    for (let second = 0; second < seconds; second++)
      for (const [index, { changes, from, to, step }] of habits.entries()) {
        if (index === UPTIME) this.values[index] = Math.floor(this.values[index] as number) + 1;
        else if (this.#random() < changes) this.values[index] = this.#moved(index, from, to, step);
      }
    return this.values;
  }

  #moved(index: number, from: number, to: number, step: number): number {
    const moved = (this.values[index] as number) + (this.#random() * 2 - 1) * step * (to - from);
    // Reflected, so that it does not stick at a bound.
    return moved < from ? 2 * from - moved : moved > to ? 2 * to - moved : moved;
  }
}

/**
 * The fleet as the JSON a usual server would send: short names, rounded as screens show it. `timeMs` comes first,
 * where a receiver finds it without reading all.
 */
export class JsonFleet {
  readonly #walks: readonly Walk[];
  readonly #ids: readonly string[];

  constructor(hosts: number) {
    this.#walks = Array.from({ length: hosts }, (_, index) => new Walk(index));
    this.#ids = Array.from({ length: hosts }, (_, index) => `h${String(index).padStart(11, '0')}`);
  }

  step(seconds: number): void {
    for (const walk of this.#walks) walk.step(seconds);
  }

  read(timeMs: number): object {
    return {
      timeMs,
      hosts: this.#walks.map((walk, index) => {
        const host: Record<string, unknown> = { id: this.#ids[index], status: 'online' };
        for (const [key, { name }] of habits.entries()) {
          const precision = precisions[key] as (typeof precisions)[number];
          host[name] = dequantise(quantise(walk.values[key] as number, precision), precision);
        }
        return host;
      }),
    };
  }
}
