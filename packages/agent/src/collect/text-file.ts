/**
 * Small kernel text files, read again and again: the descriptor stays open, all files share one buffer, and
 * numbers are taken from the bytes without making strings.
 */
import { closeSync, openSync, readSync } from 'node:fs';

const FIRST_CAPACITY = 64 * 1024;
/** No file of the kernel that we read is larger, a hundred thousand mounts included; one that is cannot be read. */
const LAST_CAPACITY = 64 * 1024 * 1024;
/** A missing file is tried again after this many reads. */
const RETRY_READS = 60;

const LINE_FEED = 10;
const SPACE = 32;
const TAB = 9;
const ZERO = 48;
const DOT = 46;
const MINUS = 45;

let shared = Buffer.allocUnsafe(FIRST_CAPACITY);

/** A position in the bytes of the file read last. Valid until any TextFile is read again. */
export class Scanner {
  #end = 0;
  #at = 0;

  reset(length: number): void {
    this.#end = length;
    this.#at = 0;
  }

  /** Back to the start. */
  rewind(): void {
    this.#at = 0;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** Moves past the next line feed. */
  nextLine(): void {
    const found = shared.indexOf(LINE_FEED, this.#at);
    this.#at = found < 0 || found >= this.#end ? this.#end : found + 1;
  }

  skipBlanks(): void {
    while (this.#at < this.#end) {
      const byte = shared[this.#at];
      if (byte !== SPACE && byte !== TAB) return;
      this.#at++;
    }
  }

  /** True, and past it, when the next bytes are `text` (ASCII). */
  take(text: string): boolean {
    if (this.#at + text.length > this.#end) return false;
    for (let index = 0; index < text.length; index++)
      if (shared[this.#at + index] !== text.charCodeAt(index)) return false;
    this.#at += text.length;
    return true;
  }

  /** Bytes up to the next blank, line end or `stop`, as a raw name (raw-name.ts); the stop itself is passed. */
  word(stop?: string): string {
    this.skipBlanks();
    const code = stop === undefined ? -1 : stop.charCodeAt(0);
    const start = this.#at;
    while (this.#at < this.#end) {
      const byte = shared[this.#at] as number;
      if (byte === SPACE || byte === TAB || byte === LINE_FEED) break;
      if (byte === code && !this.#comesAgain(code)) break;
      this.#at++;
    }
    const text = shared.toString('latin1', start, this.#at);
    if (this.#at < this.#end && shared[this.#at] === code) this.#at++;
    return text;
  }

  /** Whether the word goes on and ends with `code`, as in `name:with:`. */
  #comesAgain(code: number): boolean {
    let at = this.#at + 1;
    for (; at < this.#end; at++) {
      const byte = shared[at] as number;
      if (byte === SPACE || byte === TAB || byte === LINE_FEED) break;
    }
    return at - 1 > this.#at && shared[at - 1] === code;
  }

  /** The next number of this line, decimals included; NaN when there is none. */
  number(): number {
    this.skipBlanks();
    let sign = 1;
    if (shared[this.#at] === MINUS && this.#at < this.#end) {
      sign = -1;
      this.#at++;
    }
    const start = this.#at;
    let value = 0;
    let scale = 0;
    while (this.#at < this.#end) {
      const byte = shared[this.#at] as number;
      if (byte === DOT && scale === 0) scale = 1;
      else if (byte >= ZERO && byte <= ZERO + 9) {
        value = value * 10 + (byte - ZERO);
        scale *= 10;
      } else break;
      this.#at++;
    }
    if (this.#at === start) return Number.NaN;
    return (sign * value) / (scale === 0 ? 1 : scale);
  }

  /** Passes over `count` blank-separated fields. */
  skipFields(count: number): void {
    for (let field = 0; field < count; field++) {
      this.skipBlanks();
      while (this.#at < this.#end) {
        const byte = shared[this.#at];
        if (byte === SPACE || byte === TAB || byte === LINE_FEED) break;
        this.#at++;
      }
    }
  }

  /** Moves behind the last `text` character of the file, as /proc/<pid>/stat needs for names with brackets. */
  afterLast(text: string): void {
    const found = shared.lastIndexOf(text.charCodeAt(0), this.#end - 1);
    this.#at = found < this.#at ? this.#end : found + 1;
  }

  /** Bytes between the next `open` and the last `close`, as a raw name. */
  between(open: string, close: string): string {
    const from = shared.indexOf(open.charCodeAt(0), this.#at);
    const to = shared.lastIndexOf(close.charCodeAt(0), this.#end - 1);
    return from < 0 || to <= from ? '' : shared.toString('latin1', from + 1, to);
  }

  /** The rest as raw text (raw-name.ts). */
  raw(): string {
    return shared.toString('latin1', this.#at, this.#end);
  }
}

const scanner = new Scanner();

/** Reads into `buffer` from `at`, `length` bytes of the file from `position`: what `readSync` does with a descriptor. */
type ReadAt = (buffer: Buffer, at: number, length: number, position: number) => number;

/**
 * Fills the shared buffer; the length. Only a read of nothing is the end: the kernel gives as many whole records as fit
 * into its own buffer, so that a short one stands before each record longer than that.
 */
export function fillShared(read: ReadAt): number {
  let length = 0;
  for (;;) {
    if (length === shared.length) {
      if (shared.length >= LAST_CAPACITY) throw new Error(`more than ${LAST_CAPACITY} bytes`);
      const grown = Buffer.allocUnsafe(shared.length * 4);
      shared.copy(grown);
      shared = grown;
    }
    const count = read(shared, length, shared.length - length, length);
    if (count === 0) return length;
    length += count;
  }
}

/** Points the scanner at the content of an open file. */
function scan(fd: number): Scanner {
  scanner.reset(
    fillShared((buffer, at, length, position) => readSync(fd, buffer, at, length, position)),
  );
  return scanner;
}

/** Reads a file once, without keeping it open. Undefined when it cannot be read. */
export function readOnce(path: string | Buffer): Scanner | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    return scan(fd);
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}

export class TextFile {
  readonly #path: string | Buffer;
  #fd: number | undefined;
  #skip = 0;

  constructor(path: string | Buffer) {
    this.#path = path;
  }

  /** The content from the start, or undefined while the file cannot be read. */
  read(): Scanner | undefined {
    if (this.#skip > 0) {
      this.#skip--;
      return undefined;
    }
    try {
      this.#fd ??= openSync(this.#path, 'r');
      return scan(this.#fd);
    } catch {
      this.close();
      this.#skip = RETRY_READS;
      return undefined;
    }
  }

  close(): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
  }
}
