import type { RawTable } from './raw.ts';

/** A chunk that could not be decoded: the writer checks and quarantines it. */
export interface Damage {
  readonly hostId: string;
  readonly set: number;
  readonly window: number;
  /** Of the samples, or of a tier: its level and the stripe's place in the set. */
  readonly at: { readonly table: RawTable } | { readonly level: number; readonly index: number };
}
