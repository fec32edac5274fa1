/** What the store can do at the moment; told again whenever it changes. */
import { DAY_MS } from '@openmanager/protocol/durations';
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
  /** A part of the database could not be read or written since the start because it is damaged: SQLite's words. */
  readonly damage?: string | undefined;
  /** The disk was full, and the file that is kept for this was given up: there is little room left. */
  readonly reserveUsed: boolean;
  /** The last time that was certain, epoch ms; it is told about once a minute. */
  readonly trustedMs: number;
  readonly clockDoubt?: ClockDoubt | undefined;
}

/** A hub may be off for as long, and its clock may be set by as much, without a question. */
export const MAX_CLOCK_JUMP_MS: number = DAY_MS;

/** The time from which ages of records are counted: undefined while the clock is in doubt, when nothing is removed. */
export function agesFrom({ trustedMs }: StoreCondition, nowMs: number): number | undefined {
  return Math.abs(nowMs - trustedMs) > MAX_CLOCK_JUMP_MS ? undefined : nowMs;
}
