/**
 * Page size and clock ticks of this kernel, from /proc/self/auxv: nothing else provides them without a child process.
 */
import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';

export interface KernelConstants {
  readonly pageBytes: number;
  readonly ticksPerSecond: number;
}

const AT_PAGESZ = 6n;
const AT_CLKTCK = 17n;
const PAIR_BYTES = 16;
export const usualConstants: KernelConstants = { pageBytes: 4096, ticksPerSecond: 100 };

export function kernelConstants(root: string): KernelConstants {
  let { pageBytes, ticksPerSecond } = usualConstants;
  try {
    const auxv = readFileSync(`${root}/proc/self/auxv`);
    const little = endianness() === 'LE';
    for (let at = 0; at + PAIR_BYTES <= auxv.length; at += PAIR_BYTES) {
      const type = little ? auxv.readBigUInt64LE(at) : auxv.readBigUInt64BE(at);
      const value = Number(little ? auxv.readBigUInt64LE(at + 8) : auxv.readBigUInt64BE(at + 8));
      if (type === AT_PAGESZ && value > 0) pageBytes = value;
      if (type === AT_CLKTCK && value > 0) ticksPerSecond = value;
    }
  } catch {
    // Unreadable, or of a 32-bit kernel: use the usual values.
  }
  return { pageBytes, ticksPerSecond };
}
