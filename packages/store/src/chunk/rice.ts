/**
 * Adaptive Rice codes: every 40 values carry the parameter that suits them best, so quiet and busy stretches of one
 * series each take what they need. Bits go most significant first. Layout: docs/format/chunk.md
 *
 * Values below 2^31 are "narrow" and coded with 32-bit arithmetic; others, below 2^53, are "wide".
 */

import { DamagedCode } from './damaged-code.ts';

export const BLOCK = 40;
/** Escape: after this many ones a value is written verbatim, with its length in front. */
const ESCAPE = 20;
const LENGTH_BITS = 6;
/** Parameter that marks a block of zeros. */
const ZEROS_NARROW = 31;
const ZEROS_WIDE = 63;
/** Powers of two: `2 ** n` is a call to pow. */
const POW2 = Float64Array.from({ length: 64 }, (_, bits) => 2 ** bits);
const NARROW_BITS = 5;
const WIDE_BITS = 6;

/** Bytes that `count` values take at most. */
export function riceBound(count: number): number {
  return Math.ceil((count * (ESCAPE + LENGTH_BITS + 53) + (count / BLOCK + 1) * WIDE_BITS) / 8) + 8;
}

/** Rice parameter estimated from the mean of the block, near the optimum for geometrically distributed values. */
function parameterOf(sum: number, count: number): number {
  const mean = (sum / count) * 0.72;
  if (mean < 1) return 0;
  return mean < 0x40_00_00_00 ? 31 - Math.clz32(mean) : Math.floor(Math.log2(mean));
}

/** Estimated bits of a block of this sum. */
export function riceCost(sum: number, count: number): number {
  if (sum === 0) return NARROW_BITS;
  const parameter = parameterOf(sum, count);
  return (
    NARROW_BITS +
    count * (parameter + 1) +
    (parameter < 31 ? sum / (1 << parameter) : sum / 2 ** parameter)
  );
}

/** Writes narrow values at byte `at` of `out`, which has room for `riceBound`; returns the byte after. */
export function writeNarrow(
  values: Int32Array,
  count: number,
  out: Uint8Array,
  at: number,
): number {
  let position = at;
  let bits = 0;
  let filled = 0;
  for (let base = 0; base < count; base += BLOCK) {
    const end = base + BLOCK < count ? base + BLOCK : count;
    let sum = 0;
    for (let index = base; index < end; index++) sum += values[index] as number;
    const k = sum === 0 ? ZEROS_NARROW : parameterOf(sum, end - base);
    bits = (bits << NARROW_BITS) | k;
    filled += NARROW_BITS;
    while (filled >= 8) out[position++] = bits >>> (filled -= 8);
    if (sum === 0) continue;
    const mask = (1 << k) - 1;
    for (let index = base; index < end; index++) {
      const value = values[index] as number;
      const quotient = value >>> k;
      const length = quotient + 1 + k;
      if (length <= 24 && quotient < ESCAPE) {
        bits = (bits << length) | (((1 << quotient) - 1) << (k + 1)) | (value & mask);
        filled += length;
        while (filled >= 8) out[position++] = bits >>> (filled -= 8);
        continue;
      }
      // In steps of at most 24 bits, which always fit beside the up to seven pending bits.
      const ones = quotient < ESCAPE ? quotient : ESCAPE;
      bits = (bits << ones) | ((1 << ones) - 1);
      filled += ones;
      while (filled >= 8) out[position++] = bits >>> (filled -= 8);
      const rest = quotient < ESCAPE ? k : 32 - Math.clz32(value);
      if (quotient < ESCAPE) {
        bits <<= 1;
        filled++;
      } else {
        bits = (bits << LENGTH_BITS) | rest;
        filled += LENGTH_BITS;
      }
      while (filled >= 8) out[position++] = bits >>> (filled -= 8);
      const high = rest > 16 ? rest - 16 : 0;
      if (high > 0) {
        bits = (bits << high) | ((value >>> 16) & ((1 << high) - 1));
        filled += high;
        while (filled >= 8) out[position++] = bits >>> (filled -= 8);
      }
      const low = rest - high;
      bits = (bits << low) | (value & ((1 << low) - 1));
      filled += low;
      while (filled >= 8) out[position++] = bits >>> (filled -= 8);
    }
  }
  if (filled > 0) out[position++] = bits << (8 - filled);
  return position;
}

/**
 * Reads `count` narrow values from byte `at`; returns the byte after. Reads nothing at or past `end`, and at least
 * three bytes follow `end` in the view.
 */
