/** What history takes on disk, as the REST API tells it. */
import * as v from 'valibot';
import { timeSchema } from './time.ts';

export interface StorageTier {
  /** Width of a bucket, ms; 0 for the samples as they came. */
  readonly bucketMs: number;
  readonly retentionMs: number;
  readonly chunks: number;
  readonly bytes: number;
  /** Start of the oldest and end of the newest block of time, epoch ms; 0 when empty. */
  readonly oldestMs: number;
  readonly newestMs: number;
}

export interface StorageFigures {
  readonly hosts: number;
  readonly series: number;
  readonly samplesStored: number;
  /** Rows of agents left out because a row of their host and time was stored before. */
  readonly rowsRepeated: number;
  /** Database and write-ahead log. */
  readonly bytesOnDisk: number;
  /** What it will be when every tier is as old as it may become, with the series and intervals of now. */
  readonly bytesExpected: number;
  /** The samples first, then the finer tier before the coarser. */
  readonly tiers: readonly StorageTier[];
  /** Chunks that could not be read and were laid aside. */
  readonly damaged: number;
  /** Samples that came too late to be counted in their bucket. */
  readonly lateDropped: number;
  /** The hub's clock jumped by more than a day: nothing is removed by its age until an administrator trusts it. */
  readonly clockDoubt?: StorageClockDoubt | undefined;
}

export interface StorageClockDoubt {
  /** What the hub's clock said, epoch ms. */
  readonly clockMs: number;
  /** The last time that was certain, epoch ms: ages are counted from it. */
  readonly trustedMs: number;
}

export const storageFiguresSchema: v.GenericSchema<unknown, StorageFigures> = v.pipe(
  v.object({
    hosts: v.number(),
    series: v.number(),
    samplesStored: v.number(),
    rowsRepeated: v.number(),
    bytesOnDisk: v.number(),
    bytesExpected: v.number(),
    tiers: v.array(
      v.object({
        bucketMs: v.number(),
        retentionMs: v.number(),
        chunks: v.number(),
        bytes: v.number(),
        oldestMs: timeSchema,
        newestMs: timeSchema,
      }),
    ),
    damaged: v.number(),
    lateDropped: v.number(),
    clockDoubt: v.optional(v.object({ clockMs: timeSchema, trustedMs: timeSchema })),
  }),
  v.title('Storage'),
);
