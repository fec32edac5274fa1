import { ProtocolError } from '../errors.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });
const MAX_VARINT_BYTES = 8;

/** Appends to a growing buffer. Integers are LEB128 varints up to 2^53 − 1. */
export class ByteWriter {
  #buffer: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacity = 1024) {
    this.#buffer = new Uint8Array(capacity);
    this.#view = new DataView(this.#buffer.buffer);
  }

  #reserve(bytes: number): void {
    const need = this.#length + bytes;
    if (need <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(need, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
    this.#view = new DataView(grown.buffer);
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#length;
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  varint(value: number): void {
    this.#reserve(MAX_VARINT_BYTES);
    let rest = value;
    while (rest > 0x7f_ff_ff_ff) {
      this.#buffer[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      this.#buffer[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#buffer[this.#length++] = rest;
  }

  /** A signed integer with |value| < 2^52. */
  zigzag(value: number): void {
    this.varint(zigzag(value));
  }

  f64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** UTF-8 with its byte length in front. */
  string(text: string): void {
    const bytes = encoder.encode(text);
    this.varint(bytes.length);
    this.raw(bytes);
  }

  finish(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }
}

/** Reads what ByteWriter wrote. Anything past the end or out of bounds throws `malformed-message`. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#bytes.length - this.#position;
  }

  #take(count: number): number {
    if (count > this.remaining)
      throw new ProtocolError('malformed-message', `needs ${count} bytes, has ${this.remaining}`);
    const at = this.#position;
    this.#position += count;
    return at;
  }

  u8(): number {
    return this.#bytes[this.#take(1)] as number;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let index = 0; index < MAX_VARINT_BYTES; index++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 128;
    }
    throw new ProtocolError('malformed-message', 'integer out of range');
  }

  /** A varint that counts things of at least `bytesEach` bytes each, refused when they cannot follow. */
  count(limit: number, bytesEach = 1): number {
    const value = this.varint();
    if (value > limit)
      throw new ProtocolError('message-too-large', `${value} entries, limit ${limit}`);
    if (value * bytesEach > this.remaining)
      throw new ProtocolError('malformed-message', `${value} entries do not fit`);
    return value;
  }

  zigzag(): number {
    return unzigzag(this.varint());
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  raw(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.subarray(at, at + count);
  }

  /** Everything up to the end, which stays to be read. */
  ahead(): Uint8Array {
    return this.#bytes.subarray(this.#position);
  }

  /** Everything up to the end. */
  rest(): Uint8Array {
    return this.raw(this.remaining);
  }

  string(limitBytes: number): string {
    const length = this.varint();
    if (length > limitBytes)
      throw new ProtocolError('message-too-large', `text of ${length} bytes, limit ${limitBytes}`);
    try {
      return decoder.decode(this.raw(length));
    } catch (cause) {
      if (cause instanceof ProtocolError) throw cause;
      throw new ProtocolError('malformed-message', 'text is not UTF-8');
    }
  }

  end(): void {
    if (this.remaining !== 0)
      throw new ProtocolError('malformed-message', `${this.remaining} bytes left over`);
  }
}

export function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

export function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
