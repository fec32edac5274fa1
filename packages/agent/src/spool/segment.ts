/** One segment file: written once, front to back, then only read and removed. */
import {
  closeSync,
  fsync,
  fsyncSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import type { SeriesSet } from '@openmanager/protocol';
import type { Entry } from './entry.ts';
import { firstMark, isAfter, type Mark } from './mark.ts';
import { encodeEntry, encodeSet, MAGIC, readRecord } from './record.ts';

export interface SegmentInfo {
  readonly path: string;
  readonly number: number;
  bytes: number;
  entries: number;
  last: Mark;
  newestMs: number;
}

/** All batches of a segment in order, and how many records of it are damaged. */
export function readSegment(path: string): {
  readonly entries: Entry[];
  readonly damaged: number;
  readonly bytes: number;
} {
  const bytes = readFileSync(path);
  const entries: Entry[] = [];
  const sets = new Map<string, SeriesSet>();
  // Records prove themselves: a damaged magic costs none of them.
  const isOurs = bytes.subarray(0, MAGIC.length).equals(MAGIC);
  let damaged = 0;
  for (let at = MAGIC.length; ;) {
    const read = readRecord(bytes, at);
    if ('end' in read) {
      if (read.torn || (!isOurs && entries.length === 0 && bytes.length > 0)) damaged++;
      return { entries, damaged, bytes: bytes.length };
    }
    at = read.next;
    if (!read.record) damaged++;
    else if (read.record.kind === 'set') sets.set(read.record.set.id, read.record.set);
    else {
      const set = sets.get(read.record.setId);
      if (set) entries.push({ ...read.record.entry, set });
      else damaged++;
    }
  }
}

/** The segment that is being written. */
export class SegmentWriter {
  readonly info: SegmentInfo;
  /** A sync in the background failed. */
  failed: Error | undefined;
  readonly #fd: number;
  readonly #sets = new Set<string>();
  #syncing = false;
  #open = true;
  #dirty = false;

  /** Makes the file; fails when there is one. */
  constructor(path: string, number: number) {
    this.#fd = openSync(path, 'wx', 0o600);
    this.info = { path, number, bytes: 0, entries: 0, last: firstMark, newestMs: 0 };
    try {
      this.#write(MAGIC);
    } catch (error) {
      this.#open = false;
      closeSync(this.#fd);
      tryRemove(path);
      throw error;
    }
  }

  append(entry: Entry): void {
    if (!this.#sets.has(entry.set.id)) {
      this.#write(encodeSet(entry.set));
      this.#sets.add(entry.set.id);
    }
    this.#write(encodeEntry(entry));
    const { info } = this;
    info.entries++;
    if (isAfter(entry.mark, info.last)) info.last = entry.mark;
    info.newestMs = Math.max(info.newestMs, entry.timeMs);
  }

  /** Starts an fsync in the background; one at a time. */
  sync(): void {
    if (this.#syncing || !this.#open || !this.#dirty) return;
    this.#syncing = true;
    this.#dirty = false;
    fsync(this.#fd, (error) => {
      this.#syncing = false;
      // The kernel has dropped what it could not write: the file is not to be trusted with more.
      if (error) this.failed = error;
      if (!this.#open) closeSync(this.#fd);
    });
  }

  /** Syncs and closes the file. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    try {
      if (this.#dirty) fsyncSync(this.#fd);
    } finally {
      // A descriptor in use by a sync of the background is closed when that ends.
      if (!this.#syncing) closeSync(this.#fd);
    }
  }

  #write(bytes: Buffer): void {
    this.#dirty = true;
    for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at);
    this.info.bytes += bytes.length;
  }
}

/** Removes a segment as far as the disk lets us; answers why not. One that stays is read again at the next start. */
export function tryRemove(path: string): Error | undefined {
  try {
    unlinkSync(path);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : (error as Error);
  }
}
