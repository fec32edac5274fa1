/** /proc/stat: CPU time by mode, in all and per core. */
import { seriesKey } from '@openmanager/protocol';
import type { Source } from './collector.ts';
import { type Scanner, TextFile } from './text-file.ts';

const METRIC = 'system.cpu.utilization';
/** Order of the columns of /proc/stat, then what they are called; interrupt holds irq and softirq. */
const USER = 0;
const NICE = 1;
const SYSTEM = 2;
const IDLE = 3;
const IOWAIT = 4;
const INTERRUPT = 5;
const STEAL = 6;
const FIELDS = 7;
const MODES = ['user', 'nice', 'system', 'idle', 'iowait', 'interrupt', 'steal'] as const;

const BASE_KEYS: readonly string[] = [
  METRIC,
  ...MODES.map((mode) => seriesKey(METRIC, { 'cpu.mode': mode })),
  'system.cpu.logical.count',
];
const COUNT_AT = BASE_KEYS.length - 1;

export class CpuSource implements Source {
  keys: readonly string[] = BASE_KEYS;
  values: Float64Array = new Float64Array(BASE_KEYS.length).fill(Number.NaN);
  /** Whether utilisation of each core is wanted. */
  perCore = false;
  readonly #file: TextFile;
  readonly #rest: ((text: Scanner) => void) | undefined;
  readonly #ticks = new Float64Array(FIELDS);
  readonly #previous = new Float64Array(FIELDS).fill(Number.NaN);
  /** Busy and total ticks by core number. */
  #corePrevious = new Map<number, { busy: number; total: number }>();
  #coreNumbers: readonly number[] = [];
  #cores = 0;

  /** `rest` is given what follows in the file. */
  constructor(root: string, rest?: (text: Scanner) => void) {
    this.#rest = rest;
    this.#file = new TextFile(`${root}/proc/stat`);
  }

  read(): void {
    const text = this.#file.read();
    if (!text) {
      this.values.fill(Number.NaN);
      return;
    }
    text.take('cpu');
    this.#readTicks(text);
    this.#inAll();
    const numbers: number[] = [];
    const utilizations: number[] = [];
    let cores = 0;
    if (this.perCore || this.#cores === 0) {
      for (text.nextLine(); text.take('cpu'); text.nextLine()) {
        cores++;
        if (!this.perCore) continue;
        numbers.push(text.number());
        this.#readTicks(text);
        utilizations.push(this.#core(numbers.at(-1) as number));
      }
      this.#cores = cores;
    }
    this.#rest?.(text);
    this.#layOut(numbers);
    this.values[COUNT_AT] = this.#cores;
    for (const [index, value] of utilizations.entries())
      this.values[BASE_KEYS.length + index] = value;
  }

  close(): void {
    this.#file.close();
  }

  #readTicks(text: Scanner): void {
    const ticks = this.#ticks;
    for (let field = USER; field <= INTERRUPT; field++) ticks[field] = text.number();
    (ticks[INTERRUPT] as number) += text.number();
    ticks[STEAL] = text.number() || 0;
  }

  #inAll(): void {
    const { values } = this;
    const ticks = this.#ticks;
    const previous = this.#previous;
    let total = 0;
    for (let field = 0; field < FIELDS; field++) {
      // The kernel lets iowait and idle go back a little; that is no time spent.
      const delta = (ticks[field] as number) - (previous[field] as number);
      values[field + 1] = delta < 0 ? 0 : delta;
      total += values[field + 1] as number;
    }
    // Without a tick there is no value yet: the next step covers this one, too.
    if (total === 0) return void values.fill(Number.NaN, 0, FIELDS + 1);
    for (let field = 0; field < FIELDS; field++) (values[field + 1] as number) /= total;
    values[0] = 1 - (values[IDLE + 1] as number) - (values[IOWAIT + 1] as number);
    previous.set(ticks);
  }

  #core(number: number): number {
    const ticks = this.#ticks;
    const idle = (ticks[IDLE] as number) + (ticks[IOWAIT] as number);
    const busy =
      (ticks[USER] as number) +
      (ticks[NICE] as number) +
      (ticks[SYSTEM] as number) +
      (ticks[INTERRUPT] as number) +
      (ticks[STEAL] as number);
    const total = busy + idle;
    const before = this.#corePrevious.get(number);
    this.#corePrevious.set(number, { busy, total });
    if (!before || total <= before.total) return Number.NaN;
    return Math.min(1, Math.max(0, (busy - before.busy) / (total - before.total)));
  }

  #layOut(numbers: readonly number[]): void {
    const before = this.#coreNumbers;
    if (numbers.length === before.length && numbers.every((number, at) => number === before[at]))
      return;
    this.#coreNumbers = numbers;
    if (numbers.length === 0) this.#corePrevious = new Map();
    const base = this.values.subarray(0, BASE_KEYS.length);
    this.keys =
      numbers.length === 0
        ? BASE_KEYS
        : [
            ...BASE_KEYS,
            ...numbers.map((number) => seriesKey(METRIC, { 'cpu.logical_number': String(number) })),
          ];
    this.values = new Float64Array(this.keys.length).fill(Number.NaN);
    this.values.set(base);
  }
}
