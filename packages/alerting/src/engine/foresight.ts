/** What is known of a series beyond its samples. Who evaluates rules need not know how it was learned. */
export interface Foresight {
  /** Where the value at `timeMs` was expected to lie; undefined while nothing is known. */
  band(
    targetId: string,
    seriesKey: string,
    timeMs: number,
  ): { readonly lower: number; readonly upper: number } | undefined;
  /**
   * Ms from `timeMs` until the series is expected to cross `bound`: 0 when it lies beyond it, Infinity when it is
   * not expected to; undefined while nothing is known.
   */
  crossing(
    targetId: string,
    seriesKey: string,
    timeMs: number,
    bound: number,
    direction: 'above' | 'below',
  ): number | undefined;
}
