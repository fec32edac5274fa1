import type { ProcessRow } from '@openmanager/protocol';
import type { Sorting } from '../../ui/table.tsx';

/** Equal rows keep one order, so that idle processes do not dance. */
export function sortProcesses(
  rows: readonly ProcessRow[],
  { key, descending }: Sorting<keyof ProcessRow>,
  compare: (a: string, b: string) => number,
): ProcessRow[] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const left = a[key];
    const right = b[key];
    const order = typeof left === 'string' ? compare(left, String(right)) : left - Number(right);
    return sign * order || b.memoryBytes - a.memoryBytes || a.pid - b.pid;
  });
}
