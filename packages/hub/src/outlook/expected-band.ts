/** The expected band of past means: a fresh detector is run over the stored history. */
import { DAY_MS, MINUTE_MS } from '@openmanager/protocol/durations';
import { createDetector } from '@openmanager/analytics';
import type { Outlook, OutlookRequest } from '@openmanager/protocol';
import type { SeriesHistory } from '@openmanager/store';
import { SWEEP_MS } from './cadence.ts';
import { valueBounds } from './value-bounds.ts';

/** Step widths, each with the lead-in that trains the detector; the finest while raw samples are kept. */
const steps = [
  { stepMs: SWEEP_MS, spanMs: DAY_MS, leadMs: DAY_MS, keptMs: 2 * DAY_MS },
  { stepMs: 5 * MINUTE_MS, spanMs: 14 * DAY_MS, leadMs: 14 * DAY_MS, keptMs: 30 * DAY_MS },
  { stepMs: 60 * MINUTE_MS, spanMs: Infinity, leadMs: 60 * DAY_MS, keptMs: Infinity },
] as const;
/** Points of an answer; a chart is not wider. */
const MAX_POINTS = 2_000;
/** Means judged in one turn of the event loop: less than 10 ms. */
const MAX_JUDGED = 12_000;
/** Warm-up: no band before this many means. */
const WARM_UP_MEANS = 200;

export async function expectedBand(
  history: Pick<SeriesHistory, 'select'>,
  { hostId, key, fromMs, toMs }: OutlookRequest,
  nowMs: number,
  utcOffsetMs: number,
): Promise<Outlook['band']> {
  const to = Math.min(toMs, nowMs);
  const fits = steps.find(
    ({ spanMs, leadMs, keptMs }) => to - fromMs <= spanMs && fromMs - leadMs >= nowMs - keptMs,
  );
  const { stepMs, leadMs } = fits ?? steps[2];
  const { series } = await history.select({
    series: [{ hostId, key }],
    fromMs: Math.max(0, fromMs - leadMs, to - MAX_JUDGED * stepMs),
    toMs: to,
    stepMs,
  });
  const [found] = series;
  const timesMs: number[] = [];
  const lower: (number | null)[] = [];
  const upper: (number | null)[] = [];
  const band = { timesMs, lower, upper };
  if (!found) return band;
  const { min, max } = valueBounds(key);
  const detector = createDetector({ utcOffsetMs });
  const every = Math.max(1, Math.ceil((to - fromMs) / stepMs / MAX_POINTS));
  for (const [at, startMs] of found.timesMs.entries()) {
    const judged = detector.update(startMs + stepMs, found.mean[at] as number);
    if (startMs < fromMs || at % every !== 0) continue;
    const isKnown = at >= WARM_UP_MEANS && Number.isFinite(judged.lower + judged.upper);
    timesMs.push(startMs + stepMs / 2);
    lower.push(isKnown ? Math.max(min, judged.lower) : null);
    upper.push(isKnown ? Math.min(max, judged.upper) : null);
  }
  return band;
}
