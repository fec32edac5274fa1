/**
 * What ./smd and ./asd measure, for each machine of a corpus: the host detector streams through train and test part
 * without a pause, its scores of the test part are judged. VUS-PR with window 100 (./vus.ts); event F1 at the fixed
 * threshold 0.5 without point-adjust: an event is detected when an alarm falls on it within 30 samples of its first
 * one, a run of alarm rows outside events is a false alarm (../kpi/events.ts). The alternatives have no fixed
 * threshold: theirs is the score that one in a thousand rows of the train part reaches.
 */
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { ALARM_SCORE, createHostDetector } from '@openmanager/analytics';
import { atLeast, quantile, type BenchResult, type Figure } from '../harness.ts';
import { countEvents, f1, sum, type EventCounts } from '../kpi/events.ts';
import { largestZ, reconstructionError } from './alternatives.ts';
import { readMachines, type Corpus, type Machine } from './corpus.ts';
import { vusPr } from './vus.ts';

const DELAY = 30;
const TRAIN_ALARMS = 1e-3;
const START_MS = Date.UTC(2026, 0, 5);

interface Judged {
  /** Of the test part. */
  readonly scores: Float64Array;
  /** First metric named by each alarm that fell on an event whose metrics are known, and those metrics. */
  readonly named: readonly { readonly metric: number; readonly causes: ReadonlySet<number> }[];
}

function detect({ values, metrics, rows, testFrom, causes }: Machine, stepMs: number): Judged {
  const detector = createHostDetector();
  const scores = new Float64Array(rows - testFrom);
  const named: { metric: number; causes: ReadonlySet<number> }[] = [];
  for (let row = 0; row < rows; row++) {
    const sample = values.subarray(row * metrics, (row + 1) * metrics);
    const { score, alarm, contributors } = detector.push(START_MS + row * stepMs, sample);
    if (row < testFrom) continue;
    scores[row - testFrom] = score;
    if (!alarm) continue;
    const cause = causes.find(
      ({ first, last }) => row - testFrom >= first && row - testFrom <= last,
    );
    if (cause !== undefined)
      named.push({ metric: contributors[0]?.index ?? -1, causes: cause.metrics });
  }
  return { scores, named };
}

/** How often the first metric an alarm names is one the event was in, and how often a metric by chance would be. */
function naming(judged: readonly Judged[], machines: readonly Machine[]): Figure[] {
  const alarms = judged.flatMap(({ named }, index) =>
    named.map(({ metric, causes }) => ({
      hit: causes.has(metric) ? 1 : 0,
      chance: causes.size / machines[index]!.metrics,
    })),
  );
  if (alarms.length === 0) return [];
  return [
    {
      name: 'alarms whose first metric is one of the event',
      value: 100 * mean(alarms.map(({ hit }) => hit)),
      unit: `% of ${alarms.length}`,
      against: `a metric by chance ${(100 * mean(alarms.map(({ chance }) => chance))).toFixed(0)} %`,
    },
  ];
}

function countsAt(scores: Float64Array, labels: Uint8Array, threshold: number): EventCounts {
  return countEvents(
    Array.from(scores, (score) => score >= threshold),
    labels,
    DELAY,
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

/** Exponential mean over 8 rows. */
function smoothed(scores: Float64Array): Float64Array {
  let mean = 0;
  return scores.map((score) => (mean += (score - mean) / 8));
}

interface Alternative {
  readonly name: string;
  readonly volume: number;
  readonly f1: number;
}

function alternative(
  name: string,
  scoresOf: (machine: Machine) => Float64Array,
  machines: readonly Machine[],
): Alternative {
  const judged = machines.map((machine) => {
    const scores = scoresOf(machine);
    const threshold = quantile([...scores.subarray(0, machine.testFrom)], 1 - TRAIN_ALARMS);
    const ofTest = scores.subarray(machine.testFrom);
    return {
      volume: vusPr(ofTest, machine.labels),
      counts: countsAt(ofTest, machine.labels, threshold),
    };
  });
  return {
    name,
    volume: mean(judged.map(({ volume }) => volume)),
    f1: f1(sum(judged.map(({ counts }) => counts))),
  };
}

export function judge(folder: string, corpus: Corpus): BenchResult {
  const machines = readMachines(folder, corpus);
  const stepMs = corpus === 'smd' ? MINUTE_MS : 5 * MINUTE_MS;
  const judged = machines.map((machine) => detect(machine, stepMs));
  const ours = judged.map(({ scores }) => scores);
  const volumes = machines.map(({ labels }, index) => vusPr(ours[index]!, labels));
  const counts = machines.map(({ labels }, index) => countsAt(ours[index]!, labels, ALARM_SCORE));
  const all = sum(counts);
  const others = [
    { name: 'PCA reconstruction error', scoresOf: reconstructionError },
    {
      name: 'PCA, smoothed as ours over 8 samples',
      scoresOf: (machine: Machine) => smoothed(reconstructionError(machine).map(Math.sqrt)),
    },
    { name: 'largest |z|', scoresOf: largestZ },
  ].map(({ name, scoresOf }) => alternative(name, scoresOf, machines));
  const [first] = others as [Alternative];
  const figures: Figure[] = [
    atLeast('VUS-PR, window 100, mean of machines', mean(volumes), '', 0.5, {
      against: `${first.name} ${first.volume.toFixed(3)} (published 0.36, other split)`,
    }),
    {
      name: 'event F1 at 0.5, within 30 samples',
      value: f1(all),
      unit: '',
      against: `${first.name} ${first.f1.toFixed(3)}`,
    },
    { name: 'events detected', value: all.detected, unit: `of ${all.events}` },
    { name: 'false alarms', value: all.falseAlarms, unit: `in ${machines.length} machines` },
    ...naming(judged, machines),
    ...others.flatMap((other) => [
      { name: `VUS-PR of ${other.name}, fitted on the train part`, value: other.volume, unit: '' },
      { name: `event F1 of ${other.name}`, value: other.f1, unit: '' },
    ]),
    ...machines.flatMap(({ name }, index) => [
      { name: `VUS-PR of ${name}`, value: volumes[index]!, unit: '' },
      { name: `event F1 of ${name}`, value: f1(counts[index]!), unit: '' },
    ]),
  ];
  return { bench: corpus, figures };
}
