/**
 * Frequency of the cores, on average, from cpufreq. On some kernels the driver measures a core for up to 20 ms before it
 * answers, so a round over all of them each 30 s is spread over samples.
 */
import { realpathSync } from 'node:fs';
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { namesIn } from './kernel-folder.ts';
import type { Reader } from './readings.ts';
import { TextFile } from './text-file.ts';

const ROUND_MS = 30_000;
const DISCOVER_EVERY_MS = 10 * MINUTE_MS;
/** Time of one sample that reading may take before the rest is left for the next. */
const BUDGET_MS = 2;
const KILO = 1000;
const MEGA = 1e6;

/** Cores that are clocked together. */
interface Policy {
  readonly file: TextFile;
  cores: number;
  hertz: number;
}

function policies(folder: string): Policy[] {
  const byPlace = new Map<string, Policy>();
  for (const cpu of namesIn(folder)) {
    if (!/^cpu\d+$/.test(cpu)) continue;
    let place: string;
    try {
      place = realpathSync(`${folder}/${cpu}/cpufreq`);
    } catch {
      continue;
    }
    const known = byPlace.get(place);
    if (known) known.cores++;
    else
      byPlace.set(place, {
        file: new TextFile(`${place}/scaling_cur_freq`),
        cores: 1,
        hertz: Number.NaN,
      });
  }
  return [...byPlace.values()];
}

export function cpuFrequencyReader(
  root: string,
  monotonic: () => number = () => performance.now(),
): Reader {
  let known: readonly Policy[] = [];
  let discoveredMs = Number.NEGATIVE_INFINITY;
  let roundMs = Number.NEGATIVE_INFINITY;
  let next = 0;
  const close = (): void => known.forEach(({ file }) => file.close());
  return {
    everyMs: 0,
    read(add, nowMs) {
      if (nowMs - discoveredMs >= DISCOVER_EVERY_MS) {
        discoveredMs = nowMs;
        close();
        known = policies(`${root}/sys/devices/system/cpu`);
        next = 0;
        roundMs = nowMs;
      } else if (next >= known.length && nowMs - roundMs >= ROUND_MS - 100) {
        next = 0;
        roundMs = nowMs;
      }
      const startMs = monotonic();
      while (next < known.length) {
        const policy = known[next++] as Policy;
        policy.hertz = (policy.file.read()?.number() ?? Number.NaN) * KILO;
        if (monotonic() - startMs >= BUDGET_MS) break;
      }
      const told = known.filter(({ hertz }) => hertz > 0);
      if (told.length === 0) return;
      const cores = told.reduce((sum, policy) => sum + policy.cores, 0);
      const sum = told.reduce((total, { hertz, cores: count }) => total + hertz * count, 0);
      // More precise than megahertz would be noise.
      add('system.cpu.frequency', Math.round(sum / cores / MEGA) * MEGA);
    },
    close,
  };
}
