/**
 * Reference columns: used and available, or busy and idle, carry the same information twice. A column is written as its
 * sum or difference with a reference column where that takes fewer bytes. Layout: docs/format/chunk.md
 */
import { readColumn, REFERENCE, SUBTRACTED, writeColumn } from './column.ts';
import { DamagedCode } from './damaged-code.ts';
import { MAX_SCALED, POWERS } from './decimals.ts';
import { HeadReader, writeVarint } from './varint.ts';

/** No search with fewer rows: heads are rewritten too often. */
const MIN_ROWS = 60;
/** No search for a column of fewer bytes. */
const MIN_BYTES = 16;
/** Rows at which columns are compared to find a candidate. */
const PROBES = 9;
/** A candidate must at least halve the column's steps: a gain of one bit per value. */
const SHARE = 2;

let left = new Float64Array(1024);

/** The columns of a chunk so far that later ones can refer to. */
export class References {
  readonly #columns: readonly ArrayLike<number>[];
  readonly #rows: number;
  readonly #places: number[] = [];
  /** Per candidate, the steps from probe to probe. */
  readonly #steps: Float64Array[] = [];

  constructor(columns: readonly ArrayLike<number>[], rows: number) {
    this.#columns = columns;
    this.#rows = rows;
  }

  /**
   * Encodes the column at `place` relative to an earlier one if that takes fewer bytes than its own encoding at `from`
   * to before `to`, which it then replaces in `out`. Otherwise it becomes a candidate for later columns. `out` must
   * have room for the column twice. Returns the byte after the column.
   */
  write(place: number, out: Uint8Array, from: number, to: number): number {
    const head = out[from] as number;
    // Decimals, none absent.
    if (this.#rows < MIN_ROWS || to - from < MIN_BYTES || (head & 0x1f) >= POWERS.length) return to;
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

/** Distance, in columns, from the column at `at` back to its reference; 0 when it has none. */
export function referenceOf(view: DataView, at: number, end: number): number {
  if (at >= end || view.getUint8(at) >> 5 !== REFERENCE) return 0;
  const distance = new HeadReader(view, at + 1, end).varint();
  if (distance === 0) throw new DamagedCode('a column is told by itself');
  return distance;
}

/** As referenceOf, for bytes that are not verified yet; 0 for distances of more than one byte, too. */
export function nearReference(bytes: Uint8Array, at: number): number {
  if ((bytes[at] as number) >> 5 !== REFERENCE) return 0;
  const distance = bytes[at + 1] as number;
  return distance < 0x80 ? distance : 0;
}

/** Decodes a column relative to its reference, whose values are `others`; returns its decimals. */
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
