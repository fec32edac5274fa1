/**
 * A column told by another one: what is used and what is available, busy and idle, say the same twice. What is written
 * is their sum or their difference, where that is a column of fewer bytes. Layout: docs/format/chunk.md
 */
import { readColumn, REFERENCE, SUBTRACTED, writeColumn } from './column.ts';
import { DamagedCode } from './damaged-code.ts';
import { MAX_SCALED, POWERS } from './decimals.ts';
import { HeadReader, writeVarint } from './varint.ts';

/** With fewer rows nothing is looked for: a head is written anew too often. */
const LEAST_ROWS = 60;
/** A column of fewer bytes is not worth a search. */
const LEAST_BYTES = 16;
/** Rows at which columns are compared before one is written by another. */
const PROBES = 9;
/** What is left of a column's steps beside its reference is half of them at most: a bit of each value. */
const SHARE = 2;

let left = new Float64Array(1024);

/** The columns of a chunk so far that others can be written by. */
export class References {
  readonly #columns: readonly ArrayLike<number>[];
  readonly #rows: number;
  readonly #places: number[] = [];
  /** Of each of them the steps from probe to probe. */
  readonly #steps: Float64Array[] = [];

  constructor(columns: readonly ArrayLike<number>[], rows: number) {
    this.#columns = columns;
    this.#rows = rows;
  }

  /**
   * Writes the column at `place` by one before it, in place of what it is in `out` from `from` to before `to`, when
   * that takes fewer bytes; answers the byte after. Otherwise later ones may be written by it. `out` has room for it
   * twice.
   */
  write(place: number, out: Uint8Array, from: number, to: number): number {
    const head = out[from] as number;
    // Decimals, none absent.
    if (this.#rows < LEAST_ROWS || to - from < LEAST_BYTES || (head & 0x1f) >= POWERS.length)
      return to;
    const steps = this.#stepsOf(place);
    let least = 0;
    for (const step of steps) least += Math.abs(step);
    least /= SHARE;
    let best: number | undefined;
    let sign = 1;
    for (const [index, other] of this.#places.entries()) {
      const others = this.#steps[index] as Float64Array;
      for (let way = 1; way >= -1; way -= 2) {
        let sum = 0;
        for (let probe = 0; probe < steps.length && sum < least; probe++)
          sum += Math.abs((steps[probe] as number) + way * (others[probe] as number));
        if (sum >= least) continue;
        least = sum;
        best = other;
        sign = way;
      }
    }
    if (best !== undefined) {
      const end = this.#writeBy(best, sign, head & 0x0f, place, out, to);
      if (end - to < to - from) {
        out.copyWithin(from, to, end);
        return from + end - to;
      }
    }
    this.#places.push(place);
    this.#steps.push(steps);
    return to;
  }

  #stepsOf(place: number): Float64Array {
    const column = this.#columns[place] as ArrayLike<number>;
    const steps = new Float64Array(PROBES - 1);
    let before = column[0] as number;
    for (let probe = 1; probe < PROBES; probe++) {
      const value = column[Math.floor((probe * (this.#rows - 1)) / (PROBES - 1))] as number;
      steps[probe - 1] = value - before;
      before = value;
    }
    return steps;
  }

  #writeBy(
    by: number,
    sign: number,
    decimals: number,
    place: number,
    out: Uint8Array,
    at: number,
  ): number {
    const rows = this.#rows;
    const values = this.#columns[place] as ArrayLike<number>;
    const others = this.#columns[by] as ArrayLike<number>;
    const power = POWERS[decimals] as number;
    if (left.length < rows) left = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      const other = Math.round((others[row] as number) * power);
      if (other > MAX_SCALED || other < -MAX_SCALED) return Infinity;
      left[row] = Math.round((values[row] as number) * power) + sign * other;
    }
    out[at] = decimals | (REFERENCE << 5) | (sign < 0 ? SUBTRACTED : 0);
    return writeColumn(left, 0, rows, out, writeVarint(place - by, out, at + 1));
  }
}

/** How many columns before it the one is that the column at `at` is told by; 0 when it is told by itself. */
export function referenceOf(view: DataView, at: number, end: number): number {
  if (at >= end || view.getUint8(at) >> 5 !== REFERENCE) return 0;
  const distance = new HeadReader(view, at + 1, end).varint();
  if (distance === 0) throw new DamagedCode('a column is told by itself');
  return distance;
}

/** As referenceOf, of bytes that are not checked yet and may be any: 0 also for what is far. */
export function nearReference(bytes: Uint8Array, at: number): number {
  if ((bytes[at] as number) >> 5 !== REFERENCE) return 0;
  const distance = bytes[at + 1] as number;
  return distance < 0x80 ? distance : 0;
}

/** Reads a column by the one that it is told by, whose values are `others`; answers its decimals. */
export function readByReference(
  view: DataView,
  at: number,
  end: number,
  count: number,
  others: Float64Array,
  into: Float64Array,
  to: number,
): number {
  const head = view.getUint8(at);
  const decimals = head & 0x0f;
  const power = POWERS[decimals];
  if (power === undefined) throw new DamagedCode('unknown column');
  const sign = head & SUBTRACTED ? -1 : 1;
  const reader = new HeadReader(view, at + 1, end);
  reader.varint();
  if (reader.at < end && view.getUint8(reader.at) >> 5 === REFERENCE)
    throw new DamagedCode('unknown column');
  readColumn(view, reader.at, end, count, into, to);
  for (let row = 0; row < count; row++) {
    const other = Math.round((others[row] as number) * power);
    into[to + row] = ((into[to + row] as number) - sign * other) / power;
  }
  return decimals;
}
