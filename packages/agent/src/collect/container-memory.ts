/**
 * Memory as a system container (LXC, Incus) has it. There lxcfs stands in front of /proc/meminfo: its sizes are the
 * container's, but some of its fields are the machine's, and so are the statistics of ZFS. The control group of the
 * container says what it may use and what it does.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html#memory
 */
import { existsSync } from 'node:fs';
import { readOnce, TextFile } from './text-file.ts';

/** Bytes; NaN for what the container's group does not say. */
export interface ContainerMemory {
  readonly limit: number;
  readonly used: number;
  /** Of what is used, what is given back when memory is needed. */
  readonly cache: number;
  readonly swapLimit: number;
  readonly swapUsed: number;
}

/** Whether /proc/meminfo is that of a container. */
export function hasLxcfs(root: string): boolean {
  const mounts = readOnce(`${root}/proc/self/mountinfo`)?.raw() ?? '';
  return mounts
    .split('\n')
    .some((line) => line.split(' ')[4] === '/proc/meminfo' && line.includes(' - fuse'));
}

interface Files {
  readonly folder: string;
  readonly limit: string;
  readonly used: string;
  readonly swapLimit: string;
  readonly swapUsed: string;
  /** v1 has memory and swap together. */
  readonly swapIncludesMemory: boolean;
}

const V2: Omit<Files, 'folder'> = {
  limit: 'memory.max',
  used: 'memory.current',
  swapLimit: 'memory.swap.max',
  swapUsed: 'memory.swap.current',
  swapIncludesMemory: false,
};
const V1: Omit<Files, 'folder'> = {
  limit: 'memory.limit_in_bytes',
  used: 'memory.usage_in_bytes',
  swapLimit: 'memory.memsw.limit_in_bytes',
  swapUsed: 'memory.memsw.usage_in_bytes',
  swapIncludesMemory: true,
};
const UNLIMITED = 2 ** 60;
/** Pages of files and what the kernel made of them, without shared memory, which has no file to go back to. */
const CACHE = new Set([
  'active_file',
  'inactive_file',
  'slab_reclaimable',
  'total_active_file',
  'total_inactive_file',
]);

/** The container's own group, which is the root of what it sees. */
export class ContainerGroup {
  readonly #files: Files | undefined;
  readonly #open = new Map<string, TextFile>();

  constructor(root: string) {
    const v1 = `${root}/sys/fs/cgroup/memory`;
    const v2 = `${root}/sys/fs/cgroup`;
    if (existsSync(`${v2}/${V2.used}`)) this.#files = { ...V2, folder: v2 };
    else if (existsSync(`${v1}/${V1.used}`)) this.#files = { ...V1, folder: v1 };
  }

  read(): ContainerMemory | undefined {
    if (!this.#files) return undefined;
    const { limit, used, swapLimit, swapUsed, swapIncludesMemory } = this.#files;
    const memory = { limit: this.#number(limit), used: this.#number(used), cache: this.#cache() };
    const swap = { swapLimit: this.#number(swapLimit), swapUsed: this.#number(swapUsed) };
    if (!swapIncludesMemory) return { ...memory, ...swap };
    return {
      ...memory,
      swapLimit: swap.swapLimit - memory.limit,
      swapUsed: Math.max(0, swap.swapUsed - memory.used),
    };
  }

  close(): void {
    for (const file of this.#open.values()) file.close();
  }

  /** NaN for what is no limit: `max`, and in v1 a number near the largest. */
  #number(name: string): number {
    const value = this.#file(name).read()?.number() ?? Number.NaN;
    return value < UNLIMITED ? value : Number.NaN;
  }

  #cache(): number {
    const text = this.#file('memory.stat').read();
    if (!text) return Number.NaN;
    let bytes = 0;
    let total = Number.NaN;
    for (; !text.done; text.nextLine()) {
      const name = text.word();
      if (!CACHE.has(name)) continue;
      // v1 has sums over its own groups beside those of this one alone.
      if (name.startsWith('total_')) total = (total || 0) + text.number();
      else bytes += text.number();
    }
    return Number.isNaN(total) ? bytes : total;
  }

  #file(name: string): TextFile {
    let file = this.#open.get(name);
    if (!file) this.#open.set(name, (file = new TextFile(`${this.#files?.folder}/${name}`)));
    return file;
  }
}
