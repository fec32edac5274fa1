/**
 * One column of values, bit-exact: decimal-scaled integers as deltas where every value has at most
 * nine decimals, IEEE doubles otherwise. NaN means "no sample". −0 is sent as 0.
 *
 * head: 0–9 decimals of scaled integers | 14 no value at all | 15 doubles; + 0x10 a presence bitmap follows
 */
import type { ByteReader, ByteWriter } from './bytes.ts';
import { ProtocolError } from '../errors.ts';

const ALL_ABSENT = 14;
const DOUBLES = 15;
const SOME_ABSENT = 0x10;
const MAX_SCALED = 2 ** 51;
const POWERS = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9] as const;

/** Decimals (0–9) that hold every present value exactly, or DOUBLES. */
function scaleOf(values: ArrayLike<number>): number {
  let decimals = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (Number.isNaN(value)) continue;
    for (;;) {
      const power = POWERS[decimals];
      if (power === undefined) return DOUBLES;
      const scaled = Math.round(value * power);
      if (Math.abs(scaled) < MAX_SCALED && scaled / power === value) break;
      decimals++;
    }
  }
  return decimals;
}

function fits(values: ArrayLike<number>, power: number): boolean {
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (Number.isNaN(value)) continue;
    const scaled = Math.round(value * power);
    if (Math.abs(scaled) >= MAX_SCALED || scaled / power !== value) return false;
  }
  return true;
}

export function writeColumn(writer: ByteWriter, values: ArrayLike<number>): void {
  let absent = 0;
  for (let index = 0; index < values.length; index++) if (Number.isNaN(values[index])) absent++;
  if (absent === values.length) {
    writer.u8(ALL_ABSENT);
    return;
  }
  let mode = scaleOf(values);
  // A later value may have raised the decimals past what an earlier, larger one can be scaled by.
  if (mode !== DOUBLES && !fits(values, POWERS[mode] as number)) mode = DOUBLES;
  writer.u8(absent > 0 ? mode | SOME_ABSENT : mode);
  if (absent > 0) writePresence(writer, values);
  const power = mode === DOUBLES ? 0 : (POWERS[mode] as number);
  let previous = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (Number.isNaN(value)) continue;
    if (mode === DOUBLES) {
      writer.f64(value + 0);
      continue;
    }
    const scaled = Math.round(value * power);
    writer.zigzag(scaled - previous);
    previous = scaled;
  }
}

function writePresence(writer: ByteWriter, values: ArrayLike<number>): void {
  for (let base = 0; base < values.length; base += 8) {
    let byte = 0;
    for (let bit = 0; bit < 8 && base + bit < values.length; bit++)
      if (!Number.isNaN(values[base + bit])) byte |= 1 << bit;
    writer.u8(byte);
  }
}

/** Reads `rows` values into a new array; the caller has bounded `rows`. */
export function readColumn(
  reader: ByteReader,
  rows: number,
  values: Float64Array = new Float64Array(rows),
): Float64Array {
  const head = reader.u8();
  const mode = head & 0x0f;
  if (head === ALL_ABSENT) return values.fill(Number.NaN);
  if ((head & ~(SOME_ABSENT | 0x0f)) !== 0 || (mode > 9 && mode !== DOUBLES))
    throw new ProtocolError('malformed-message', `unknown column encoding ${head}`);
  const presence = head & SOME_ABSENT ? reader.raw(Math.ceil(rows / 8)) : undefined;
  const power = mode === DOUBLES ? 1 : (POWERS[mode] as number);
  let scaled = 0;
  for (let row = 0; row < rows; row++) {
    if (presence && !((presence[row >> 3] as number) & (1 << (row & 7)))) {
      values[row] = Number.NaN;
    } else if (mode === DOUBLES) {
      values[row] = reader.f64();
    } else {
      scaled += reader.zigzag();
      values[row] = scaled / power;
    }
  }
  return values;
}
