/** CPU time and memory of another process, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

const NANOSECONDS = 1e9;

/** CPU seconds that all threads of a process have used: schedstat counts nanoseconds, stat only whole ticks. */
export function cpuSeconds(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      const spent = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0];
      nanoseconds += Number(spent);
    } catch {
      // The thread ended in between.
    }
  }
  return nanoseconds / NANOSECONDS;
}

/** Resident memory, MiB. */
export function residentMiB(pid: number): number {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return Number(kib) / 1024;
}
