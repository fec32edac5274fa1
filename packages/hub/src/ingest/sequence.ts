import type { BatchMark } from '../ports/index.ts';

/** Position of a batch relative to the batches accepted before it. */
export type Place =
  | { readonly kind: 'duplicate' }
  /** `lost`: sequence numbers between, which never came. */
  | { readonly kind: 'next'; readonly lost: number };

export function placeOf(batch: BatchMark, taken: BatchMark): Place {
  if (batch.bootEpoch < taken.bootEpoch) return { kind: 'duplicate' };
  if (batch.bootEpoch > taken.bootEpoch) return { kind: 'next', lost: 0 };
  if (batch.seq <= taken.seq) return { kind: 'duplicate' };
  return { kind: 'next', lost: batch.seq - taken.seq - 1 };
}

export const nothingTaken: BatchMark = { bootEpoch: 0, seq: 0 };
