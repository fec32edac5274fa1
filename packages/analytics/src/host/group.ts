/**
 * Up to `GROUP_METRICS` metrics that are judged together: where they are (given the time of the day) and how they
 * moved since the last sample. The two distances are added and smoothed, and what counts is how unusual the logarithm
 * of that is for this group: its own mean and deviation, over the window the patterns have.
 */
import { createEnvelopes, widen, widthOf } from './envelope.ts';
import { attribute, createPattern, distance, learn, Workspace, type Pattern } from './pattern.ts';
import { RHYTHM_SIZE } from './rhythm.ts';

export const GROUP_METRICS = 48;
/** Samples over which the distances are smoothed. */
const SMOOTH = 8;
/** Distances count from this sample on: before, the patterns are too rough. */
const SETTLED = 400;
/** Samples of which the usual distance is a plain mean, before any is called unusual. */
const PROBATION = 200;
/** A distance so many deviations out is learned as usual as if it were this far, so that incidents do not count. */
const LEARN_MOST = 3;
/** Added to the distance before the logarithm, and to the deviation of the logarithm. */
const MIN_DISTANCE = 0.1;
const MIN_DEVIATION = 0.02;
/** A distance from here on blames metrics; about 1 is usual. */
const BLAMING = 1.5;
/** Values are kept relative to the metric's first one; beyond this they would overflow when squared. */
const LARGEST = 1e17;

/** Numbers of a group: smoothed distances, and mean, variance and count of the logarithm of their sum. */
export const OF = { level: 0, movement: 1, mean: 2, variance: 3, seen: 4 } as const;
const OF_SIZE: number = Object.keys(OF).length;

export interface Group {
  readonly size: number;
  readonly level: Pattern;
  readonly movement: Pattern;
  /** By `OF`. */
  readonly numbers: Float64Array;
  /** Per metric: its first value, and its last one less that; NaN before. */
  readonly origin: Float64Array;
  readonly last: Float64Array;
  readonly envelope: Float64Array;
  /** Per metric: what it had lately in distances that stood out. */
  readonly blame: Float64Array;
}

/** What came with a sample beside its values. */
export interface Moment {
  /** Rhythm of the time. */
  readonly rhythm: Float64Array;
  /** The sample before came right before this one. */
  connected: boolean;
  /** Samples that count. */
  window: number;
}

const work = new Workspace();
const place = new Float64Array(RHYTHM_SIZE + GROUP_METRICS);
const moved = new Float64Array(GROUP_METRICS);
const ranges = new Float64Array(RHYTHM_SIZE + GROUP_METRICS).fill(1);
const rangesOfMetrics = ranges.subarray(RHYTHM_SIZE);

/** A group of `size` metrics that knows what `old` knew of the first ones. */
export function createGroup(size: number, old?: Group): Group {
  const group: Group = {
    size,
    level: createPattern(RHYTHM_SIZE + size, RHYTHM_SIZE, old?.level),
    movement: createPattern(size, 0, old?.movement),
    numbers: new Float64Array(OF_SIZE),
    origin: new Float64Array(size).fill(Number.NaN),
    last: new Float64Array(size).fill(Number.NaN),
    envelope: createEnvelopes(size),
    blame: new Float64Array(size),
  };
  if (old !== undefined)
    for (const name of ['numbers', 'origin', 'last', 'envelope', 'blame'] as const)
      group[name].set(old[name]);
  return group;
}

/** All that a group knows, in the order of a snapshot: numbers of 8 bytes, then numbers of 4. */
export function arraysOf(group: Group): readonly (Float64Array | Float32Array)[] {
  const { level, movement, numbers, origin, last, envelope, blame } = group;
  const patterns = [level, movement];
  return [
    numbers,
    origin,
    last,
    envelope,
    blame,
    ...patterns.flatMap(({ seen, mean, count, scale }) => [seen, mean, count, scale]),
    ...patterns.flatMap(({ covariance, factor }) => [covariance, factor]),
  ];
}

/** Takes the group's values, from `from` on, relative to their origins; what is not finite is missing. */
function take(group: Group, values: ArrayLike<number>, from: number, moment: Moment): void {
  const { size, origin, last, envelope } = group;
  place.set(moment.rhythm);
  for (let metric = 0; metric < size; metric++) {
    const value = from + metric < values.length ? values[from + metric]! : Number.NaN;
    let here = Number.NaN;
    if (Number.isFinite(value)) {
      if (Number.isNaN(origin[metric]!)) origin[metric] = bounded(value, Number.MAX_VALUE / 2);
      here = bounded(value - origin[metric]!, LARGEST);
      widen(envelope, 2 * metric, here, 1 / moment.window);
    }
    place[RHYTHM_SIZE + metric] = here;
    moved[metric] = moment.connected ? here - last[metric]! : Number.NaN;
    last[metric] = here;
    rangesOfMetrics[metric] = widthOf(envelope, 2 * metric);
  }
}

function bounded(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}

/** Deviations by which the smoothed distance of the group is beyond its usual one. The sample is learned. */
export function judgeGroup(
  group: Group,
  values: ArrayLike<number>,
  from: number,
  moment: Moment,
): number {
  const { size, level, movement, numbers, blame } = group;
  work.reserve(RHYTHM_SIZE + size);
  take(group, values, from, moment);
  for (let metric = 0; metric < size; metric++) blame[metric]! *= 1 - 1 / SMOOTH;

  const ofLevel = distance(level, place, work);
  if (ofLevel > BLAMING) attribute(level, work, blame);
  learn(level, place, ranges, ofLevel, moment.window, work);
  const ofMovement = distance(movement, moved, work);
  if (ofMovement > BLAMING) attribute(movement, work, blame);
  learn(movement, moved, rangesOfMetrics, ofMovement, moment.window, work);
  if (level.seen[0]! < SETTLED) return 0;

  numbers[OF.level]! += (ofLevel - numbers[OF.level]!) / SMOOTH;
  // After a gap there is no movement; the place of the metrics has to do.
  numbers[OF.movement]! += ((ofMovement || ofLevel) - numbers[OF.movement]!) / SMOOTH;
  const far = numbers[OF.level]! + numbers[OF.movement]!;
  return standing(numbers, Math.log(far + MIN_DISTANCE), moment.window);
}

/** In deviations from its usual value, which is learned. */
function standing(numbers: Float64Array, value: number, window: number): number {
  const seen = numbers[OF.seen]! + 1;
  numbers[OF.seen] = seen;
  const share = 1 / Math.min(seen, window);
  const mean = numbers[OF.mean]!;
  const deviation = Math.sqrt(numbers[OF.variance]!) + MIN_DEVIATION;
  const out = (value - mean) / deviation;
  const learned = seen <= PROBATION / 2 ? value - mean : bounded(out, LEARN_MOST) * deviation;
  numbers[OF.mean] = mean + share * learned;
  numbers[OF.variance] = (1 - share) * (numbers[OF.variance]! + share * learned * learned);
  return seen <= PROBATION ? 0 : out;
}
