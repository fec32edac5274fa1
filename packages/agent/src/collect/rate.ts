/**
 * Counters to rates. A counter that went back was either reset (device or kernel restarted: no sample for this step,
 * since its last value before the reset is unknown) or, where the kernel keeps 32 bits, went through its end.
 */
export type CounterBits = 32 | 64;

const SPAN_32 = 2 ** 32;
/** A 32-bit counter that ran further than this in one step would have to be an absurd rate: it was reset. */
const PLAUSIBLE_WRAP = 2 ** 31;

/** How far the counter went; NaN when it was reset or there is no previous value. Never negative. */
export function counterDelta(previous: number, current: number, bits: CounterBits): number {
  const delta = current - previous;
  if (!(delta < 0)) return delta;
  if (bits === 64 || previous >= SPAN_32) return Number.NaN;
  const wrapped = delta + SPAN_32;
  return wrapped < PLAUSIBLE_WRAP ? wrapped : Number.NaN;
}

/** Per second; NaN for a step without length. */
export function ratePerSecond(delta: number, elapsedMs: number): number {
  return elapsedMs > 0 ? (delta * 1000) / elapsedMs : Number.NaN;
}

/** `unsigned long` of this kernel. */
export const LONG_BITS: CounterBits =
  process.arch === 'arm' || process.arch === 'ia32' || process.arch === 'mipsel' ? 32 : 64;
