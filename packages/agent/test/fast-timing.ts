import { systemTiming, type Timing } from '../src/timing.ts';

/** Real time sped up by `factor`: real sockets and files, without waiting for whole seconds. */
export function fastTiming(factor: number): Timing {
  const startMs = Date.now();
  const startedMs = performance.now();
  const elapsedMs = (): number => (performance.now() - startedMs) * factor;
  return {
    now: () => Math.floor(startMs + elapsedMs()),
    monotonic: elapsedMs,
    after: (ms, callback) => systemTiming.after(ms / factor, callback),
  };
}
