/**
 * How often detectors judge, and the span of the means they judge and learn from: live, from stored history, in the
 * band of a chart and in a backtest. Their thresholds hold for this cadence only: on the same noise, means of five
 * seconds raise seventeen times as many false alarms.
 */
export const SWEEP_MS = 30_000;