export function readNarrow(
  view: DataView,
  at: number,
  end: number,
  values: Int32Array,
  count: number,
): number {
  let bit = at * 8;
  // A window that begins in the last byte must be readable as four.
  const last = (end - 1) * 8 + 7;
  for (let base = 0; base < count; base += BLOCK) {
    const stop = base + BLOCK < count ? base + BLOCK : count;
    if (bit + NARROW_BITS - 1 > last) throw new DamagedCode('codes are missing');
    const k = ((view.getUint32(bit >>> 3) << (bit & 7)) >>> 27) & 31;
    bit += NARROW_BITS;
    if (k === ZEROS_NARROW) {
      values.fill(0, base, stop);
      continue;
    }
    for (let index = base; index < stop; index++) {
      if (bit > last) throw new DamagedCode('codes are missing');
      const window = view.getUint32(bit >>> 3) << (bit & 7);
      const ones = Math.clz32(~window);
      const length = ones + 1 + k;
      if (length <= 24 && ones < ESCAPE) {
        values[index] = (ones << k) | (k === 0 ? 0 : (window << (ones + 1)) >>> (32 - k));
        bit += length;
        continue;
      }
      const escaped = ones >= ESCAPE;
      bit += escaped ? ESCAPE : ones + 1;
      let rest = k;
      if (escaped) {
        if (bit > last) throw new DamagedCode('codes are missing');
        rest = (view.getUint32(bit >>> 3) << (bit & 7)) >>> 26;
        bit += LENGTH_BITS;
        if (rest > 31) throw new DamagedCode('a value is out of range');
      }
      const high = rest > 16 ? rest - 16 : 0;
      if (bit + rest - 1 > last) throw new DamagedCode('codes are missing');
      let value = 0;
      if (high > 0) {
        value = (view.getUint32(bit >>> 3) << (bit & 7)) >>> (32 - high);
        bit += high;
      }
      const low = rest - high;
      if (low > 0) {
        value = (value << low) | ((view.getUint32(bit >>> 3) << (bit & 7)) >>> (32 - low));
        bit += low;
      }
      const whole = escaped ? value : ones * 2 ** k + value;
      if (whole > 0x7f_ff_ff_ff) throw new DamagedCode('a value is out of range');
      values[index] = whole;
    }
  }
  if (bit - 1 > last) throw new DamagedCode('codes are missing');
  return (bit + 7) >>> 3;
}

/** As writeNarrow, for whole values below 2^53. */
export function writeWide(
  values: Float64Array,
  count: number,
  out: Uint8Array,
  at: number,
): number {
  let position = at;
  let bits = 0;
  let filled = 0;
  const put = (value: number, length: number): void => {
    let left = length;
    let rest = value;
    while (left > 0) {
      const take = left < 16 ? left : 16;
      left -= take;
      const unit = POW2[left] as number;
      const part = Math.floor(rest / unit);
      rest -= part * unit;
      bits = (bits << take) | part;
      filled += take;
      while (filled >= 8) out[position++] = bits >>> (filled -= 8);
    }
  };
  for (let base = 0; base < count; base += BLOCK) {
    const end = Math.min(base + BLOCK, count);
    let sum = 0;
    for (let index = base; index < end; index++) sum += values[index] as number;
    const k = sum === 0 ? ZEROS_WIDE : parameterOf(sum, end - base);
    put(k, WIDE_BITS);
    if (sum === 0) continue;
    const unit = POW2[k] as number;
    for (let index = base; index < end; index++) {
      const value = values[index] as number;
      const quotient = Math.floor(value / unit);
      if (quotient < ESCAPE) {
        put((2 << quotient) - 2, quotient + 1);
        put(value - quotient * unit, k);
      } else {
        const length = value < 2 ** 32 ? 32 - Math.clz32(value) : bitsAbove(value);
        put((1 << ESCAPE) - 1, ESCAPE);
        put(length, LENGTH_BITS);
        put(value, length);
      }
    }
  }
  if (filled > 0) out[position++] = bits << (8 - filled);
  return position;
}

function bitsAbove(value: number): number {
  return 64 - Math.clz32(Math.floor(value / 2 ** 32));
}

/** As readNarrow, for what writeWide wrote. */
export function readWide(
  view: DataView,
  at: number,
  end: number,
  values: Float64Array,
  count: number,
): number {
  let bit = at * 8;
  const limit = end * 8;
  const take = (length: number): number => {
    if (bit + length > limit) throw new DamagedCode('codes are missing');
    let value = 0;
    let left = length;
    while (left > 0) {
      const some = left < 16 ? left : 16;
      value =
        value * (POW2[some] as number) + ((view.getUint32(bit >>> 3) << (bit & 7)) >>> (32 - some));
      bit += some;
      left -= some;
    }
    return value;
  };
  for (let base = 0; base < count; base += BLOCK) {
    const stop = Math.min(base + BLOCK, count);
    const k = take(WIDE_BITS);
    if (k === ZEROS_WIDE) {
      values.fill(0, base, stop);
      continue;
    }
    if (k > 53) throw new DamagedCode('a value is out of range');
    const unit = POW2[k] as number;
    for (let index = base; index < stop; index++) {
      if (bit >= limit) throw new DamagedCode('codes are missing');
      const ones = Math.clz32(~(view.getUint32(bit >>> 3) << (bit & 7)));
      bit += ones < ESCAPE ? ones + 1 : ESCAPE;
      let value: number;
      if (ones < ESCAPE) value = ones * unit + take(k);
      else {
        const length = take(LENGTH_BITS);
        if (length > 53) throw new DamagedCode('a value is out of range');
        value = take(length);
      }
      if (value > Number.MAX_SAFE_INTEGER) throw new DamagedCode('a value is out of range');
      values[index] = value;
    }
  }
  return (bit + 7) >>> 3;
}
