/**
 * One column of values as bytes, bit-exact. NaN means "no sample"; every NaN is the same. Decimals become integers,
 * those the residuals of the predictor that costs least, those Rice codes; other doubles are coded by their bits.
 * Layout: docs/format/chunk.md
 */
import { DamagedCode } from './damaged-code.ts';
import { NOT_DECIMAL, POWERS, scale } from './decimals.ts';
import { choose, DELTA, MEAN, meanOf, predict, restore, SMOOTH4, VALUE } from './predictor.ts';
import { readPresence, writePresence } from './presence.ts';
import { readNarrow, readWide, riceBound, writeNarrow, writeWide } from './rice.ts';
import { HeadReader, unzigzag, writeVarint, zigzag } from './varint.ts';
import { readXor, writeXor, xorBound } from './xor.ts';

/** Kinds: the decimals of the values, or one of these. */
const KIND_XOR = NOT_DECIMAL;
const KIND_ABSENT = 11;
const SOME_ABSENT = 0x10;
const NARROW = 2 ** 29;
const WIDE_FLAG = 0x40;

/** Encoded relative to a reference column; bit 4 is set if the reference was subtracted, not added. */
export const REFERENCE = 6;
export const SUBTRACTED = 0x10;
/** All values are the same. */
const CONSTANT = 7;

/** Largest bytes of a column without presence. */
const HEAD_BYTES = 32;

let room = 1024;
let present = new Float64Array(room);
let ints = new Float64Array(room);
let residuals = new Int32Array(room);
let wide = new Float64Array(room);
/** Smallest and largest of `ints`. */
const range = new Float64Array(2);

function reserve(count: number): void {
  if (count <= room) return;
  room = Math.max(count, room * 2);
  present = new Float64Array(room);
  ints = new Float64Array(room);
  residuals = new Int32Array(room);
  wide = new Float64Array(room);
}

export function columnBound(count: number): number {
  return HEAD_BYTES + count * 2 + Math.max(riceBound(count), xorBound(count));
}

/** Writes `count` values, from `from` on, at `at`; `out` has room for `columnBound`. Returns the byte after. */
export function writeColumn(
  values: ArrayLike<number>,
  from: number,
  count: number,
  out: Uint8Array,
  at: number,
): number {
  reserve(count);
  let some = 0;
  for (let index = 0; index < count; index++) {
    const value = values[from + index] as number;
    // False for NaN only.
    if (value === value) present[some++] = value;
  }
  if (some === 0) {
    out[at] = KIND_ABSENT;
    return at + 1;
  }
  const kind = scale(present, some, ints, range);
  const absent = some < count ? SOME_ABSENT : 0;
  let position = at + 1;
  if (absent) position = writePresence(values, from, count, out, position);
  if (kind === KIND_XOR) {
    out[at] = KIND_XOR | absent;
    return writeXor(present, some, out, position);
  }
  const low = range[0] as number;
  position = writeVarint(zigzag(low), out, position);
  if (low === range[1]) {
    out[at] = kind | absent | (CONSTANT << 5);
    return position;
  }
  // Common power of two of all distances, as pages and kibibytes have.
  let ors = 0;
  for (let index = 0; index < some; index++) ors |= (ints[index] as number) - low;
  const shift = ors === 0 ? 0 : 31 - Math.clz32(ors & -ors);
  const span = ((range[1] as number) - low) / 2 ** shift;
  if (span >= NARROW) return writeWideInts(kind | absent, low, shift, some, out, at, position);
  for (let index = 0; index < some; index++)
    residuals[index] =
      shift === 0 ? (ints[index] as number) - low : ((ints[index] as number) - low) / 2 ** shift;
  out[position++] = shift;
  const predictor = choose(residuals, some);
  out[at] = kind | absent | (predictor << 5);
  const start =
    predictor === VALUE
      ? 0
      : predictor === MEAN
        ? meanOf(residuals, some)
        : (residuals[0] as number);
  if (predictor !== VALUE) position = writeVarint(start, out, position);
  predict(residuals, some, predictor, start);
  return writeNarrow(residuals, some, out, position);
}

