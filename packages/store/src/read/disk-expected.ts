/** Estimates the disk use of history once every tier has reached its retention. */
import type { DiskQuestion, TierStats } from '../contract/series-history.ts';

/** Measured on hosts' series (benchmark `store`): what a sample takes, and a bucket of a series with its five figures. */
const SAMPLE_BYTES = 1.15;
const BUCKET_BYTES = 5.5;
/** With fewer samples, the measured size is not representative. */
const ENOUGH = 100_000;

interface Level {
  readonly bucketMs: number;
  readonly retentionMs: number;
}

export interface BytesEach {
  readonly sample: number;
  readonly bucket: number;
}

export const bytesEachDefaults: BytesEach = { sample: SAMPLE_BYTES, bucket: BUCKET_BYTES };

/** Bytes per sample of this store; those of a bucket in the same proportion. */
export function measuredBytes(tiers: readonly TierStats[], samples: number): BytesEach {
  const bytes = tiers[0]?.bytes ?? 0;
  if (samples < ENOUGH || bytes === 0) return bytesEachDefaults;
  const sample = bytes / samples;
  return { sample, bucket: (BUCKET_BYTES / SAMPLE_BYTES) * sample };
}

export function diskExpected(
  { series, intervalMs }: DiskQuestion,
  retentionMs: number,
  tiers: readonly Level[],
  each: BytesEach = bytesEachDefaults,
): number {
  let bytes = (series * retentionMs * each.sample) / intervalMs;
  // A bucket that is no wider than the interval holds a sample, whose figures are all the same.
  for (const tier of tiers)
    bytes +=
      (series * tier.retentionMs * (tier.bucketMs > intervalMs ? each.bucket : each.sample)) /
      Math.max(tier.bucketMs, intervalMs);
  return Math.round(bytes);
}
