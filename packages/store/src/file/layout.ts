/** Layout of history: windows of time, tiers, and the ids of chunks. */
import { MINUTE_MS } from '@openmanager/protocol/durations';
import type { TierOptions } from '../contract/options.ts';
import { StoreError } from '../contract/store-error.ts';

/** Span of time of one chunk of samples; blocks lie on its grid. */
export const RAW_WINDOW_MS: number = 20 * MINUTE_MS;
/** Buckets of one chunk of a tier. */
export const TIER_ROWS = 240;
/** Series of one chunk of a tier: what is read for one of them is little more than it. */
export const STRIPE_SERIES = 16;

/** Bits of a raw chunk's id: host, window and set, so that a host's chunks lie together, in the order of time. */
const WINDOW_BITS = 27;
const SET_BITS = 16;
/** Bits of the window in the id of a tier's chunk; the stripe is above them. */
const TIER_WINDOW_BITS = 32;
export const MAX_HOSTS: number = 2 ** 20;
export const MAX_WINDOWS: number = 2 ** WINDOW_BITS;
export const MAX_SETS: number = 2 ** SET_BITS;
export const MAX_STRIPES: number = 2 ** 31 - 1;
/** The last time that has a window. */
export const MAX_TIME_MS: number = MAX_WINDOWS * RAW_WINDOW_MS - 1;

/** SQL of a raw chunk's id; binds host, window and set as the first three parameters. */
export const rawId: string = `((?1 << ${WINDOW_BITS + SET_BITS}) | (?2 << ${SET_BITS}) | ?3)`;
/** SQL that says whether a raw chunk is of host ?1 and of the windows from ?2 to ?3. */
export const rawBetween: string = `id BETWEEN ((?1 << ${WINDOW_BITS + SET_BITS}) | (?2 << ${SET_BITS}))
  AND ((?1 << ${WINDOW_BITS + SET_BITS}) | (?3 << ${SET_BITS}) | ${MAX_SETS - 1})`;
/** SQL of the window and the set in a raw chunk's id. */
export const rawWindow: string = `((id >> ${SET_BITS}) & ${MAX_WINDOWS - 1})`;
export const rawSet: string = `(id & ${MAX_SETS - 1})`;
/** SQL of the id of a tier's chunk of stripe ?1 and window ?2, and whether one is of stripe ?1 and windows ?2 to ?3. */
export const tierId: string = `((?1 << ${TIER_WINDOW_BITS}) | ?2)`;
export const tierBetween: string = `id BETWEEN ((?1 << ${TIER_WINDOW_BITS}) | ?2) AND ((?1 << ${TIER_WINDOW_BITS}) | ?3)`;
export const tierWindow: string = `(id & ${2 ** TIER_WINDOW_BITS - 1})`;

export function rawWindowOf(timeMs: number): number {
  return Math.floor(timeMs / RAW_WINDOW_MS);
}

export interface Tier {
  readonly bucketMs: number;
  readonly retentionMs: number;
  /** Span of time of one of its chunks. */
  readonly windowMs: number;
  /** Span of time of the chunks it is made from: those of the tier before, or of samples. */
  readonly sourceMs: number;
  readonly table: string;
}

/** The tiers, the finest first; throws `invalid` for widths that do not fit into each other. */
export function tiersOf(options: readonly TierOptions[]): Tier[] {
  const tiers: Tier[] = [];
  let sourceMs = RAW_WINDOW_MS;
  let finer = 1;
  for (const { bucketMs, retentionMs } of options) {
    const windowMs = bucketMs * TIER_ROWS;
    const fits =
      Number.isSafeInteger(bucketMs) &&
      bucketMs >= 1000 &&
      bucketMs > finer &&
      bucketMs % finer === 0 &&
      sourceMs % bucketMs === 0 &&
      windowMs % sourceMs === 0;
    if (!fits)
      throw new StoreError(
        'invalid',
        `tiers: ${bucketMs} ms does not divide ${sourceMs} ms, or is no multiple of the tier before`,
      );
    if (!(retentionMs > 0)) throw new StoreError('invalid', 'tiers: retentionMs must be above 0');
    tiers.push({ bucketMs, retentionMs, windowMs, sourceMs, table: `tier_${bucketMs}` });
    sourceMs = windowMs;
    finer = bucketMs;
  }
  return tiers;
}

/** Stripes of a set of so many series. */
export function stripesOf(width: number): number {
  return Math.ceil(width / STRIPE_SERIES);
}
