/**
 * Two families of channels, the evidence of each summed: records find incidents that last (a new extreme for this
 * hour, another spread), surprise finds the single moment that breaks the course. A point is judged by the family
 * that is nearer to its threshold. Weights are round numbers, few, and the same for every series.
 */
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { CHANNELS, channels, type Channel } from './layout.ts';

/**
 * Statistics up to these are usual and say nothing: a record by a twentieth of the range, less than a third of the
 * usual deviation.
 */
const RECORD_LEAST = 0.05;
const DEVIATION_LEAST = 0.3;
const recordChannels: ReadonlySet<Channel> = new Set([
  'slotSpread',
  'frozen',
  'rangeHigh',
  'rangeLow',
  'slotMeanHigh',
  'slotMeanLow',
]);
export const minStatistic: Float64Array = Float64Array.from(channels, (channel) =>
  recordChannels.has(channel) ? RECORD_LEAST : DEVIATION_LEAST,
);

/** Evidence of a channel that spoke lasts for the next points, so that slow channels can join it. */
export const HOLD_SHARE = 0.7;

const recordWeights: Partial<Record<Channel, number>> = {
  slotSpread: 1,
  frozen: 1.2,
  spread: 0.7,
  rangeHigh: 1,
  rangeLow: 0.35,
  slotMeanHigh: 0.7,
  slotMeanLow: 1,
  jumps: 0.5,
};

const surpriseWeights: Partial<Record<Channel, number>> = {
  predictionHigh: 1,
  predictionLow: 1,
  burst: 1,
  profile: 1,
};

export interface Family {
  readonly weights: Float64Array;
  /** Sum of evidence at which a point is an alarm, for a series of `MATURE_POINTS` or more. */
  readonly threshold: number;
}

function family(weights: Partial<Record<Channel, number>>, threshold: number): Family {
  return {
    weights: Float64Array.from(channels, (channel) => weights[channel] ?? 0),
    threshold,
  };
}

export const records: Family = family(recordWeights, 2.75);
export const surprise: Family = family(surpriseWeights, 8.15);

export function sumOf(held: Float32Array, at: number, { weights }: Family): number {
  let sum = 0;
  for (let channel = 0; channel < CHANNELS; channel++)
    sum += weights[channel]! * held[at + channel]!;
  return sum;
}

/** The channel that adds most to a family's sum. */
export function loudest(held: Float32Array, at: number, { weights }: Family): Channel {
  let best = 0;
  let largest = -1;
  for (let channel = 0; channel < CHANNELS; channel++) {
    const share = weights[channel]! * held[at + channel]!;
    if (share > largest) {
      largest = share;
      best = channel;
    }
  }
  return channels[best]!;
}

/** Points after which a series counts as known. */
const MATURE_POINTS = 8000;
const YOUNG_POINTS = 100;

/** A young series has records all the time: its thresholds are higher, by 30 % per factor of ten. */
export function caution(points: number): number {
  if (points >= MATURE_POINTS) return 1;
  return 1 + 0.3 * Math.log10(MATURE_POINTS / Math.max(YOUNG_POINTS, points));
}

const COARSE_MS = 5 * MINUTE_MS;
const DENSE_MS = MINUTE_MS;

/** 0 for a point every five minutes or fewer, 1 for one every minute or more, by the logarithm between. */
function density(intervalMs: number): number {
  const ratio = Math.log(COARSE_MS / Math.max(1, intervalMs)) / Math.log(COARSE_MS / DENSE_MS);
  return Math.max(0, Math.min(1, ratio));
}

/**
 * Factors of the thresholds. The more points a day, the more chances of a record, so the records need more; where
 * points are few, one of them is an average that jumps by nature, so surprise needs more.
 */
export function recordsFactor(intervalMs: number): number {
  return 1 + 1.4 * density(intervalMs);
}

export function surpriseFactor(intervalMs: number): number {
  return 1 + 0.15 * (1 - density(intervalMs));
}
