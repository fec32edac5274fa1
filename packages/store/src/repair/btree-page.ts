/** One page of a b-tree, and the rows in it. Nothing here trusts what it reads: what makes no sense is left out. */
import { PAGE_BYTES, type Pages } from './pages.ts';

export type Value = null | number | bigint | string | Uint8Array;

export interface Row {
  /** Of a table with row ids. */
  readonly rowid: bigint;
  readonly values: readonly Value[];
}

export interface BtreePage {
  /** `index` trees hold the tables without row ids, which have rows in their inner pages, too. */
  readonly kind: 'table' | 'index';
  readonly isLeaf: boolean;
  /** Of an inner page: its children from the left, each with the largest row id below it where that is known. */
  readonly children: readonly { readonly page: number; readonly upTo: bigint | undefined }[];
  readonly rows: readonly Row[];
  /** Cells that could not be read. */
  readonly broken: number;
}

const KINDS = new Map([
  [2, { kind: 'index', isLeaf: false }],
  [5, { kind: 'table', isLeaf: false }],
  [10, { kind: 'index', isLeaf: true }],
  [13, { kind: 'table', isLeaf: true }],
] as const);

const TABLE_MAX = PAGE_BYTES - 35;
const INDEX_MAX = Math.floor(((PAGE_BYTES - 12) * 64) / 255) - 23;
const MIN_LOCAL = Math.floor(((PAGE_BYTES - 12) * 32) / 255) - 23;
/** Larger values than the hub ever writes are not believed. */
const MAX_PAYLOAD = 256 * 1024 * 1024;

/** Undefined where the bytes are no page of a b-tree. */
export function readBtreePage(
  pages: Pages,
  number: number,
  bytes: Buffer | undefined = pages.read(number),
): BtreePage | undefined {
  if (!bytes) return undefined;
  const at = number === 1 ? 100 : 0;
  const type = KINDS.get(bytes[at] as 2 | 5 | 10 | 13);
  if (!type) return undefined;
  const { kind, isLeaf } = type;
  const count = bytes.readUInt16BE(at + 3);
  const cellsAt = at + (isLeaf ? 8 : 12);
  if (cellsAt + 2 * count > PAGE_BYTES) return undefined;
  const children: { page: number; upTo: bigint | undefined }[] = [];
  const rows: Row[] = [];
  let broken = 0;
  for (let index = 0; index < count; index++) {
    try {
      const cell = new Cell(pages, bytes, bytes.readUInt16BE(cellsAt + 2 * index));
      if (!isLeaf) {
        const page = cell.uint32();
        if (kind === 'table') {
          children.push({ page, upTo: cell.varint() });
          continue;
        }
        children.push({ page, upTo: undefined });
      }
      rows.push(kind === 'table' ? cell.tableRow() : cell.indexRow());
    } catch {
      broken++;
    }
  }
  if (!isLeaf) children.push({ page: bytes.readUInt32BE(at + 8), upTo: undefined });
  return { kind, isLeaf, children, rows, broken };
}

class Cell {
  readonly #pages: Pages;
  readonly #bytes: Buffer;
  #at: number;

  constructor(pages: Pages, bytes: Buffer, at: number) {
    if (at < 8) throw new RangeError('no cell');
    this.#pages = pages;
    this.#bytes = bytes;
    this.#at = at;
  }

  uint32(): number {
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }

  varint(): bigint {
    const [value, after] = varintAt(this.#bytes, this.#at);
    this.#at = after;
    return value;
  }

  tableRow(): Row {
    const length = Number(this.varint());
    const rowid = this.varint();
    return { rowid, values: decode(this.#payload(length, TABLE_MAX)) };
  }

  indexRow(): Row {
    return { rowid: 0n, values: decode(this.#payload(Number(this.varint()), INDEX_MAX)) };
  }

  #payload(length: number, most: number): Buffer {
    if (length > MAX_PAYLOAD) throw new RangeError('too long');
    let local = length;
    if (length > most) {
      local = MIN_LOCAL + ((length - MIN_LOCAL) % (PAGE_BYTES - 4));
      if (local > most) local = MIN_LOCAL;
    }
    if (this.#at + local > PAGE_BYTES) throw new RangeError('beyond the page');
    const first = this.#bytes.subarray(this.#at, this.#at + local);
    if (local === length) return first;
    this.#at += local;
    const whole = Buffer.allocUnsafe(length);
    first.copy(whole);
    let next = this.uint32();
    for (let at = local; at < length;) {
      const page = this.#pages.read(next);
      if (!page) throw new RangeError('a page is missing');
      const part = Math.min(PAGE_BYTES - 4, length - at);
      page.copy(whole, at, 4, 4 + part);
      at += part;
      next = page.readUInt32BE(0);
    }
    return whole;
  }
}

function varintAt(bytes: Buffer, at: number): readonly [bigint, number] {
  let value = 0n;
  for (let index = 0; index < 9; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) throw new RangeError('beyond the bytes');
    if (index === 8) return [BigInt.asIntN(64, (value << 8n) | BigInt(byte)), at + 9];
    value = (value << 7n) | BigInt(byte & 0x7f);
    if (byte < 0x80) return [value, at + index + 1];
  }
  throw new RangeError('no number');
}

const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8];

function decode(payload: Buffer): Value[] {
  const [headBytes, first] = varintAt(payload, 0);
  const types: number[] = [];
  for (let at = first; at < Number(headBytes);) {
    const [type, after] = varintAt(payload, at);
    types.push(Number(type));
    at = after;
  }
  let at = Number(headBytes);
  return types.map((type) => {
    const length = lengthOf(type);
    if (at + length > payload.length) throw new RangeError('beyond the row');
    const from = at;
    at += length;
    if (type === 0) return null;
    if (type <= 6) return integer(payload, from, length);
    if (type === 7) return payload.readDoubleBE(from);
    if (type <= 9) return type - 8;
    const bytes = payload.subarray(from, at);
    return type % 2 === 0 ? bytes : text(bytes);
  });
}

function lengthOf(type: number): number {
  if (type <= 6) return INTEGER_BYTES[type] as number;
  if (type === 7) return 8;
  if (type <= 9) return 0;
  if (type < 12) throw new RangeError('no type of a value');
  return Math.floor((type - 12) / 2);
}

function integer(bytes: Buffer, at: number, length: number): number | bigint {
  if (length <= 6) return bytes.readIntBE(at, length);
  const value = bytes.readBigInt64BE(at);
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function text(bytes: Buffer): string {
  return utf8.decode(bytes);
}
