/** What was expected as history passed: the detectors and trends of the live hub, made anew for a backtest. */
import type { LearningForesight, Rule } from '@openmanager/alerting';
import { Problems } from '../ports/health-issues.ts';
import { SeriesWatch } from '../outlook/series-watch.ts';
import { Trends } from '../outlook/trends.ts';

const SWEEP_MS = 30_000;

/** Whether the rule asks what was expected. */
export function learns({ kind }: Rule): boolean {
  return kind === 'outside-band' || kind === 'forecast';
}

export function pastForesight(rule: Rule, utcOffsetMs: number): LearningForesight {
  const problems = new Problems();
  const watch = new SeriesWatch({ problems, utcOffsetMs, awaitsPast: false });
  const rules = [{ ...rule, enabled: true }];
  const trends = new Trends({
    problems,
    now: () => 0,
    rules: () => rules,
    history: { select: async () => ({ series: [], damaged: 0 }) },
  });
  let sweptMs = Number.NEGATIVE_INFINITY;
  return {
    observe(row) {
      const update = { ...row, values: Float64Array.from(row.values), receivedMs: row.timeMs };
      if (rule.kind === 'forecast') trends.observe(update);
      if (rule.kind !== 'outside-band') return;
      watch.observe(update);
      if (row.timeMs - sweptMs < SWEEP_MS) return;
      sweptMs = row.timeMs;
      watch.sweep(row.hostId);
    },
    band: (...asked) => watch.band(...asked),
    crossing: (...asked) => trends.crossing(...asked),
  };
}
