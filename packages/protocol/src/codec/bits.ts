import { ProtocolError } from '../errors.ts';

/** Larger values are not written; 2^53 − 1 is the largest a reader gives back. */
const MAX_LENGTH = 53;

/** Appends bits, most significant first, to a growing buffer. */
export class BitWriter {
  #buffer: Uint8Array = new Uint8Array(64);
  #length = 0;
  /** Bits that do not fill a byte yet, and how many they are. */
  #partial = 0;
  #filled = 0;

  bit(value: boolean): void {
    this.#partial = (this.#partial << 1) | (value ? 1 : 0);
    if (++this.#filled === 8) this.#flush();
  }

  /** The lowest `count` ≤ 53 bits of a whole number. */
  bits(value: number, count: number): void {
    let left = count;
    while (left > 0) {
      const take = Math.min(8 - this.#filled, left);
      left -= take;
      const piece = Math.floor(value / 2 ** left) % 2 ** take;
      this.#partial = (this.#partial << take) | piece;
      this.#filled += take;
      if (this.#filled === 8) this.#flush();
    }
  }

  /** Exponential Golomb code of order k: short for values about 2^k, never much longer than the value itself. */
  golomb(value: number, order: number): void {
    const shifted = value + 2 ** order;
    const length = bitLength(shifted);
    this.bits(0, length - 1 - order);
    this.bits(shifted, length);
  }

  /** The bytes, the last one filled up with zeros. */
  finish(): Uint8Array {
    if (this.#filled > 0) this.bits(0, 8 - this.#filled);
    return this.#buffer.slice(0, this.#length);
  }

  #flush(): void {
    if (this.#length === this.#buffer.length) {
      const grown = new Uint8Array(this.#length * 2);
      grown.set(this.#buffer);
      this.#buffer = grown;
    }
    this.#buffer[this.#length++] = this.#partial;
    this.#partial = 0;
    this.#filled = 0;
  }
}

/** Reads what BitWriter wrote. Anything past the end throws `malformed-message`. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  /** Bits of the byte at `at` that were read. */
  #used = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Bytes that were touched. */
  get position(): number {
    return this.#at + (this.#used > 0 ? 1 : 0);
  }

  bit(): boolean {
    return this.bits(1) === 1;
  }

  bits(count: number): number {
    let value = 0;
    let left = count;
    while (left > 0) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new ProtocolError('malformed-message', 'bits are missing');
      const take = Math.min(8 - this.#used, left);
      const piece = (byte >> (8 - this.#used - take)) & ((1 << take) - 1);
      value = value * 2 ** take + piece;
      left -= take;
      this.#used += take;
      if (this.#used === 8) {
        this.#used = 0;
        this.#at++;
      }
    }
    return value;
  }

  golomb(order: number): number {
    let length = order + 1;
    while (!this.bit())
      if (++length > MAX_LENGTH) throw new ProtocolError('malformed-message', 'code out of range');
    return 2 ** (length - 1) + this.bits(length - 1) - 2 ** order;
  }
}

/** Bits that `golomb` writes. */
export function golombLength(value: number, order: number): number {
  return 2 * bitLength(value + 2 ** order) - 1 - order;
}

function bitLength(value: number): number {
  return value < 2 ** 32 ? 32 - Math.clz32(value) : 64 - Math.clz32(Math.floor(value / 2 ** 32));
}
