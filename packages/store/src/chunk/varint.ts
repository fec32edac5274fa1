/** Integers in seven bits a byte, the lowest first; negative ones by zigzag. */
import { DamagedCode } from './damaged-code.ts';

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

export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

export function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** Reads the head of a column byte by byte; never past `end`. */
export class HeadReader {
  at: number;
  readonly view: DataView;
  readonly end: number;

  constructor(view: DataView, at: number, end: number) {
    this.view = view;
    this.at = at;
    this.end = end;
  }

  byte(): number {
    if (this.at >= this.end) throw new DamagedCode('a byte is missing');
    return this.view.getUint8(this.at++);
  }

  varint(): number {
    let value = 0;
    let unit = 1;
    for (let bytes = 0; bytes < 8; bytes++) {
      const byte = this.byte();
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      unit *= 128;
    }
    throw new DamagedCode('an integer is out of range');
  }
}
