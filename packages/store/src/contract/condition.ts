/** What the store can do at the moment; told again whenever it changes. */
import type { StoreErrorCode } from './store-error.ts';

/** The machine's clock and the store's disagree by more than a day: nothing is removed by its age. */
export interface ClockDoubt {
  /** What the machine's clock said when the doubt arose, epoch ms. */
  readonly clockMs: number;
  /** The last time that was certain, epoch ms: ages are counted from it. */
  readonly trustedMs: number;
}

export interface StoreCondition {
  /** Why nothing is written; undefined while everything is. */
  readonly trouble?: { readonly code: StoreErrorCode; readonly message: string } | undefined;
  /** The disk was full, and the file that is kept for this was given up: there is little room left. */
  readonly reserveUsed: boolean;
  readonly clockDoubt?: ClockDoubt | undefined;
}

export const soundCondition: StoreCondition = { reserveUsed: false };
