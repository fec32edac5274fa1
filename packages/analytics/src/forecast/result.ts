/** What a forecast says. */

export interface PredictionInterval {
  /** Percent. */
  readonly level: number;
  /** Per step. */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

export interface Forecast {
  readonly kind: 'forecast';
  /** Point forecast per step, in the unit of the series. */
  readonly mean: Float64Array;
  /** One per level, in the order asked; a higher level always holds a lower one. */
  readonly intervals: readonly PredictionInterval[];
  /** What the seasonal naive forecast says, to be graded against. */
  readonly naive: Float64Array;
  /** Which models were mixed; weights add up to 1, the heaviest first. */
  readonly models: readonly { readonly name: string; readonly weight: number }[];
  /** 1 − mean absolute error / that of the seasonal naive, over its own origins; 0 or less: no better. */
  readonly skill: number;
  /** Mean absolute change from one season to the next, in the unit of the series: what errors are divided by. */
  readonly scale: number;
  /** Origins that it was judged at. */
  readonly origins: number;
}

export interface NotEnoughHistory {
  readonly kind: 'not-enough-history';
  /** Values known, and how many are needed at least. */
  readonly known: number;
  readonly needed: number;
}
