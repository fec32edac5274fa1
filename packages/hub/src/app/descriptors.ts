import { readFileSync } from 'node:fs';

/** Where the limit cannot be read; the least that systems have by default. */
const UNKNOWN = 1024;

/** How many files and sockets this process may have open. */
export function descriptorLimit(limitsFile = '/proc/self/limits'): number {
  try {
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync(limitsFile, 'utf8'))?.[1];
    if (soft !== undefined) return soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(soft);
  } catch {
    // Not Linux.
  }
  return UNKNOWN;
}
