/**
 * A display code as a difference to the one before it, for bit-packed deltas.
 *
 * Code 0 is "no value". Codes of fixed decimals are zigzag(m) + 1; codes with an exponent are
 * zigzag(m) · 16 + e + 1 (metrics/quantise). Written per changed code, with the order k of its place:
 *
 * fixed:    golomb_k(zigzag(m − m'))
 * exponent: bit 0 · golomb_k(zigzag(m − m'))               the exponent stayed, or there is no value now
 *           bit 1 · 4 bits e · golomb_k(zigzag(m − m' · 10^(e' − e), rounded))
 *
 * m' and e' belong to the code before, 0 where there was none. A changed code never differs by 0, so 0 says that
 * there is no value any more.
 */
import { unzigzag, zigzag } from '../codec/bytes.ts';
import { golombLength, type BitReader, type BitWriter } from '../codec/bits.ts';
import { ProtocolError } from '../errors.ts';
import { ABSENT, displayPrecision, MAX_CODE } from '../metrics/quantise.ts';
import { metricOfKey } from '../series.ts';

/** How the codes of a key are made. */
export const codings = { fixed: 0, exponent: 1 } as const;
export type Coding = (typeof codings)[keyof typeof codings];

/** Above this a prediction is not exact any more. */
const PREDICTABLE = 2 ** 48;

const POWERS_OF_TEN = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
] as const;

export function codingOf(key: string): Coding {
  return 'decimals' in displayPrecision(metricOfKey(key)) ? codings.fixed : codings.exponent;
}

interface Step {
  /** Exponent to write, or undefined when none is. */
  readonly exponent: number | undefined;
  readonly value: number;
}

function stepOf(code: number, before: number, coding: Coding): Step {
  if (code === ABSENT) return { exponent: undefined, value: 0 };
  if (coding === codings.fixed)
    return {
      exponent: undefined,
      value: zigzag(mantissa(code, coding) - mantissa(before, coding)),
    };
  const exponent = exponentOf(code);
  const was = exponentOf(before);
  if (exponent === was && before !== ABSENT)
    return {
      exponent: undefined,
      value: zigzag(mantissa(code, coding) - mantissa(before, coding)),
    };
  return { exponent, value: zigzag(mantissa(code, coding) - predict(before, was, exponent)) };
}

/** The value that `golomb` gets, which the choice of its order rests on. */
export function diffValue(code: number, before: number, coding: Coding): number {
  return stepOf(code, before, coding).value;
}

export function writeDiff(
  writer: BitWriter,
  code: number,
  before: number,
  coding: Coding,
  order: number,
): void {
  const { exponent, value } = stepOf(code, before, coding);
  if (coding === codings.exponent) {
    writer.bit(exponent !== undefined);
    if (exponent !== undefined) writer.bits(exponent, 4);
  }
  writer.golomb(value, order);
}

export function readDiff(reader: BitReader, before: number, coding: Coding, order: number): number {
  const exponent = coding === codings.exponent && reader.bit() ? reader.bits(4) : undefined;
  const value = reader.golomb(order);
  if (coding === codings.fixed) {
    if (value === 0 && before !== ABSENT) return ABSENT;
    return inRange(zigzag(mantissa(before, coding) + unzigzag(value)) + 1);
  }
  if (exponent === undefined) {
    if (value === 0) return ABSENT;
    return inRange(
      zigzag(mantissa(before, coding) + unzigzag(value)) * 16 + exponentOf(before) + 1,
    );
  }
  const predicted = predict(before, exponentOf(before), exponent);
  return inRange(zigzag(predicted + unzigzag(value)) * 16 + exponent + 1);
}

/** The order that makes the values shortest in all. */
export function bestOrder(values: readonly number[]): number {
  let best = 0;
  let least = Infinity;
  for (let order = 0; order <= 15; order++) {
    let bits = 0;
    for (const value of values) bits += golombLength(value, order);
    if (bits >= least) break;
    least = bits;
    best = order;
  }
  return best;
}

function mantissa(code: number, coding: Coding): number {
  if (code === ABSENT) return 0;
  if (coding === codings.fixed) return unzigzag(code - 1);
  return unzigzag((code - 1 - exponentOf(code)) / 16);
}

function exponentOf(code: number): number {
  return code === ABSENT ? 0 : (code - 1) % 16;
}

/** Products and quotients of exact powers only: `**` may differ between engines in the last bit. */
function predict(before: number, was: number, exponent: number): number {
  const m = mantissa(before, codings.exponent);
  const power = POWERS_OF_TEN[Math.abs(was - exponent)] as number;
  const scaled = was >= exponent ? m * power : Math.round(m / power);
  return Math.abs(scaled) <= PREDICTABLE ? scaled : 0;
}

function inRange(code: number): number {
  if (code >= MAX_CODE) throw new ProtocolError('malformed-message', 'code out of range');
  return code;
}
