/** Foresight of a backtest: fresh detectors and trends, fed with the rows of history. */
import type { LearningForesight } from '@openmanager/alerting';
import { HealthIssues, type ForesightQuestion, type PastForesightModule } from '../ports/index.ts';
import { SWEEP_MS } from './cadence.ts';
import { SeriesWatch } from './series-watch.ts';
import { Trends } from './trends.ts';

/** For a backtest's thread. */
export const pastForesightModule: string = import.meta.url;

export function pastForesight(question: ForesightQuestion, utcOffsetMs: number): LearningForesight {
  const { kind, metric } = question;
  const issues = new HealthIssues();
  const watch = new SeriesWatch({ issues, utcOffsetMs, awaitsPast: false });
  const trends = new Trends({ issues });
  if (kind === 'forecast') trends.follow([metric]);
  let sweptMs = Number.NEGATIVE_INFINITY;
  return {
    observe(row) {
      const { target, timeMs, keys } = row;
      const values = Float64Array.from(row.values);
      const update = { hostId: target.id, timeMs, keys, values, receivedMs: timeMs };
      if (kind === 'forecast') trends.observe(update);
      if (kind !== 'outside-band') return;
      watch.observe(update);
      if (timeMs - sweptMs < SWEEP_MS) return;
      sweptMs = timeMs;
      watch.sweep(target.id);
    },
    band: (...asked) => watch.band(...asked),
    crossing: (...asked) => trends.crossing(...asked),
  };
}

({ pastForesight }) satisfies PastForesightModule;
