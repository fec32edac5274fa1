import { targetOfTopic } from '@openmanager/protocol';
import type { Gap } from '../types.ts';

export const GAPS_KEPT = 100;
/** A hole is one when it is wider than this many usual distances between points. */
const TOLERANCE = 2.5;
const SPACINGS_LOOKED_AT = 50;

/** The spans the hub said, or the offsets showed, are missing; the newest are kept. */
export class GapLog {
  #recorded: readonly Gap[] = [];
  #changes = 0;

  get list(): readonly Gap[] {
    return this.#recorded;
  }

  /** Raised whenever the list changes. */
  get version(): number {
    return this.#changes;
  }

  record(gap: Gap): void {
    if (gap.toMs <= gap.fromMs) return;
    this.#recorded = [...this.#recorded, gap].slice(-GAPS_KEPT);
    this.#changes++;
  }

  clear(): void {
    this.#recorded = [];
    this.#changes++;
  }

  /** What of the gaps still is a hole in these points: data that came later has healed the rest. */
  holesIn(hostId: string, timesMs: Float64Array): readonly Gap[] {
    const relevant = this.#recorded.filter(
      ({ topic }) => topic === 'fleet' || targetOfTopic(topic) === hostId,
    );
    if (relevant.length === 0 || timesMs.length === 0) return none;
    const toleranceMs = TOLERANCE * usualSpacing(timesMs);
    const found = relevant.flatMap((gap) => holes(gap, timesMs, toleranceMs));
    // Two gaps may lie between the same two points.
    return found.filter(
      (hole, index) => found.findIndex(({ fromMs }) => fromMs === hole.fromMs) === index,
    );
  }
}

const none: readonly Gap[] = Object.freeze([]);

/**
 * Holes reach from point to point, since the sample next to the last one held may have been on its way when
 * the gap began.
 */
function holes(gap: Gap, timesMs: Float64Array, toleranceMs: number): Gap[] {
  const found: Gap[] = [];
  if (gap.toMs <= (timesMs[0] as number)) return found;
  let index = firstAfter(timesMs, gap.fromMs);
  let before = index > 0 ? (timesMs[index - 1] as number) : gap.fromMs;
  while (index < timesMs.length && before < gap.toMs) {
    const after = timesMs[index++] as number;
    if (after - before > toleranceMs) found.push({ topic: gap.topic, fromMs: before, toMs: after });
    before = after;
  }
  // Nothing has come since: the hole is open up to where the gap is known to reach.
  if (gap.toMs - before > toleranceMs)
    found.push({ topic: gap.topic, fromMs: before, toMs: gap.toMs });
  return found;
}

/** Place of the first time later than `timeMs`. */
function firstAfter(timesMs: Float64Array, timeMs: number): number {
  let low = 0;
  let high = timesMs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timesMs[middle] as number) <= timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Median distance between the newest points, ms; 0 with fewer than two. */
function usualSpacing(timesMs: Float64Array): number {
  const from = Math.max(1, timesMs.length - SPACINGS_LOOKED_AT);
  const spacings: number[] = [];
  for (let index = from; index < timesMs.length; index++)
    spacings.push((timesMs[index] as number) - (timesMs[index - 1] as number));
  spacings.sort((a, b) => a - b);
  return spacings[spacings.length >> 1] ?? 0;
}
