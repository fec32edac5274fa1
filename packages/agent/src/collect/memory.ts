/**
 * /proc/meminfo: memory and swap space; /proc/vmstat: pages swapped, where there is swap. What can be used without
 * swapping is what the kernel says, and the ZFS cache above its minimum, of which the kernel knows nothing.
 */
import { seriesKey } from '@openmanager/protocol';
import type { Source } from './collector.ts';
import { ContainerGroup, hasLxcfs } from './container-memory.ts';
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

const FIELDS = [
  'MemTotal',
  'MemFree',
  'MemAvailable',
  'Buffers',
  'Cached',
  'SReclaimable',
  'Shmem',
  'SwapTotal',
  'SwapFree',
] as const;
type Fields = Record<(typeof FIELDS)[number], number>;
const KNOWN: ReadonlySet<string> = new Set(FIELDS);
const KIBI = 1024;

/** Bytes. */
interface Memory {
  readonly total: number;
  readonly free: number;
  readonly available: number;
  readonly cached: number;
  readonly buffers: number;
  readonly swapTotal: number;
  readonly swapFree: number;
}

const within = (value: number, most: number): number => Math.min(most, Math.max(0, value));

export class MemorySource implements Source {
  keys: readonly string[] = MEMORY_KEYS;
  values: Float64Array = new Float64Array(MEMORY_KEYS.length).fill(Number.NaN);
  readonly #file: TextFile;
  readonly #pages: TextFile;
  /** Its own group where /proc/meminfo is a container's; else what may be the statistics of ZFS. */
  readonly #container: ContainerGroup | undefined;
  readonly #arc: TextFile | undefined;
  readonly #fields: Fields = Object.fromEntries(FIELDS.map((name) => [name, Number.NaN])) as Fields;
  #previousIn = Number.NaN;
  #previousOut = Number.NaN;
  #previousMs = Number.NaN;

  constructor(root: string) {
    this.#file = new TextFile(`${root}/proc/meminfo`);
    this.#pages = new TextFile(`${root}/proc/vmstat`);
    if (hasLxcfs(root)) this.#container = new ContainerGroup(root);
    else this.#arc = new TextFile(`${root}/proc/spl/kstat/zfs/arcstats`);
  }

  read(nowMs: number): void {
    if (!this.#readFields()) {
      this.values.fill(Number.NaN);
      return;
    }
    const memory = this.#container ? this.#contained(this.#container) : this.#whole();
    const { total, free, available, cached, buffers, swapTotal, swapFree } = memory;
    this.#layOut(swapTotal > 0);
    const { values } = this;
    values[0] = 1 - available / total;
    values[1] = within(total - free - buffers - cached, total);
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
    this.#arc?.close();
    this.#container?.close();
  }

  #whole(): Memory {
    return bounded(this.#fields, this.#spareArc(this.#fields.MemTotal));
  }

  /** As the container's group says, and as /proc/meminfo does where that says nothing. */
  #contained(group: ContainerGroup): Memory {
    const reported = bounded(this.#fields, 0);
    const own = group.read();
    if (!own) return reported;
    const total = own.limit > 0 ? Math.min(own.limit, reported.total) : reported.total;
    const swapTotal =
      own.swapLimit >= 0 ? Math.min(own.swapLimit, reported.swapTotal) : reported.swapTotal;
    const swapFree = Number.isNaN(own.swapUsed)
      ? within(reported.swapFree, swapTotal)
      : within(swapTotal - own.swapUsed, swapTotal);
    if (Number.isNaN(own.used) || Number.isNaN(own.cache))
      return { ...reported, total, swapTotal, swapFree };
    const free = within(total - own.used, total);
    const cached = within(own.cache, total - free);
    return { total, free, cached, buffers: 0, available: free + cached, swapTotal, swapFree };
  }

  /** Bytes of the ZFS cache that it gives back when memory is needed: all above its minimum. */
  #spareArc(total: number): number {
    const text = this.#arc?.read();
    let size = 0;
    let least = 0;
    for (; text && !text.done; text.nextLine()) {
      const name = text.word();
      if (name !== 'size' && name !== 'c_min') continue;
      text.skipFields(1);
      if (name === 'size') size = text.number();
      else least = text.number();
    }
    // A cache larger than the memory is that of another machine.
    return size > total ? 0 : Math.max(0, size - least);
  }

  #readFields(): boolean {
    const text = this.#file.read();
    if (!text) return false;
    const fields = this.#fields;
    for (const name of FIELDS) fields[name] = name === 'MemAvailable' ? Number.NaN : 0;
    let left = FIELDS.length;
    for (; !text.done && left > 0; text.nextLine()) {
      const name = text.word(':');
      if (!KNOWN.has(name)) continue;
      fields[name as keyof Fields] = text.number() * KIBI;
      left--;
    }
    return fields.MemTotal > 0;
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

/** No share of /proc/meminfo may be more than the whole: some fields in a container are those of its machine. */
function bounded(fields: Fields, spareCache: number): Memory {
  const total = fields.MemTotal;
  const free = within(fields.MemFree, total);
  const buffers = within(fields.Buffers, total - free);
  // Shared memory and tmpfs are in the page cache, but have nowhere else to go.
  const cached = within(
    Math.max(0, fields.Cached - fields.Shmem) + fields.SReclaimable + spareCache,
    total - free - buffers,
  );
  // Kernels before 3.14 do not report available memory, and what is more than all of it is not this system's.
  const reported = fields.MemAvailable;
  const available = reported <= total ? reported + spareCache : free + buffers + cached;
  const swapTotal = fields.SwapTotal;
  return {
    total,
    free,
    available: within(available, total),
    cached,
    buffers,
    swapTotal,
    swapFree: within(fields.SwapFree, swapTotal),
  };
}
