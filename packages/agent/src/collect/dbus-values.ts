/** Values of D-Bus and their bytes. https://dbus.freedesktop.org/doc/dbus-specification.html#message-protocol-marshaling */

/** Structs, dictionary entries and arrays are lists. 64-bit numbers are rounded to what a double holds. */
export type BusValue = number | string | boolean | readonly BusValue[];

/** Variants may hold variants: the specification allows 64 levels of containers. */
const MAX_DEPTH = 64;

/** Types by what their bytes begin at a multiple of. */
const TYPES: readonly (readonly [alignment: number, codes: string])[] = [
  [1, 'ygv'],
  [2, 'nq'],
  [4, 'biusoah'],
  [8, 'xtd({'],
];
const ALIGNMENT: Readonly<Record<string, number>> = Object.fromEntries(
  TYPES.flatMap(([alignment, codes]) => Array.from(codes, (code) => [code, alignment])),
);

class ValueReader {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  readonly #little: boolean;
  at: number;

  constructor(bytes: Buffer, little: boolean, at = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#little = little;
    this.at = at;
  }

  /** The value of the first complete type of `signature` from `from`; and where the next type begins. */
  read(signature: string, from: number, depth = 0): { value: BusValue; next: number } {
    if (depth > MAX_DEPTH) throw new Error('D-Bus value is nested too deeply');
    const code = signature[from] as string;
    const alignment = ALIGNMENT[code];
    if (alignment === undefined) throw new Error(`D-Bus type ${code} is not known`);
    this.at = Math.ceil(this.at / alignment) * alignment;
    if (code === 'a') return this.#array(signature, from, depth);
    if (code === '(' || code === '{') return this.#struct(signature, from, depth);
    return { value: this.#single(code, depth), next: from + 1 };
  }

  #single(code: string, depth: number): BusValue {
    const view = this.#view;
    const little = this.#little;
    switch (code) {
      case 'y':
        return view.getUint8(this.#pass(1));
      case 'b':
        return view.getUint32(this.#pass(4), little) !== 0;
      case 'n':
        return view.getInt16(this.#pass(2), little);
      case 'q':
        return view.getUint16(this.#pass(2), little);
      case 'i':
        return view.getInt32(this.#pass(4), little);
      case 'u':
      case 'h':
        return view.getUint32(this.#pass(4), little);
      case 'x':
        return Number(view.getBigInt64(this.#pass(8), little));
      case 't':
        return Number(view.getBigUint64(this.#pass(8), little));
      case 'd':
        return view.getFloat64(this.#pass(8), little);
      case 'v': {
        const signature = this.#text(view.getUint8(this.#pass(1)));
        return this.read(signature, 0, depth + 1).value;
      }
      case 'g':
        return this.#text(view.getUint8(this.#pass(1)));
      default:
        return this.#text(view.getUint32(this.#pass(4), little));
    }
  }

  #array(signature: string, from: number, depth: number): { value: BusValue; next: number } {
    const bytes = this.#view.getUint32(this.#pass(4), this.#little);
    const alignment = ALIGNMENT[signature[from + 1] as string] ?? 1;
    this.at = Math.ceil(this.at / alignment) * alignment;
    const end = this.at + bytes;
    if (end > this.#bytes.length) throw new Error('D-Bus array is longer than its message');
    const values: BusValue[] = [];
    while (this.at < end) values.push(this.read(signature, from + 1, depth + 1).value);
    return { value: values, next: endOfType(signature, from + 1) };
  }

  #struct(signature: string, from: number, depth: number): { value: BusValue; next: number } {
    const values: BusValue[] = [];
    let at = from + 1;
    while (signature[at] !== ')' && signature[at] !== '}') {
      const field = this.read(signature, at, depth + 1);
      values.push(field.value);
      at = field.next;
    }
    return { value: values, next: at + 1 };
  }

  /** The position, which moves on by `count`. */
  #pass(count: number): number {
    const at = this.at;
    this.at += count;
    return at;
  }

  #text(length: number): string {
    const at = this.#pass(length + 1);
    if (this.at > this.#bytes.length) throw new Error('D-Bus text is longer than its message');
    return this.#bytes.toString('utf8', at, at + length);
  }
}

/** Behind the complete type that begins at `from`. */
function endOfType(signature: string, from: number): number {
  let at = from;
  while (signature[at] === 'a') at++;
  let depth = 0;
  do {
    const code = signature[at++];
    if (code === undefined) throw new Error('D-Bus signature is not finished');
    if (code === '(' || code === '{') depth++;
    if (code === ')' || code === '}') depth--;
  } while (depth > 0);
  return at;
}

export function decodeBody(body: Buffer, signature: string, little: boolean): readonly BusValue[] {
  const reader = new ValueReader(body, little);
  const values: BusValue[] = [];
  for (let at = 0; at < signature.length;) {
    const { value, next } = reader.read(signature, at);
    values.push(value);
    at = next;
  }
  return values;
}

interface Fields {
  readonly replyTo: number;
  readonly errorName: string;
  readonly signature: string;
}

/** The header fields of a message that we need; `header` ends where the body begins. */
export function decodeFields(header: Buffer, little: boolean): Fields {
  const fields = new ValueReader(header, little, 12).read('a(yv)', 0).value;
  const found = new Map(fields as unknown as readonly (readonly [number, BusValue])[]);
  const text = (code: number): string => {
    const value = found.get(code);
    return typeof value === 'string' ? value : '';
  };
  const replyTo = found.get(5);
  return {
    replyTo: typeof replyTo === 'number' ? replyTo : 0,
    errorName: text(4),
    signature: text(8),
  };
}

/** Strings and lists of strings as the body of a call. */
export function encodeArguments(values: readonly (string | readonly string[])[]): {
  readonly signature: string;
  readonly body: Buffer;
} {
  let body = Buffer.alloc(0);
  const add = (bytes: Buffer): void => {
    const padding = Buffer.alloc(Math.ceil(body.length / 4) * 4 - body.length);
    body = Buffer.concat([body, padding, bytes]);
  };
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const text = (value: string): void => {
    const bytes = Buffer.from(value);
    add(Buffer.concat([number(bytes.length), bytes, Buffer.alloc(1)]));
  };
  for (const value of values) {
    if (typeof value === 'string') {
      text(value);
      continue;
    }
    add(number(0));
    const from = body.length;
    for (const entry of value) text(entry);
    body.writeUInt32LE(body.length - from, from - 4);
  }
  const signature = values.map((value) => (typeof value === 'string' ? 's' : 'as')).join('');
  return { signature, body };
}
