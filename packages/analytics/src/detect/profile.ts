/**
 * The usual value of each half hour of the day: a mean over about the last six days, read with linear
 * interpolation between the middles of the slots.
 */
import { DAY_MS } from '@openmanager/protocol/durations';

export const PROFILE_SLOTS = 48;
const DAYS = 6;

/** Expected value at `day` (0–1), or `otherwise` where nothing is known. */
export function profileAt(
  means: Float32Array,
  at: number,
  counts: Uint16Array,
  countsAt: number,
  day: number,
  otherwise: number,
): number {
  const place = day * PROFILE_SLOTS;
  const slot = Math.floor(place);
  if (counts[countsAt + slot] === 0) return otherwise;
  const through = place - slot;
  const own = means[at + slot]!;
  const beside =
    through > 0.5 ? (slot + 1) % PROFILE_SLOTS : (slot + PROFILE_SLOTS - 1) % PROFILE_SLOTS;
  if (counts[countsAt + beside] === 0) return own;
  const share = through > 0.5 ? 1.5 - through : 0.5 + through;
  return share * own + (1 - share) * means[at + beside]!;
}

export function learnProfile(
  means: Float32Array,
  at: number,
  counts: Uint16Array,
  countsAt: number,
  day: number,
  value: number,
  intervalMs: number,
): void {
  const slot = Math.floor(day * PROFILE_SLOTS);
  const perDay = Math.max(1, DAY_MS / PROFILE_SLOTS / intervalMs);
  const count = Math.min(counts[countsAt + slot]! + 1, 0xffff);
  counts[countsAt + slot] = count;
  const mean = means[at + slot]!;
  means[at + slot] = mean + (value - mean) / Math.min(count, DAYS * perDay);
}
