/**
 * The stages at which the hub can be late, besides its event loop. queue: what an agent sent waits to be read, by the
 * round trips of pings. commit: receipt of a batch to its commit. evaluation: the rules judge a row, or what is due.
 * sweep: a round of the detectors.
 */
export type LagStage = 'queue' | 'commit' | 'evaluation' | 'sweep';

/** Takes measurements, ms. */
export interface LagMeter {
  record(stage: LagStage, ms: number): void;
}

export const unmeasured: LagMeter = { record: () => undefined };