function writeWideInts(
  head: number,
  low: number,
  shift: number,
  count: number,
  out: Uint8Array,
  at: number,
  from: number,
): number {
  const unit = 2 ** shift;
  let values = 0;
  let deltas = 0;
  let before = ((ints[0] as number) - low) / unit;
  const start = before;
  for (let index = 0; index < count; index++) {
    const value = ((ints[index] as number) - low) / unit;
    values += value;
    deltas += 2 * Math.abs(value - before);
    before = value;
  }
  const delta = deltas < values;
  out[at] = head | ((delta ? DELTA : VALUE) << 5);
  out[from] = shift | WIDE_FLAG;
  let position = from + 1;
  if (delta) position = writeVarint(start, out, position);
  before = start;
  for (let index = 0; index < count; index++) {
    const value = ((ints[index] as number) - low) / unit;
    wide[index] = delta ? zigzag(value - before) : value;
    before = value;
  }
  return writeWide(wide, count, out, position);
}

/**
 * Reads a column of `count` values into `into` at `to`; answers their decimals, NOT_DECIMAL where they are none. Throws
 * DamagedCode for what no writer makes. At least three bytes follow `end` in the view.
 */
export function readColumn(
  view: DataView,
  at: number,
  end: number,
  count: number,
  into: Float64Array,
  to: number,
): number {
  if (at >= end) throw new DamagedCode('a column is missing');
  reserve(count);
  const head = view.getUint8(at);
  const kind = head & 0x0f;
  if (kind === KIND_ABSENT) {
    if (head !== KIND_ABSENT || end !== at + 1) throw new DamagedCode('unknown column');
    into.fill(Number.NaN, to, to + count);
    return 0;
  }
  const reader = new HeadReader(view, at + 1, end);
  let some = count;
  if (head & SOME_ABSENT) some = readPresence(reader, count, into, to);
  let after: number;
  // Without absent values, decode directly into the target.
  const direct = some === count;
  const target = direct ? into.subarray(to, to + count) : present;
  if (kind === KIND_XOR) {
    if (head >> 5 !== 0) throw new DamagedCode('unknown column');
    after = readXor(view, reader.at, end, target, some);
  } else {
    const power = POWERS[kind];
    if (power === undefined) throw new DamagedCode('unknown column');
    after = readInts(reader, head >> 5, power, some, target);
  }
  if (after !== end) throw new DamagedCode('a column has another length');
  if (direct) return kind;
  let next = 0;
  for (let index = to; index < to + count; index++)
    if (into[index] === 1) into[index] = present[next++] as number;
    else into[index] = Number.NaN;
  return kind;
}

function readInts(
  reader: HeadReader,
  predictor: number,
  power: number,
  count: number,
  target: Float64Array,
): number {
  const low = unzigzag(reader.varint());
  if (predictor === CONSTANT) {
    target.fill(low / power, 0, count);
    return reader.at;
  }
  const shifts = reader.byte();
  const shift = shifts & 0x3f;
  if (shift > 31 || shifts > (WIDE_FLAG | 0x3f) || predictor > SMOOTH4)
    throw new DamagedCode('unknown column');
  const unit = 2 ** shift;
  const start = predictor === VALUE ? 0 : reader.varint();
  if (shifts & WIDE_FLAG) {
    if (predictor > DELTA) throw new DamagedCode('unknown column');
    const after = readWide(reader.view, reader.at, reader.end, wide, count);
    let before = start;
    for (let index = 0; index < count; index++) {
      const code = wide[index] as number;
      before = predictor === DELTA ? before + unzigzag(code) : code;
      target[index] = (low + before * unit) / power;
    }
    return after;
  }
  const after = readNarrow(reader.view, reader.at, reader.end, residuals, count);
  restore(residuals, count, predictor, start, low, unit, power, target);
  return after;
}
