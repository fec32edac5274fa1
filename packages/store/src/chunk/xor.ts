/**
 * Doubles that are no decimals: each is written as the difference of its bits from those of the value before
 * (the idea of Pelkonen et al., "Gorilla", VLDB 2015, §4.1.2, with byte-free windows of our own layout).
 *
 * `0` the same | `10` bits within the window of the value before | `11` 6 bits leading zeros, 6 bits length − 1, bits
 */
import { DamagedCode } from './damaged-code.ts';

const doubles = new Float64Array(1);
const halves = new Uint32Array(doubles.buffer);
/** Index of the high half on this machine. */
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;
const LOW = 1 - HIGH;

export function xorBound(count: number): number {
  return Math.ceil((count * (2 + 12 + 64)) / 8) + 8;
}

export function writeXor(values: Float64Array, count: number, out: Uint8Array, at: number): number {
  let position = at;
  let bits = 0;
  let filled = 0;
  /** At most 24 bits. */
  const put = (value: number, length: number): void => {
    bits = (bits << length) | value;
    filled += length;
    while (filled >= 8) out[position++] = bits >>> (filled -= 8);
  };
  /** Bits of the 64 of `high` and `low` from `lead` on, most significant first. */
  const putWindow = (high: number, low: number, lead: number, length: number): void => {
    for (let from = lead, left = length; left > 0;) {
      const within = from & 31;
      const take = Math.min(left, 16, 32 - within);
      const half = from < 32 ? high : low;
      put((half << within) >>> (32 - take), take);
      from += take;
      left -= take;
    }
  };
  let high = 0;
  let low = 0;
  let lead = 64;
  let length = 0;
  for (let index = 0; index < count; index++) {
    doubles[0] = values[index] as number;
    const [nextHigh, nextLow] = [halves[HIGH] as number, halves[LOW] as number];
    const xorHigh = (high ^ nextHigh) >>> 0;
    const xorLow = (low ^ nextLow) >>> 0;
    high = nextHigh;
    low = nextLow;
    if (xorHigh === 0 && xorLow === 0) {
      put(0, 1);
      continue;
    }
    const leading = xorHigh === 0 ? 32 + Math.clz32(xorLow) : Math.clz32(xorHigh);
    const trailing =
      xorLow === 0 ? 32 + (31 - Math.clz32(xorHigh & -xorHigh)) : 31 - Math.clz32(xorLow & -xorLow);
    const needed = 64 - leading - trailing;
    if (leading >= lead && leading + needed <= lead + length && length <= needed + 12) {
      put(2, 2);
    } else {
      lead = leading;
      length = needed;
      put(3, 2);
      put(lead, 6);
      put(length - 1, 6);
    }
    putWindow(xorHigh, xorLow, lead, length);
  }
  if (filled > 0) out[position++] = bits << (8 - filled);
  return position;
}

/** Reads nothing at or past `end`; at least three bytes follow it in the view. */
export function readXor(
  view: DataView,
  at: number,
  end: number,
  values: Float64Array,
  count: number,
): number {
  let bit = at * 8;
  const limit = end * 8;
  /** At most 24 bits. */
  const take = (length: number): number => {
    if (bit + length > limit) throw new DamagedCode('bits are missing');
    const value = (view.getUint32(bit >>> 3) << (bit & 7)) >>> (32 - length);
    bit += length;
    return value;
  };
  let high = 0;
  let low = 0;
  let lead = 64;
  let length = 0;
  for (let index = 0; index < count; index++) {
    if (take(1) === 1) {
      if (take(1) === 1) {
        lead = take(6);
        length = take(6) + 1;
      }
      if (length === 0 || lead + length > 64) throw new DamagedCode('a window is out of range');
      for (let from = lead, left = length; left > 0;) {
        const within = from & 31;
        const some = Math.min(left, 16, 32 - within);
        const piece = take(some) << (32 - within - some);
        if (from < 32) high ^= piece;
        else low ^= piece;
        from += some;
        left -= some;
      }
    }
    halves[HIGH] = high;
    halves[LOW] = low;
    values[index] = doubles[0] as number;
  }
  return (bit + 7) >>> 3;
}
