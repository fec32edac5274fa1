/**
 * How well the detector finds the anomalies of the service KPIs of the AIOps challenge 2018 (public; `--data DIR`
 * has kpi/*.csv, or the challenge's own files). Every KPI starts with a new detector that sees all rows in order;
 * all rows count, at the fixed alarm threshold 0.5. Event F1 with a delay of 7 points: ./kpi/events.ts says
 * exactly what counts as detected and as false.
 */
import { DAY_MS } from '@openmanager/protocol/durations';
import { createDetector } from '@openmanager/analytics';
import { atLeast, atMost, type BenchOptions, type BenchResult, type Figure } from './harness.ts';
import { readKpis, type Kpi } from './kpi/corpus.ts';
import { countEvents, f1, sum, type EventCounts } from './kpi/events.ts';

function countsOf(kpi: Kpi): EventCounts {
  const detector = createDetector();
  const alarms = Uint8Array.from(kpi.values, (value, row) =>
    detector.update(kpi.timesMs[row] as number, value).alarm ? 1 : 0,
  );
  return countEvents(alarms, kpi.labels);
}

function daysOf({ timesMs }: Kpi): number {
  return ((timesMs.at(-1) ?? 0) - (timesMs[0] ?? 0)) / DAY_MS;
}

export async function run(options: BenchOptions): Promise<BenchResult> {
  if (options.data === undefined) throw new Error('kpi needs --data DIR.');
  const kpis = readKpis(options.data);
  const counts = kpis.map(countsOf);
  const all = sum(counts);
  const days = kpis.reduce((total, kpi) => total + daysOf(kpi), 0);
  const figures: Figure[] = [
    atLeast('event F1, delay 7', f1(all), '', 0.62, { against: 'prototype 0.57' }),
    atMost('false alarms', all.falseAlarms / days, 'per day and series', 0.05),
    { name: 'events detected', value: all.detected, unit: `of ${all.events}` },
    {
      name: 'precision',
      value: all.detected / Math.max(1, all.detected + all.falseAlarms),
      unit: '',
    },
    { name: 'recall', value: all.detected / Math.max(1, all.events), unit: '' },
    ...counts.map((own, index) => ({
      name: `event F1 of ${kpis[index]?.name.slice(0, 8)}`,
      value: f1(own),
      unit: '',
    })),
  ];
  return { bench: 'kpi', figures };
}
