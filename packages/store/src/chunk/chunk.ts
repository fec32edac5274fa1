/**
 * Encodes and decodes chunks: rows of several series that share their times, column by column. Columns can be read one
 * at a time, each has its own checksum. Layout: docs/format/chunk.md
 */
import { crc32 } from 'node:zlib';
import { crc16 } from './checksum.ts';
import { columnBound, readColumn, writeColumn } from './column.ts';
import { DamagedCode } from './damaged-code.ts';
import { nearReference, readByReference, referenceOf, References } from './reference.ts';
import { writeVarint } from './varint.ts';

const HEAD_SUM_BYTES = 4;
const TAIL_SUM_BYTES = 4;
const COLUMN_SUM_BYTES = 2;
/** Numbers that are kept of each column of a view. */
const SPAN = 3;

let scratch = new Uint8Array(1 << 20);
/** Larger scratch memory is not kept. */
const MAX_KEPT = 1 << 24;

function reserve(bytes: number): void {
  if (scratch.length >= bytes && scratch.length <= MAX_KEPT) return;
  scratch = new Uint8Array(Math.max(1 << 20, bytes));
}

/**
 * Encodes `rows` rows. `seed` is the number of the window and part of the checksum, so that a chunk stored under
 * another id is detected. Times are whole ms, ascending, at or after `originMs`. `soonAnew` skips the search for
 * references, for chunks that are rewritten soon.
 */
export function encodeChunk(
  seed: number,
  originMs: number,
  timesMs: ArrayLike<number>,
  columns: readonly ArrayLike<number>[],
  rows: number = timesMs.length,
  soonAnew = false,
): Uint8Array {
  const width = columns.length;
  // A column may be encoded twice, by itself and by a reference.
  const bound = 2 * columnBound(rows) + COLUMN_SUM_BYTES;
  const bodyAt = 64 + bound + columnBound(width);
  reserve(bodyAt + bound * Math.min(width, 64) + 64);
  const lengths = new Float64Array(width);
  /** By checksum: the last column that has it. */
  const known = new Map<number, number>();
  const references = soonAnew ? undefined : new References(columns, rows);
  let end = bodyAt;
  for (let place = 0; place < width; place++) {
    if (end + bound > scratch.length) {
      const grown = new Uint8Array((end + bound) * 2);
      grown.set(scratch.subarray(0, end));
      scratch = grown;
    }
    const column = columns[place] as ArrayLike<number>;
    let after = writeColumn(column, 0, rows, scratch, end);
    let sum = crc16(scratch, end, after);
    const same = known.get(sum);
    if (same !== undefined && isSame(columns[same], columns[place], rows)) {
      // A duplicate of another column, such as the sum over a single device.
      lengths[place] = same - place;
      continue;
    }
    known.set(sum, place);
    const referenced = references?.write(place, scratch, end, after) ?? after;
    if (referenced !== after) {
      after = referenced;
      sum = crc16(scratch, end, after);
    }
    lengths[place] = after - end;
    scratch[after] = sum >> 8;
    scratch[after + 1] = sum;
    end = after + COLUMN_SUM_BYTES;
  }
  const offsets = Float64Array.from(
    { length: rows },
    (_, row) => (timesMs[row] as number) - originMs,
  );
  let head = HEAD_SUM_BYTES;
  head = writeVarint(rows, scratch, head);
  head = writeVarint(width, scratch, head);
  head = withLength(offsets, head);
  head = withLength(lengths, head);
  const bytes = new Uint8Array(head + end - bodyAt + TAIL_SUM_BYTES);
  bytes.set(scratch.subarray(0, head));
  bytes.set(scratch.subarray(bodyAt, end), head);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, crc32(bytes.subarray(HEAD_SUM_BYTES, head), seed), true);
  const tail = bytes.length - TAIL_SUM_BYTES;
  view.setUint32(tail, crc32(bytes.subarray(0, tail), seed), true);
  return bytes;
}

function isSame(one: ArrayLike<number> = [], other: ArrayLike<number> = [], rows: number): boolean {
  for (let row = 0; row < rows; row++) if (!Object.is(one[row], other[row])) return false;
  return true;
}

/** A column of the head with its length in front. */
function withLength(values: Float64Array, at: number): number {
  // The length takes a fixed two bytes, so that the column need not be moved.
  const after =
    values.length === 0 ? at + 2 : writeColumn(values, 0, values.length, scratch, at + 2);
  const length = after - at - 2;
  if (length > 0xffff) throw new RangeError('the head of a chunk is too long');
  scratch[at] = length >> 8;
  scratch[at + 1] = length;
  return after;
}

/** An encoded chunk of which single columns can be read. Every method throws DamagedCode where bytes were changed. */
export class ChunkView {
  readonly rows: number;
  readonly width: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #seed: number;
  readonly #originMs: number;
  readonly #timesAt: number;
  readonly #lengthsAt: number;
  readonly #bodyAt: number;
  #spans: Float64Array | undefined;
  #verified = false;
  /** 1 for the columns that others refer to, and the decoded values of those that were read. */
  #referred: Uint8Array | undefined;
  readonly #references = new Map<number, Float64Array>();

