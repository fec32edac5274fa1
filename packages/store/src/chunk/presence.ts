/** Presence of values in a column: run lengths, or a bitmap. Layout: docs/format/chunk.md */
import { DamagedCode } from './damaged-code.ts';
import { type HeadReader, writeVarint } from './varint.ts';

/**
 * Writes presence as alternating run lengths (present first), or as a bitmap where that is shorter. Returns the byte
 * after.
 */
export function writePresence(
  values: ArrayLike<number>,
  from: number,
  count: number,
  out: Uint8Array,
  at: number,
): number {
  const bitmap = Math.ceil(count / 8);
  const limit = at + 1 + bitmap;
  let position = at + 1;
  let runs = 0;
  let index = 0;
  let is = true;
  while (index < count && position < limit && runs < 255) {
    const begin = index;
    while (index < count && !Number.isNaN(values[from + index]) === is) index++;
    position = writeVarint(index - begin, out, position);
    runs++;
    is = !is;
  }
  if (index === count && position < limit) {
    out[at] = runs;
    return position;
  }
  out[at] = 0;
  out.fill(0, at + 1, limit);
  for (let bit = 0; bit < count; bit++)
    if (!Number.isNaN(values[from + bit])) {
      const byte = at + 1 + (bit >> 3);
      out[byte] = (out[byte] as number) | (1 << (bit & 7));
    }
  return limit;
}

/** Sets `into` to 1 for rows with a value and to 0 for others; returns how many have one. */
export function readPresence(
  head: HeadReader,
  count: number,
  into: Float64Array,
  to: number,
): number {
  const runs = head.byte();
  let some = 0;
  if (runs === 0) {
    const { view, at } = head;
    head.at += Math.ceil(count / 8);
    if (head.at > head.end) throw new DamagedCode('presence is missing');
    for (let index = 0; index < count; index++) {
      const is = (view.getUint8(at + (index >> 3)) >> (index & 7)) & 1;
      into[to + index] = is;
      some += is;
    }
  } else {
    let index = 0;
    for (let run = 0; run < runs; run++) {
      const length = head.varint();
      if (index + length > count) throw new DamagedCode('presence is too long');
      into.fill(1 - (run & 1), to + index, to + index + length);
      if ((run & 1) === 0) some += length;
      index += length;
    }
    if (index !== count) throw new DamagedCode('presence is too short');
  }
  if (some === 0 || some === count) throw new DamagedCode('presence says nothing');
  return some;
}
