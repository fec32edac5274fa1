/**
 * The pages of a database file without SQLite, which refuses a file whose first page is damaged: the file, and over it
 * what the write-ahead log has committed. Formats: https://sqlite.org/fileformat2.html
 */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';

export const PAGE_BYTES = 4096;
const LOG_HEAD_BYTES = 32;
const FRAME_HEAD_BYTES = 24;
const MAGIC_LITTLE = 0x377f0682;
const MAGIC_BIG = 0x377f0683;

export class Pages {
  readonly #file: number;
  readonly #log: number | undefined;
  /** By page: where its newest committed version begins in the log. */
  readonly #inLog: ReadonlyMap<number, number>;
  /** Pages there are, the last one perhaps not whole. */
  readonly count: number;
  /** Bytes of the log after its last commit that is whole, such as a transaction under way when the hub ended. */
  readonly logIgnored: number;

  constructor(path: string) {
    this.#file = openSync(path, 'r');
    const logPath = `${path}-wal`;
    this.#log = existsSync(logPath) ? openSync(logPath, 'r') : undefined;
    const { inLog, pages, usedBytes } =
      this.#log === undefined
        ? { inLog: new Map<number, number>(), pages: 0, usedBytes: 0 }
        : readLog(this.#log);
    this.#inLog = inLog;
    this.logIgnored =
      this.#log === undefined ? 0 : Math.max(0, fstatSync(this.#log).size - usedBytes);
    this.count = Math.max(pages, Math.ceil(fstatSync(this.#file).size / PAGE_BYTES));
  }

  close(): void {
    closeSync(this.#file);
    if (this.#log !== undefined) closeSync(this.#log);
  }

  /** A page by its number from 1; undefined where the file ends before its end. */
  read(number: number): Buffer | undefined {
    if (number < 1 || number > this.count) return undefined;
    const page = Buffer.allocUnsafe(PAGE_BYTES);
    const place = this.#inLog.get(number);
    const read =
      place === undefined
        ? readSync(this.#file, page, 0, PAGE_BYTES, (number - 1) * PAGE_BYTES)
        : readSync(this.#log as number, page, 0, PAGE_BYTES, place);
    return read === PAGE_BYTES ? page : undefined;
  }
}

/** The frames of the log up to its last commit; one whose checksum is wrong ends it, as it does for SQLite. */
function readLog(log: number): {
  readonly inLog: Map<number, number>;
  readonly pages: number;
  readonly usedBytes: number;
} {
  const inLog = new Map<number, number>();
  const head = Buffer.alloc(LOG_HEAD_BYTES);
  const none = { inLog, pages: 0, usedBytes: 0 };
  if (readSync(log, head, 0, LOG_HEAD_BYTES, 0) < LOG_HEAD_BYTES) return none;
  const magic = head.readUInt32BE(0);
  if (magic !== MAGIC_LITTLE && magic !== MAGIC_BIG) return none;
  if (head.readUInt32BE(8) !== PAGE_BYTES) return none;
  const isBig = magic === MAGIC_BIG;
  let sum = checksum(head.subarray(0, 24), [0, 0], isBig);
  if (sum[0] !== head.readUInt32BE(24) || sum[1] !== head.readUInt32BE(28)) return none;
  const frame = Buffer.alloc(FRAME_HEAD_BYTES + PAGE_BYTES);
  const uncommitted = new Map<number, number>();
  let pages = 0;
  let usedBytes = LOG_HEAD_BYTES;
  for (
    let at = LOG_HEAD_BYTES;
    readSync(log, frame, 0, frame.length, at) === frame.length;
    at += frame.length
  ) {
    if (frame.compare(head, 16, 24, 8, 16) !== 0) break;
    sum = checksum(frame.subarray(0, 8), sum, isBig);
    sum = checksum(frame.subarray(FRAME_HEAD_BYTES), sum, isBig);
    if (sum[0] !== frame.readUInt32BE(16) || sum[1] !== frame.readUInt32BE(20)) break;
    uncommitted.set(frame.readUInt32BE(0), at + FRAME_HEAD_BYTES);
    const committed = frame.readUInt32BE(4);
    if (committed === 0) continue;
    for (const [page, place] of uncommitted) inLog.set(page, place);
    uncommitted.clear();
    pages = committed;
    usedBytes = at + frame.length;
  }
  return { inLog, pages, usedBytes };
}

type Sum = readonly [number, number];

function checksum(bytes: Buffer, [one, other]: Sum, isBig: boolean): Sum {
  for (let at = 0; at < bytes.length; at += 8) {
    one = (one + (isBig ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + other) >>> 0;
    other = (other + (isBig ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + one) >>> 0;
  }
  return [one, other];
}
