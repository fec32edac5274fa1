/**
 * One column of values as bytes, bit-exact. NaN means "no sample"; every NaN is the same. Decimals become integers,
 * those the residuals of the predictor that costs least, those Rice codes; other doubles are coded by their bits.
 * Layout: docs/format/chunk.md
 */
import {
  BLOCK,
  DamagedCode,
  readNarrow,
  readWide,
  riceBound,
  riceCost,
  writeNarrow,
  writeWide,
} from './rice.ts';
import { readXor, writeXor, xorBound } from './xor.ts';

export const POWERS = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9] as const;
const KIND_XOR = 10;
const KIND_ABSENT = 11;
const SOME_ABSENT = 0x10;
export const MAX_SCALED: number = 2 ** 51;
const NARROW = 2 ** 29;
const WIDE_FLAG = 0x40;

/** How the next value is guessed; its place is what is written. */
const VALUE = 0;
const DELTA = 1;
const DELTA2 = 2;
const MEAN = 3;
const SMOOTH2 = 4;
const SMOOTH4 = 5;
/** By another column; bit 4 then says that the other one was subtracted, not added. */
export const REFERENCE = 6;
export const SUBTRACTED = 0x10;
const CONSTANT = 7;

/** Largest bytes of a column without presence. */
const HEAD_BYTES = 32;

let room = 1024;
let present = new Float64Array(room);
let ints = new Float64Array(room);
let residuals = new Int32Array(room);
let wide = new Float64Array(room);

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

/** Scales `present` into `ints` and answers the decimals, or KIND_XOR; gives smallest and largest in `range`. */
const range = new Float64Array(2);
function scale(count: number): number {
  let decimals = 0;
  let power = 1;
  let restart = 0;
  let low = Infinity;
  let high = -Infinity;
  for (let index = 0; index < count; index++) {
    const value = present[index] as number;
    let scaled = Math.round(value * power);
    while (scaled / power !== value || scaled > MAX_SCALED || scaled < -MAX_SCALED) {
      if (++decimals === POWERS.length) return KIND_XOR;
      power = POWERS[decimals] as number;
      scaled = Math.round(value * power);
      restart = index;
    }
    if (scaled === 0 && 1 / value < 0) return KIND_XOR;
    ints[index] = scaled;
    if (scaled < low) low = scaled;
    if (scaled > high) high = scaled;
  }
  if (restart > 0) {
    // What came before had fewer decimals; a larger one may not fit with more.
    low = Infinity;
    high = -Infinity;
    for (let index = 0; index < count; index++) {
      const scaled = Math.round((present[index] as number) * power);
      if (scaled / power !== present[index] || scaled > MAX_SCALED || scaled < -MAX_SCALED)
        return KIND_XOR;
      ints[index] = scaled;
      if (scaled < low) low = scaled;
      if (scaled > high) high = scaled;
    }
  }
  range[0] = low;
  range[1] = high;
  return decimals;
}

/** Writes `count` values, from `from` on, at `at`; `out` has room for `columnBound`. Answers the byte after. */
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
    // The only number that is not itself.
    if (value === value) present[some++] = value;
  }
  if (some === 0) {
    out[at] = KIND_ABSENT;
    return at + 1;
  }
  const kind = scale(some);
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
  // Powers of two that all distances share, as pages and kibibytes do.
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
  predict(predictor, start, some);
  return writeNarrow(residuals, some, out, position);
}

function meanOf(values: Int32Array, count: number): number {
  let sum = 0;
  for (let index = 0; index < count; index++) sum += values[index] as number;
  return Math.round(sum / count);
}

/** Values from which on a part of a column decides on its predictor. */
const SAMPLED_FROM = 160;

