/** /proc/meminfo: memory and swap space; /proc/vmstat: pages swapped, where there is swap. */
import { seriesKey } from '@openmanager/protocol';
import type { Source } from './collector.ts';
import { counterDelta, LONG_BITS, ratePerSecond } from './rate.ts';
import { TextFile } from './text-file.ts';

const usage = (state: string): string =>
  seriesKey('system.memory.usage', { 'system.memory.state': state });
const swap = (state: string): string =>
  seriesKey('system.paging.usage', { 'system.paging.state': state });
const swapped = (direction: string): string =>
  seriesKey('system.paging.operations', { 'system.paging.direction': direction });

/** Paging utilisation stays in the list without swap, as a series without samples. */
const MEMORY_KEYS: readonly string[] = [
  'system.memory.utilization',
  usage('used'),
  usage('free'),
  usage('cached'),
  usage('buffers'),
  'system.memory.limit',
  'system.linux.memory.available',
  'system.paging.utilization',
];
const SWAP_KEYS: readonly string[] = [
  ...MEMORY_KEYS,
  swap('used'),
  swap('free'),
  swapped('in'),
  swapped('out'),
];
const SWAP_AT = MEMORY_KEYS.length;

/** Names of /proc/meminfo that are read, and the slot each goes to. */
const FIELDS = new Map([
  ['MemTotal', 0],
  ['MemFree', 1],
  ['MemAvailable', 2],
  ['Buffers', 3],
  ['Cached', 4],
  ['SReclaimable', 5],
  ['SwapTotal', 6],
  ['SwapFree', 7],
]);
const KIBI = 1024;

export class MemorySource implements Source {
  keys: readonly string[] = MEMORY_KEYS;
  values: Float64Array = new Float64Array(MEMORY_KEYS.length).fill(Number.NaN);
  readonly #file: TextFile;
  readonly #pages: TextFile;
  readonly #fields = new Float64Array(FIELDS.size);
  #previousIn = Number.NaN;
  #previousOut = Number.NaN;
  #previousMs = Number.NaN;

  constructor(root: string) {
    this.#file = new TextFile(`${root}/proc/meminfo`);
    this.#pages = new TextFile(`${root}/proc/vmstat`);
  }

  read(nowMs: number): void {
    if (!this.#readFields()) {
      this.values.fill(Number.NaN);
      return;
    }
    const [
      total = 0,
      free = 0,
      reported = 0,
      buffers = 0,
      page = 0,
      slab = 0,
      swapTotal = 0,
      swapFree = 0,
    ] = this.#fields;
    const cached = page + slab;
    // Kernels before 3.14 do not report available memory.
    const available = Number.isNaN(reported) ? free + buffers + cached : reported;
    this.#layOut(swapTotal > 0);
    const { values } = this;
    values[0] = 1 - available / total;
    values[1] = Math.max(0, total - free - buffers - cached);
    values[2] = free;
    values[3] = cached;
    values[4] = buffers;
    values[5] = total;
    values[6] = available;
    values[7] = swapTotal > 0 ? 1 - swapFree / swapTotal : Number.NaN;
    if (swapTotal === 0) return;
    values[SWAP_AT] = swapTotal - swapFree;
    values[SWAP_AT + 1] = swapFree;
    this.#readPages(nowMs);
  }

  close(): void {
    this.#file.close();
    this.#pages.close();
  }

  #readFields(): boolean {
    const text = this.#file.read();
    if (!text) return false;
    this.#fields.fill(Number.NaN);
    this.#fields.fill(0, 3);
    let left = FIELDS.size;
    for (; !text.done && left > 0; text.nextLine()) {
      const slot = FIELDS.get(text.word(':'));
      if (slot === undefined) continue;
      this.#fields[slot] = text.number() * KIBI;
      left--;
    }
    return (this.#fields[0] as number) > 0;
  }

  #readPages(nowMs: number): void {
    const text = this.#pages.read();
    let pagesIn = Number.NaN;
    let pagesOut = Number.NaN;
    for (; text && !text.done && Number.isNaN(pagesOut); text.nextLine()) {
      if (text.take('pswpin ')) pagesIn = text.number();
      else if (text.take('pswpout ')) pagesOut = text.number();
    }
    const elapsedMs = nowMs - this.#previousMs;
    this.values[SWAP_AT + 2] = ratePerSecond(
      counterDelta(this.#previousIn, pagesIn, LONG_BITS),
      elapsedMs,
    );
    this.values[SWAP_AT + 3] = ratePerSecond(
      counterDelta(this.#previousOut, pagesOut, LONG_BITS),
      elapsedMs,
    );
    this.#previousIn = pagesIn;
    this.#previousOut = pagesOut;
    this.#previousMs = nowMs;
  }

  #layOut(hasSwap: boolean): void {
    const keys = hasSwap ? SWAP_KEYS : MEMORY_KEYS;
    if (keys === this.keys) return;
    this.keys = keys;
    this.values = new Float64Array(keys.length).fill(Number.NaN);
  }
}
