/** A coarser tier: one bucket per series and `bucketMs`, on the grid of its width since 1970. */
export interface TierOptions {
  /** A multiple of the finer tier's bucket; see docs/format/chunk.md for which widths fit together. */
  readonly bucketMs: number;
  readonly retentionMs: number;
}

export interface StoreOptions {
  /** Folder of the database; made when missing. */
  readonly folder: string;
  /** Samples as they came are removed when older than this. @default 48 hours */
  readonly retentionMs?: number;
  /**
   * The coarser tiers, the finest one first; none keeps samples only. Each is kept at least as long as what it is
   * made from. @default 1 min for 30 days, 15 min for a year, 2 h for 5 years
   */
  readonly tiers?: readonly TierOptions[];
  /** Most bytes of samples and tiers; beyond it the oldest of the finest tier goes first. @default no bound */
  readonly maxBytes?: number;
  /** Longest time a row waits for its group commit. @default 20 */
  readonly commitDelayMs?: number;
}