/** The predictor whose residuals take the fewest bits, about. */
function choose(values: Int32Array, count: number): number {
  const mean = meanOf(values, count);
  let costs0 = 0;
  let costs1 = 0;
  let costs2 = 0;
  let costs3 = 0;
  let costs4 = 0;
  let costs5 = 0;
  let before = values[0] as number;
  let slope = 0;
  let smooth2 = before;
  let smooth4 = before << 2;
  // Of long columns every other block tells enough.
  const stride = count >= SAMPLED_FROM ? 2 * BLOCK : BLOCK;
  for (let base = 0; base < count; base += stride) {
    if (base > 0 && stride > BLOCK) {
      before = values[base - 1] as number;
      slope = before - (values[base - 2] as number);
      smooth2 = before;
      smooth4 = before << 2;
    }
    const end = base + BLOCK < count ? base + BLOCK : count;
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    let sum4 = 0;
    let sum5 = 0;
    for (let index = base; index < end; index++) {
      const value = values[index] as number;
      const delta = value - before;
      sum0 += value;
      sum1 += delta < 0 ? -delta : delta;
      const second = delta - slope;
      sum2 += second < 0 ? -second : second;
      const off = value - mean;
      sum3 += off < 0 ? -off : off;
      const from2 = value - smooth2;
      sum4 += from2 < 0 ? -from2 : from2;
      smooth2 += from2 >> 1;
      const from4 = value - (smooth4 >> 2);
      sum5 += from4 < 0 ? -from4 : from4;
      smooth4 += from4;
      before = value;
      slope = delta;
    }
    const some = end - base;
    costs0 += riceCost(sum0, some);
    costs1 += riceCost(2 * sum1, some);
    costs2 += riceCost(2 * sum2, some);
    costs3 += riceCost(2 * sum3, some);
    costs4 += riceCost(2 * sum4, some);
    costs5 += riceCost(2 * sum5, some);
  }
  let best = VALUE;
  let least = costs0;
  if (costs1 < least) [best, least] = [DELTA, costs1];
  if (costs2 < least) [best, least] = [DELTA2, costs2];
  if (costs3 < least) [best, least] = [MEAN, costs3];
  if (costs4 < least) [best, least] = [SMOOTH2, costs4];
  if (costs5 < least) best = SMOOTH4;
  return best;
}

