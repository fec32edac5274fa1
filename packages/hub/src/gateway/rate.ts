import { DAY_MS, HOUR_MS, MINUTE_MS } from '@openmanager/protocol/durations';
import type { View } from '@openmanager/protocol';

/** Rate classes, so that clients with similar rates share a channel: the next slower one is taken. */
const CLASSES_MS = [
  2_000,
  5_000,
  10_000,
  30_000,
  MINUTE_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  DAY_MS,
] as const;
/** The stream itself gives at most one update of a host per second. */
const STREAM_MS = 1_000;

/** Minimum time between two frames of this view, ms; 0 to flush with all channels. */
export function rateOf({ maxRateMs, chart }: Pick<View, 'maxRateMs' | 'chart'>): number {
  const perPixel = chart === undefined ? 0 : chart.spanMs / chart.widthPx;
  const wanted = Math.max(maxRateMs ?? 0, perPixel);
  if (wanted <= STREAM_MS) return 0;
  return CLASSES_MS.find((each) => each >= wanted) ?? DAY_MS;
}
