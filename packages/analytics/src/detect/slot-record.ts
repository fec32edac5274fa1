/**
 * Records per hour of the day: how far a value lies beyond all that this hour and the two beside it ever had. The
 * current hour is kept apart and joins when it is over: an incident is measured against former days, not against its
 * own first minutes. There are two generations of minima and maxima; when the younger has lived its time it becomes the
 * elder and a new one begins, so that a record holds for one to two generations and is then forgotten.
 */
export const SLOTS = 24;
const SIDES = 2;
const GENERATION: number = SLOTS * SIDES;
/** After both generations: least and greatest of the present hour, and which hour it is. */
const PRESENT: number = 2 * GENERATION;
export const SLOT_RECORD_SIZE: number = PRESENT + SIDES + 1;

export function startSlotRecord(state: Float32Array, at: number): void {
  state.fill(Number.NaN, at, at + SLOT_RECORD_SIZE);
}

/** Makes the younger generation the elder one. */
export function ageSlotRecord(state: Float32Array, at: number): void {
  state.copyWithin(at + GENERATION, at, at + GENERATION);
  state.fill(Number.NaN, at, at + GENERATION);
}

/**
 * The distance of `value` from the range around `slot`, above positive, below negative, 0 inside or while nothing
 * is known; in units of half the range plus `scale`. Learns the value.
 */
export function beyondSlot(
  state: Float32Array,
  at: number,
  slot: number,
  value: number,
  scale: number,
): number {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let step = SLOTS - 1; step <= SLOTS + 1; step++) {
    const young = at + ((slot + step) % SLOTS) * SIDES;
    const old = young + GENERATION;
    // Comparisons with NaN are false: what is not known does not count.
    if (state[young]! < low) low = state[young]!;
    if (state[old]! < low) low = state[old]!;
    if (state[young + 1]! > high) high = state[young + 1]!;
    if (state[old + 1]! > high) high = state[old + 1]!;
  }
  learn(state, at, slot, value);
  if (low > high) return 0;
  const unit = 0.5 * (high - low) + scale;
  return value > high ? (value - high) / unit : value < low ? (value - low) / unit : 0;
}

function learn(state: Float32Array, at: number, slot: number, value: number): void {
  const present = at + PRESENT;
  const before = state[present + SIDES]!;
  if (before === slot) {
    if (value < state[present]!) state[present] = value;
    if (value > state[present + 1]!) state[present + 1] = value;
    return;
  }
  if (!Number.isNaN(before)) {
    const own = at + before * SIDES;
    if (!(state[own]! <= state[present]!)) state[own] = state[present]!;
    if (!(state[own + 1]! >= state[present + 1]!)) state[own + 1] = state[present + 1]!;
  }
  state[present] = state[present + 1] = value;
  state[present + SIDES] = slot;
}
