/** A coarser tier: one bucket per series and `bucketMs`, on the grid of its width since 1970. */
export interface TierOptions {
  /** A multiple of the finer tier's bucket; see docs/format/chunk.md for which widths fit together. */
  readonly bucketMs: number;
  readonly retentionMs: number;
}

export interface StoreOptions {
  /** Folder of the database; created when missing. */
  readonly folder: string;
  /** Raw samples older than this are removed, ms. @default 48 hours */
  readonly retentionMs?: number;
  /**
   * The coarser tiers, the finest first; an empty list keeps raw samples only. Each is kept at least as long as its
   * source. @default 1 min for 30 days, 15 min for a year, 2 h for 5 years
   */
  readonly tiers?: readonly TierOptions[];
  /**
   * Maximum bytes of raw samples and tiers; beyond it the oldest of the finest tier is removed first. @default no bound
   */
  readonly maxBytes?: number;
  /** Refuses to start anew where no database is: what is beside it says that there was one. @default false */
  readonly mustExist?: boolean | undefined;
  /** Maximum time a row waits for its group commit, ms. @default 20 */
  readonly commitDelayMs?: number;
}
