/** What rules ask of what was learned of the series, now and in a backtest; the rule engine's `Foresight`. */
import type { TargetRef } from '@openmanager/protocol';

export interface SeriesForesight {
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

export interface LiveForesight extends SeriesForesight {
  /** From now on `crossing` is asked for series of these metrics. */
  followMetrics(metrics: readonly string[]): void;
}

/** What one rule needs of the foresight of a backtest. */
export interface ForesightQuestion {
  readonly kind: 'outside-band' | 'forecast';
  readonly metric: string;
}

/** Learns from the rows of a backtest as they pass. */
export interface PastForesight extends SeriesForesight {
  observe(row: {
    readonly target: TargetRef;
    readonly timeMs: number;
    readonly keys: readonly string[];
    readonly values: ArrayLike<number>;
  }): void;
}

/** A module that the thread of a backtest imports by its URL, since functions cannot be posted to a thread. */
export interface PastForesightModule {
  pastForesight(question: ForesightQuestion, utcOffsetMs: number): PastForesight;
}
