/**
 * Records per hour of the day: a value beyond all that this hour and the two beside it ever had.
 * Two generations of maxima and minima: when the younger is `generationMs` old it becomes the elder and a new one
 * begins, so that a record holds for one to two generations and is then forgotten.
 */
export const SLOTS = 24;
const SIDES = 2;
export const SLOT_RECORD_SIZE: number = 2 * SLOTS * SIDES;

export function startSlotRecord(state: Float32Array, at: number): void {
  state.fill(Number.NaN, at, at + SLOT_RECORD_SIZE);
}

/** Makes the younger generation the elder one. */
export function ageSlotRecord(state: Float32Array, at: number): void {
  const half = SLOTS * SIDES;
  state.copyWithin(at, at + half, at + 2 * half);
  state.fill(Number.NaN, at + half, at + 2 * half);
}

/** Least and greatest value of both generations around `slot`; NaN while there is none. */
export function slotBounds(state: Float32Array, at: number, slot: number, out: Float64Array): void {
  let low = Number.NaN;
  let high = Number.NaN;
  for (let step = SLOTS - 1; step <= SLOTS + 1; step++) {
    const index = at + ((slot + step) % SLOTS) * SIDES;
    for (let from = index; from <= index + SLOTS * SIDES; from += SLOTS * SIDES) {
      const min = state[from]!;
      const max = state[from + 1]!;
      if (!(low <= min)) low = Number.isNaN(min) ? low : min;
      if (!(high >= max)) high = Number.isNaN(max) ? high : max;
    }
  }
  out[0] = low;
  out[1] = high;
}

export function learnSlotRecord(
  state: Float32Array,
  at: number,
  slot: number,
  value: number,
): void {
  const index = at + SLOTS * SIDES + slot * SIDES;
  if (!(state[index]! <= value)) state[index] = value;
  if (!(state[index + 1]! >= value)) state[index + 1] = value;
}
