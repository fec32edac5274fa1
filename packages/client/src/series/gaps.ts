import { hostOfTopic } from '@openmanager/protocol';
import type { Gap } from '../types.ts';

export const GAPS_KEPT = 100;
/** A hole is one when it is wider than this many usual distances between points. */
const TOLERANCE = 2.5;
const SPACINGS_LOOKED_AT = 50;

/** The spans the hub said, or the offsets showed, are missing; the newest are kept. */
export class GapLog {
  private recorded: readonly Gap[] = [];
  private changes = 0;

  get list(): readonly Gap[] {
    return this.recorded;
  }

  /** Raised whenever the list changes. */
  get version(): number {
    return this.changes;
  }

  record(gap: Gap): void {
    if (gap.toMs <= gap.fromMs) return;
    this.recorded = [...this.recorded, gap].slice(-GAPS_KEPT);
    this.changes++;
  }

  clear(): void {
    this.recorded = [];
    this.changes++;
  }

  /** What of the gaps still is a hole in these points: data that came later has healed the rest. */
  holesIn(hostId: string, timesMs: Float64Array): readonly Gap[] {
    const relevant = this.recorded.filter(
      ({ topic }) => topic === 'fleet' || hostOfTopic(topic) === hostId,
    );
    if (relevant.length === 0 || timesMs.length === 0) return none;
    const toleranceMs = TOLERANCE * usualSpacing(timesMs);
    return relevant.flatMap((gap) => holes(gap, timesMs, toleranceMs));
  }
}

const none: readonly Gap[] = Object.freeze([]);

function holes(gap: Gap, timesMs: Float64Array, toleranceMs: number): Gap[] {
  const found: Gap[] = [];
  if (gap.toMs <= (timesMs[0] as number)) return found;
  let index = firstAfter(timesMs, gap.fromMs);
  let before = index > 0 ? (timesMs[index - 1] as number) : gap.fromMs;
  for (;;) {
    const isLast = index >= timesMs.length;
    const after = isLast ? Math.max(gap.toMs, before) : (timesMs[index] as number);
    if (after - before > toleranceMs)
      found.push({
        topic: gap.topic,
        fromMs: Math.max(before, gap.fromMs),
        toMs: Math.min(after, gap.toMs),
      });
    if (isLast || after >= gap.toMs) return found.filter(({ fromMs, toMs }) => toMs > fromMs);
    before = after;
    index++;
  }
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
