import { expect, test } from 'vitest';
import { LATENCIES_KEPT, LatencyWindow } from './latency.ts';

test('percentiles of the last frames only; a clock that is ahead counts as no delay', () => {
  const window = new LatencyWindow();
  expect(window.percentiles()).toBeNull();
  window.add(-5);
  expect(window.percentiles()).toEqual({ p50: 0, p99: 0 });
  for (let delay = 1; delay <= 1000; delay++) window.add(delay);
  const oldest = 1000 - LATENCIES_KEPT + 1;
  expect(window.percentiles()).toEqual({ p50: oldest + 99, p99: oldest + 197 });
});
