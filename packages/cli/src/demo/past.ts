/** What a simulated host would have sent until now: a row a minute. */
import { MINUTE_MS } from '@openmanager/protocol/durations';
import type { Past } from '@openmanager/hub';
import type { SimulatedHost } from './simulated-host.ts';

const STEP_MS = MINUTE_MS;

export function pastOf(host: SimulatedHost, startMs: number): Past {
  const timesMs: number[] = [];
  for (let timeMs = Math.ceil(startMs / STEP_MS) * STEP_MS; timeMs < Date.now(); timeMs += STEP_MS)
    timesMs.push(timeMs);
  let keys: readonly string[] = [];
  const columns: Float64Array[] = [];
  for (const [row, timeMs] of timesMs.entries()) {
    const sample = host.sample(timeMs, { perCore: false });
    ({ keys } = sample);
    for (const [place, value] of sample.values.entries())
      (columns[place] ??= new Float64Array(timesMs.length).fill(Number.NaN))[row] = value;
  }
  return { keys, timesMs, columns };
}