/** Replaces `residuals`, which hold the values, by what is written. */
function predict(predictor: number, start: number, count: number): void {
  if (predictor === VALUE) return;
  let before = start;
  if (predictor === DELTA)
    for (let index = 0; index < count; index++) {
      const value = residuals[index] as number;
      const off = value - before;
      residuals[index] = (off << 1) ^ (off >> 31);
      before = value;
    }
  else if (predictor === DELTA2) {
    let slope = 0;
    for (let index = 0; index < count; index++) {
      const value = residuals[index] as number;
      const delta = value - before;
      // Below 2^30 both ways, so that it has room beside its sign.
      const off = delta - slope;
      residuals[index] = (off << 1) ^ (off >> 31);
      before = value;
      slope = delta;
    }
  } else if (predictor === MEAN)
    for (let index = 0; index < count; index++) {
      const off = (residuals[index] as number) - start;
      residuals[index] = (off << 1) ^ (off >> 31);
    }
  else if (predictor === SMOOTH2)
    for (let index = 0; index < count; index++) {
      const off = (residuals[index] as number) - before;
      residuals[index] = (off << 1) ^ (off >> 31);
      before += off >> 1;
    }
  else {
    let smooth = start << 2;
    for (let index = 0; index < count; index++) {
      const off = (residuals[index] as number) - (smooth >> 2);
      residuals[index] = (off << 1) ^ (off >> 31);
      smooth += off;
    }
  }
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

/** Presence as lengths of runs, present and absent in turns, or as a bitmap where that is shorter. */
function writePresence(
  values: ArrayLike<number>,
  from: number,
  count: number,
  out: Uint8Array,
  at: number,
): number {
  const bitmap = Math.ceil(count / 8);
  const most = at + 1 + bitmap;
  let position = at + 1;
  let runs = 0;
  let index = 0;
  let is = true;
  while (index < count && position < most && runs < 255) {
    const begin = index;
    while (index < count && !Number.isNaN(values[from + index]) === is) index++;
    position = writeVarint(index - begin, out, position);
    runs++;
    is = !is;
  }
  if (index === count && position < most) {
    out[at] = runs;
    return position;
  }
  out[at] = 0;
  out.fill(0, at + 1, most);
  for (let bit = 0; bit < count; bit++)
    if (!Number.isNaN(values[from + bit])) {
      const byte = at + 1 + (bit >> 3);
      out[byte] = (out[byte] as number) | (1 << (bit & 7));
    }
  return most;
}

/**
 * Reads a column of `count` values into `into` at `to`. Throws DamagedCode for what no writer makes. At least three
 * bytes follow `end` in the view.
 */
export function readColumn(
  view: DataView,
  at: number,
  end: number,
  count: number,
  into: Float64Array,
  to: number,
): void {
  if (at >= end) throw new DamagedCode('a column is missing');
  reserve(count);
  const head = view.getUint8(at);
  const kind = head & 0x0f;
  if (kind === KIND_ABSENT) {
    if (head !== KIND_ABSENT || end !== at + 1) throw new DamagedCode('unknown column');
    into.fill(Number.NaN, to, to + count);
    decimalsRead = 0;
    return;
  }
  decimalsRead = kind;
  cursor = at + 1;
  let some = count;
  if (head & SOME_ABSENT) some = readPresence(view, end, count, into, to);
  let after: number;
  // With every value present they go straight to their place.
  const direct = some === count;
  const target = direct ? into.subarray(to, to + count) : present;
  if (kind === KIND_XOR) {
    if (head >> 5 !== 0) throw new DamagedCode('unknown column');
    after = readXor(view, cursor, end, target, some);
  } else {
    const power = POWERS[kind];
    if (power === undefined) throw new DamagedCode('unknown column');
    after = readInts(view, end, head >> 5, power, some, target);
  }
  if (after !== end) throw new DamagedCode('a column has another length');
  if (direct) return;
  let next = 0;
  for (let index = to; index < to + count; index++)
    if (into[index] === 1) into[index] = present[next++] as number;
    else into[index] = Number.NaN;
}

function readInts(
  view: DataView,
  end: number,
  predictor: number,
  power: number,
  count: number,
  target: Float64Array,
): number {
  const low = unzigzag(readVarint(view, end));
  if (predictor === CONSTANT) {
    target.fill(low / power, 0, count);
    return cursor;
  }
  if (cursor >= end) throw new DamagedCode('a column is missing');
  const shifts = view.getUint8(cursor++);
  const shift = shifts & 0x3f;
  if (shift > 31 || shifts > (WIDE_FLAG | 0x3f) || predictor > SMOOTH4)
    throw new DamagedCode('unknown column');
  const unit = 2 ** shift;
  let before = predictor === VALUE ? 0 : readVarint(view, end);
  if (shifts & WIDE_FLAG) {
    if (predictor > DELTA) throw new DamagedCode('unknown column');
    const after = readWide(view, cursor, end, wide, count);
    for (let index = 0; index < count; index++) {
      const code = wide[index] as number;
      before = predictor === DELTA ? before + unzigzag(code) : code;
      target[index] = (low + before * unit) / power;
    }
    return after;
  }
  const after = readNarrow(view, cursor, end, residuals, count);
  before |= 0;
  const codes = residuals;
  if (predictor === VALUE)
    for (let index = 0; index < count; index++)
      target[index] = (low + (codes[index] as number) * unit) / power;
  else if (predictor === DELTA)
    for (let index = 0; index < count; index++) {
      const code = codes[index] as number;
      before = (before + ((code >>> 1) ^ -(code & 1))) | 0;
      target[index] = (low + before * unit) / power;
    }
  else if (predictor === DELTA2) {
    let slope = 0;
    for (let index = 0; index < count; index++) {
      const code = codes[index] as number;
      slope = (slope + ((code >>> 1) ^ -(code & 1))) | 0;
      before = (before + slope) | 0;
      target[index] = (low + before * unit) / power;
    }
  } else if (predictor === MEAN)
    for (let index = 0; index < count; index++) {
      const code = codes[index] as number;
      target[index] = (low + (before + ((code >>> 1) ^ -(code & 1))) * unit) / power;
    }
  else if (predictor === SMOOTH2)
    for (let index = 0; index < count; index++) {
      const code = codes[index] as number;
      const off = (code >>> 1) ^ -(code & 1);
      target[index] = (low + (before + off) * unit) / power;
      before = (before + (off >> 1)) | 0;
    }
  else {
    let smooth = before << 2;
    for (let index = 0; index < count; index++) {
      const code = codes[index] as number;
      const off = (code >>> 1) ^ -(code & 1);
      target[index] = (low + ((smooth >> 2) + off) * unit) / power;
      smooth = (smooth + off) | 0;
    }
  }
  return after;
}

/** Marks places with a value by 1 and others by 0; answers how many have one. */
function readPresence(
  view: DataView,
  end: number,
  count: number,
  into: Float64Array,
  to: number,
): number {
  if (cursor >= end) throw new DamagedCode('presence is missing');
  const runs = view.getUint8(cursor++);
  let some = 0;
  if (runs === 0) {
    if (cursor + Math.ceil(count / 8) > end) throw new DamagedCode('presence is missing');
    for (let index = 0; index < count; index++) {
      const is = (view.getUint8(cursor + (index >> 3)) >> (index & 7)) & 1;
      into[to + index] = is;
      some += is;
    }
    cursor += Math.ceil(count / 8);
  } else {
    let index = 0;
    for (let run = 0; run < runs; run++) {
      const length = readVarint(view, end);
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

/** How many columns before it the one is that the column at `at` is told by; 0 when it is told by itself. */
export function referenceOf(view: DataView, at: number, end: number): number {
  if (at >= end || view.getUint8(at) >> 5 !== REFERENCE) return 0;
  cursor = at + 1;
  const distance = readVarint(view, end);
  if (distance === 0) throw new DamagedCode('a column is told by itself');
  return distance;
}

/** As referenceOf, of bytes that are not checked yet and may be any: 0 also for what is far. */
export function nearReference(bytes: Uint8Array, at: number): number {
  if ((bytes[at] as number) >> 5 !== REFERENCE) return 0;
  const distance = bytes[at + 1] as number;
  return distance < 0x80 ? distance : 0;
}

/** Reads a column by the one that it is told by, whose values are `others`. */
export function readByReference(
  view: DataView,
  at: number,
  end: number,
  count: number,
  others: Float64Array,
  into: Float64Array,
  to: number,
): void {
  const head = view.getUint8(at);
  const decimals = head & 0x0f;
  const power = POWERS[decimals];
  if (power === undefined) throw new DamagedCode('unknown column');
  const sign = head & SUBTRACTED ? -1 : 1;
  cursor = at + 1;
  readVarint(view, end);
  if (cursor < end && view.getUint8(cursor) >> 5 === REFERENCE)
    throw new DamagedCode('unknown column');
  readColumn(view, cursor, end, count, into, to);
  for (let row = 0; row < count; row++) {
    const other = Math.round((others[row] as number) * power);
    into[to + row] = ((into[to + row] as number) - sign * other) / power;
  }
  decimalsRead = decimals;
}

/** Decimals of the column read last, 10 for doubles that are none. */
let decimalsRead = 0;

export function lastDecimals(): number {
  return decimalsRead;
}

/** Where the head of the column that is being read ends, so far. */
let cursor = 0;

function readVarint(view: DataView, end: number): number {
  let value = 0;
  let unit = 1;
  for (let bytes = 0; bytes < 8; bytes++) {
    if (cursor >= end) throw new DamagedCode('an integer is missing');
    const byte = view.getUint8(cursor++);
    value += (byte & 0x7f) * unit;
    if (byte < 0x80) {
      if (value > Number.MAX_SAFE_INTEGER) break;
      return value;
    }
    unit *= 128;
  }
  throw new DamagedCode('an integer is out of range');
}

export function writeVarint(value: number, out: Uint8Array, at: number): number {
  let position = at;
  let rest = value;
  while (rest > 0x7f_ff_ff_ff) {
    out[position++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  while (rest > 0x7f) {
    out[position++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out[position++] = rest;
  return position;
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
