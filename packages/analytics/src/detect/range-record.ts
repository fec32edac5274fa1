/**
 * Records over all hours: how far a value lies beyond the range remembered, in units of that range. Two generations
 * as in slot-record.ts.
 */
export const RANGE_RECORD_SIZE = 4;

export function startRangeRecord(state: Float32Array, at: number): void {
  state.fill(Number.NaN, at, at + RANGE_RECORD_SIZE);
}

export function ageRangeRecord(state: Float32Array, at: number): void {
  state.copyWithin(at + 2, at, at + 2);
  state.fill(Number.NaN, at, at + 2);
}

/** Width of the range remembered; 0 while there is none. */
export function rangeWidth(state: Float32Array, at: number): number {
  const low = lowest(state, at);
  const high = highest(state, at);
  return high > low ? high - low : 0;
}

/** Above positive, below negative, 0 inside; learns the value. */
export function beyondRange(state: Float32Array, at: number, value: number, floor: number): number {
  const low = lowest(state, at);
  const high = highest(state, at);
  if (!(state[at]! <= value)) state[at] = value;
  if (!(state[at + 1]! >= value)) state[at + 1] = value;
  if (low > high) return 0;
  const unit = high - low + floor;
  return value > high ? (value - high) / unit : value < low ? (value - low) / unit : 0;
}

function lowest(state: Float32Array, at: number): number {
  let low = Number.POSITIVE_INFINITY;
  if (state[at]! < low) low = state[at]!;
  if (state[at + 2]! < low) low = state[at + 2]!;
  return low;
}

function highest(state: Float32Array, at: number): number {
  let high = Number.NEGATIVE_INFINITY;
  if (state[at + 1]! > high) high = state[at + 1]!;
  if (state[at + 3]! > high) high = state[at + 3]!;
  return high;
}
