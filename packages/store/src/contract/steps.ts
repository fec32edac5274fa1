/** Step widths that suit the axes of charts; steps lie on the grid since 1970. Both stores choose from these. */
import { DAY_MS, SECOND_MS } from '@openmanager/protocol/durations';

const STEPS_MS = [
  1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
].map((seconds) => seconds * SECOND_MS);

/** The smallest step width, ms, a multiple of `unitMs`, with which the span has at most `maxPoints` steps. */
export function stepFor(fromMs: number, toMs: number, maxPoints: number, unitMs = 1): number {
  const fits = (step: number): boolean =>
    Math.floor(toMs / step) - Math.floor(fromMs / step) < maxPoints;
  const known = STEPS_MS.find((step) => step % unitMs === 0 && fits(step));
  if (known !== undefined) return known;
  const unit = DAY_MS % unitMs === 0 ? DAY_MS : unitMs;
  let count = Math.max(2, Math.ceil((toMs - fromMs) / unit / maxPoints));
  while (!fits(count * unit)) count *= 2;
  return count * unit;
}
