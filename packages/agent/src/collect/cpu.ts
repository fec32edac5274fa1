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

/**
 * Idle time and waiting go back by a little on running kernels, up to one idle span of a core. More than this per core
 * is another count: processors were taken away, the machine slept, or a container got another machine's.
 */
const SLACK_TICKS = 300;

const BASE_KEYS: readonly string[] = [
  METRIC,
  ...MODES.map((mode) => seriesKey(METRIC, { 'cpu.mode': mode })),
  'system.cpu.logical.count',
];
const COUNT_AT = BASE_KEYS.length - 1;

const within = (share: number): number => Math.min(1, Math.max(0, share));

export class CpuSource implements Source {
  keys: readonly string[] = BASE_KEYS;
  values: Float64Array = new Float64Array(BASE_KEYS.length).fill(Number.NaN);
  /** Whether utilisation of each core is wanted. */
  perCore = false;
  readonly #file: TextFile;
  readonly #rest: ((text: Scanner) => void) | undefined;
  readonly #ticks = new Float64Array(FIELDS);
  /** Of all cores together. */
  readonly #whole = new Float64Array(FIELDS);
  readonly #previous = new Float64Array(FIELDS).fill(Number.NaN);
  /** Busy and total ticks by core number. */
  #corePrevious = new Map<number, { busy: number; total: number }>();
  #coreNumbers: readonly number[] = [];

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
    const numbers: number[] = [];
    const utilizations: number[] = [];
    let cores = 0;
    text.take('cpu');
    this.#readTicks(text);
    this.#whole.set(this.#ticks);
    for (text.nextLine(); text.take('cpu'); text.nextLine()) {
      cores++;
      if (!this.perCore) continue;
      numbers.push(text.number());
      this.#readTicks(text);
      utilizations.push(this.#core(numbers.at(-1) as number));
    }
    this.#inAll(cores);
    this.#rest?.(text);
    this.#layOut(numbers);
    this.values[COUNT_AT] = cores || Number.NaN;
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

  #inAll(cores: number): void {
    const { values } = this;
    const ticks = this.#whole;
    const previous = this.#previous;
    let total = 0;
    let back = 0;
    for (let field = 0; field < FIELDS; field++) {
      const delta = (ticks[field] as number) - (previous[field] as number);
      back = Math.max(back, -delta);
      values[field + 1] = delta < 0 ? 0 : delta;
      total += values[field + 1] as number;
    }
    const anew = back > SLACK_TICKS * Math.max(1, cores);
    if (anew || total === 0) {
      values.fill(Number.NaN, 0, FIELDS + 1);
      // Without a tick there is no value yet, and the next step covers this one, too: the base stays unless it is ahead.
      if (anew || back > 0) previous.set(ticks);
      return;
    }
    for (let field = 0; field < FIELDS; field++) (values[field + 1] as number) /= total;
    values[0] = within(1 - (values[IDLE + 1] as number) - (values[IOWAIT + 1] as number));
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
    return within((busy - before.busy) / (total - before.total));
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
