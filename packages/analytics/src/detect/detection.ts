/** What a detector says about a point, and why. Texts are made from reasons elsewhere (see explain.ts for English). */

/** The fixed alarm threshold: the same for every series. */
export const ALARM_SCORE = 0.5;

/** Why a point stands out, with what a sentence about it needs. Values are in the series' own unit. */
export type Reason =
  /**
   * The level (mean of the last points) is beyond all that this hour of the day and the hours beside it had.
   * `spanMs` is how far back was looked, `usual` what this hour has on average.
   */
  | {
      readonly code: 'slot-record';
      readonly direction: 'high' | 'low';
      readonly hour: number;
      readonly spanMs: number;
      readonly usual: number;
      readonly level: number;
    }
  /** Beyond every value remembered. */
  | { readonly code: 'range-record'; readonly direction: 'high' | 'low'; readonly spanMs: number }
  /** Values move more than they ever did at this hour of the day and the hours beside it. */
  | { readonly code: 'slot-spread'; readonly hour: number; readonly spanMs: number }
  /** Values move more than they do; `factor` is the deviation of the last points against the usual one. */
  | { readonly code: 'spread'; readonly factor: number }
  /** Far from what this hour of the day usually has. */
  | {
      readonly code: 'off-profile';
      readonly direction: 'high' | 'low';
      readonly hour: number;
      readonly expected: number;
    }
  /** Far from what the last points and the hour of the day led to expect. */
  | { readonly code: 'jump'; readonly direction: 'high' | 'low'; readonly expected: number }
  /** Has not changed for longer than ever before. */
  | { readonly code: 'frozen'; readonly value: number };

export type ReasonCode = Reason['code'];

export interface Detection {
  /** In [0, 1]; 0 while nothing is known yet and for values that are not finite. */
  readonly score: number;
  /** score >= 0.5 */
  readonly alarm: boolean;
  /** The band in which the point was expected before it was seen; NaN while nothing is known yet. */
  readonly lower: number;
  readonly upper: number;
  /** The channel with the largest evidence; undefined when there is none. */
  readonly reason: Reason | undefined;
}

export interface DetectorOptions {
  /**
   * Added to timestamps before the hour of the day is taken.
   * @default 0
   */
  readonly utcOffsetMs?: number;
}

export const detectorDefaults: Required<DetectorOptions> = { utcOffsetMs: 0 };

/** How to take back what `acceptNormal` changed. */
export interface Widening {
  /** How often the series was accepted as normal, before and after. */
  readonly before: number;
  readonly after: number;
}

export interface Detector {
  /**
   * Scores one point by the points before it, then learns it. A value that is not finite is not learned; a time at or
   * before the last one is judged and learned as if it came right after it.
   */
  update(timeMs: number, value: number): Detection;
  /** "This is normal": the series has to stand out more from now on. `undo` takes it back. */
  acceptNormal(): Widening;
  undo(widening: Widening): void;
  /** All that is known, in at most 2,048 bytes; begins with a version. */
  snapshot(): Uint8Array;
  /** Continues exactly where the snapshot was taken. Throws `SnapshotError` on another version or length. */
  restore(snapshot: Uint8Array): void;
}

export class SnapshotError extends Error {}