  constructor(bytes: Uint8Array, seed: number, originMs: number) {
    this.#bytes = bytes;
    this.#seed = seed;
    this.#originMs = originMs;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const limit = bytes.length - TAIL_SUM_BYTES;
    let at = HEAD_SUM_BYTES;
    const varint = (): number => {
      let value = 0;
      for (let shift = 0; shift < 28; shift += 7) {
        if (at >= limit) throw new DamagedCode('the head is missing');
        const byte = bytes[at++] as number;
        value |= (byte & 0x7f) << shift;
        if (byte < 0x80) return value;
      }
      throw new DamagedCode('the head is out of range');
    };
    const section = (): number => {
      if (at + 2 > limit) throw new DamagedCode('the head is missing');
      const length = this.#view.getUint16(at);
      const start = at + 2;
      at = start + length;
      if (at > limit) throw new DamagedCode('the head is too long');
      return start;
    };
    this.rows = varint();
    this.width = varint();
    this.#timesAt = section();
    this.#lengthsAt = section();
    this.#bodyAt = at;
    if (crc32(bytes.subarray(HEAD_SUM_BYTES, at), seed) !== this.#view.getUint32(0, true))
      throw new DamagedCode('the head has another checksum');
  }

  /** Checks every byte; single columns are not checked again after it. */
  verify(): void {
    const tail = this.#bytes.length - TAIL_SUM_BYTES;
    if (crc32(this.#bytes.subarray(0, tail), this.#seed) !== this.#view.getUint32(tail, true))
      throw new DamagedCode('the chunk has another checksum');
    this.#verified = true;
  }

  /** Ascending, epoch ms. */
  times(): Float64Array {
    const times = new Float64Array(this.rows);
    if (this.rows === 0) return times;
    readColumn(this.#view, this.#timesAt, this.#lengthsAt - 2, this.rows, times, 0);
    for (let row = 0; row < times.length; row++)
      times[row] = (times[row] as number) + this.#originMs;
    return times;
  }

  /**
   * Reads the values of the series at `place` into `into` at `to`; NaN where there is no sample. Returns the most
   * decimals of any of them, 10 for doubles that are no decimals.
   */
  column(place: number, into: Float64Array, to: number): number {
    this.#spans ??= this.#readSpans();
    const own = this.#spans[SPAN * place + 2] as number;
    const [start, end] = this.#checked(place);
    if (this.rows === 0) return 0;
    const distance = referenceOf(this.#view, start, end);
    if (distance === 0) {
      const decimals = readColumn(this.#view, start, end, this.rows, into, to);
      // Columns that refer to it are usually read next.
      if (this.#referred?.[own] === 1) this.#references.set(own, into.slice(to, to + this.rows));
      return decimals;
    }
    const others = this.#reference(own - distance);
    return readByReference(this.#view, start, end, this.rows, others, into, to);
  }

  /** The values of a column that others refer to. */
  #reference(place: number): Float64Array {
    const known = this.#references.get(place);
    if (known) return known;
    const [start, end] = this.#checked(place);
    if (referenceOf(this.#view, start, end) !== 0)
      throw new DamagedCode('a reference column has a reference itself');
    const values = new Float64Array(this.rows);
    readColumn(this.#view, start, end, this.rows, values, 0);
    this.#references.set(place, values);
    return values;
  }

  /** Start and end of a column. */
  #checked(place: number): readonly [start: number, end: number] {
    const start = this.#spans?.[SPAN * place];
    const end = this.#spans?.[SPAN * place + 1];
    if (start === undefined || end === undefined) throw new DamagedCode('a column is missing');
    if (!this.#verified && crc16(this.#bytes, start, end) !== this.#view.getUint16(end))
      throw new DamagedCode('a column has another checksum');
    return [start, end];
  }

  /** Start and end of each column, and its place, or that of the one that it repeats. */
  #readSpans(): Float64Array {
    const lengths = new Float64Array(this.width);
    if (this.width > 0)
      readColumn(this.#view, this.#lengthsAt, this.#bodyAt, this.width, lengths, 0);
    const spans = new Float64Array(this.width * SPAN);
    let at = this.#bodyAt;
    for (let place = 0; place < this.width; place++) {
      const length = lengths[place] as number;
      if (length < 0) {
        for (let part = 0; part < SPAN; part++)
          spans[SPAN * place + part] = spans[SPAN * (place + length) + part] ?? Number.NaN;
        continue;
      }
      spans[SPAN * place] = at;
      spans[SPAN * place + 1] = at + length;
      spans[SPAN * place + 2] = place;
      const by = nearReference(this.#bytes, at);
      if (by > 0 && by <= place) (this.#referred ??= new Uint8Array(this.width))[place - by] = 1;
      at += length + COLUMN_SUM_BYTES;
    }
    if (at !== this.#bytes.length - TAIL_SUM_BYTES)
      throw new DamagedCode('the columns have another length');
    return spans;
  }
}
