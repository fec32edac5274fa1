/** What rules ask of the outlook, live and in a backtest. */
import type { Foresight, LearningForesight } from '@openmanager/alerting';

export interface LiveForesight extends Foresight {
  /** From now on `crossing` is asked for series of these metrics. */
  followMetrics(metrics: readonly string[]): void;
}

/** What one rule needs of the foresight of a backtest. */
export interface ForesightQuestion {
  readonly kind: 'outside-band' | 'forecast';
  readonly metric: string;
}

/** A module that the thread of a backtest imports by its URL, since functions cannot be posted to a thread. */
export interface PastForesightModule {
  pastForesight(question: ForesightQuestion, utcOffsetMs: number): LearningForesight;
}
