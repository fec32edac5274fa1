/** Where everything is in the state of one series: one buffer, which is also its snapshot. */
import { PROFILE_SLOTS } from './profile.ts';
import { RANGE_RECORD_SIZE } from './range-record.ts';
import { REGRESSION_SIZE } from './regression.ts';
import { SLOT_RECORD_SIZE } from './slot-record.ts';
import { TAIL_BINS } from './tail.ts';

/** Channels, in the order of their tail histograms. */
export const channels = [
  'slotSpread',
  'frozen',
  'spread',
  'rangeHigh',
  'rangeLow',
  'slotMeanHigh',
  'slotMeanLow',
  'jumps',
  'predictionHigh',
  'predictionLow',
  'burst',
  'profile',
] as const;
export type Channel = (typeof channels)[number];
export const CHANNELS: number = channels.length;

/** Place of each channel in `channels`. */
export const CHANNEL: Readonly<Record<Channel, number>> = Object.fromEntries(
  channels.map((channel, place) => [channel, place]),
) as Record<Channel, number>;

/** Float64: the version comes first. */
export const HEAD = {
  version: 0,
  points: 1,
  firstMs: 2,
  lastMs: 3,
  bornMs: 4,
  intervalMs: 5,
  origin: 6,
  accepted: 7,
  recordsQuietUntilMs: 8,
  surpriseQuietUntilMs: 9,
} as const;
const HEADS: number = Object.keys(HEAD).length;

const numberNames = [
  'last',
  'beforeLast',
  'mean',
  'deviation',
  'mean12',
  'mean36',
  'slotSpread',
  'slotMean',
  'range',
  'spread24',
  'spread48',
  'usualSpread24',
  'usualSpread48',
  'step',
  'jumps',
  'usualJumps',
  'profile',
  'run',
  'profileError',
  'usualProfileError',
  'regression',
  'usualError',
  'held',
] as const;
type NumberName = (typeof numberNames)[number];

/** Those of more than one number. */
const numberSizes: Partial<Record<NumberName, number>> = {
  slotSpread: SLOT_RECORD_SIZE,
  slotMean: SLOT_RECORD_SIZE,
  range: RANGE_RECORD_SIZE,
  spread24: 2,
  spread48: 2,
  usualSpread24: 2,
  usualSpread48: 2,
  usualJumps: 2,
  run: 2,
  profile: PROFILE_SLOTS,
  regression: REGRESSION_SIZE,
  held: CHANNELS,
};

function place<Name extends string>(
  names: readonly Name[],
  sizes: Partial<Record<Name, number>>,
): { at: Readonly<Record<Name, number>>; size: number } {
  let size = 0;
  const at: Partial<Record<Name, number>> = {};
  for (const name of names) {
    at[name] = size;
    size += sizes[name] ?? 1;
  }
  return { at: at as Record<Name, number>, size };
}

const numbers = place(numberNames, numberSizes);
/** Float32 offsets. */
export const AT: Readonly<Record<NumberName, number>> = numbers.at;

type CountName = 'profile' | 'tailTotal' | 'tails';
const counts = place<CountName>(['profile', 'tailTotal', 'tails'], {
  profile: PROFILE_SLOTS,
  tails: TAIL_BINS * CHANNELS,
});
/** Uint16 offsets. */
export const COUNT: Readonly<Record<CountName, number>> = counts.at;

/** Length of the state, and of a snapshot. */
export const STATE_BYTES: number =
  Math.ceil((HEADS * 8 + numbers.size * 4 + counts.size * 2) / 8) * 8;

export interface State {
  readonly buffer: ArrayBuffer;
  readonly head: Float64Array;
  readonly f: Float32Array;
  readonly n: Uint16Array;
}

export function allocate(): State {
  const buffer = new ArrayBuffer(STATE_BYTES);
  return {
    buffer,
    head: new Float64Array(buffer, 0, HEADS),
    f: new Float32Array(buffer, HEADS * 8, numbers.size),
    n: new Uint16Array(buffer, HEADS * 8 + numbers.size * 4, counts.size),
  };
}
