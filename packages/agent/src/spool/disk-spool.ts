/**
 * A bounded queue of batches on disk: numbered segment files in one folder, oldest first. Written only while
 * batches wait for the hub. What was written survives the death of this process at once, and a power cut once
 * synced: every `syncEveryMs` while writing, and when a segment or the spool is closed. A torn tail or a damaged
 * record costs that record only, and is counted.
 */
import { WEEK_MS } from '@openmanager/protocol/durations';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from './entry.ts';
import { compareMarks, firstMark, isAfter, type Mark } from './mark.ts';
import { readSegment, removeSegment, type SegmentInfo, SegmentWriter } from './segment.ts';

export interface DiskSpoolOptions {
  readonly folder: string;
  /** @default 256 MiB */
  readonly maxBytes?: number;
  /** Batches older than this are dropped. @default 7 days */
  readonly maxAgeMs?: number;
  /** @default 1 MiB */
  readonly segmentBytes?: number;
  /** @default 5_000 */
  readonly syncEveryMs?: number;
  /** Epoch ms. */
  readonly now?: () => number;
}

export const diskSpoolDefaults: Required<Omit<DiskSpoolOptions, 'folder' | 'now'>> = {
  maxBytes: 256 * 1024 * 1024,
  maxAgeMs: WEEK_MS,
  segmentBytes: 1024 * 1024,
  syncEveryMs: 5_000,
};

const NAME = /^(\d{8})\.spool$/;

export interface Appended {
  /** How many, from the first. */
  readonly written: number;
  /** Why the rest was not, if any. */
  readonly error: Error | undefined;
}

interface Loaded {
  readonly number: number;
  /** Size of the file when it was loaded; a segment that grew since is loaded again. */
  readonly bytes: number;
  readonly entries: readonly Entry[];
  at: number;
}

export class DiskSpool {
  /** Batches lost to the limits. */
  dropped = 0;
  /** Records that could not be read. */
  damaged = 0;
  readonly #options: Required<DiskSpoolOptions>;
  #segments: SegmentInfo[] = [];
  #writer: SegmentWriter | undefined;
  #loaded: Loaded | undefined;
  #acknowledged: Mark = firstMark;
  #nextNumber = 1;
  #syncedMs = 0;

  /** Opens the folder, making it when missing; throws when it cannot be used. */
  constructor(options: DiskSpoolOptions) {
    this.#options = { ...diskSpoolDefaults, now: Date.now, ...options };
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(options.folder).sort()) {
      const digits = NAME.exec(name)?.[1];
      if (digits !== undefined) this.#adopt(join(options.folder, name), Number(digits));
    }
    this.#enforceLimits();
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** Batches held, those included that are acknowledged while a later one of their segment is not. */
  get entries(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.entries, 0);
  }

  get isEmpty(): boolean {
    return this.#segments.length === 0;
  }

  /** Adds batches newer than all that are here, as far as the disk takes them. */
  append(entries: readonly Entry[]): Appended {
    let written = 0;
    try {
      for (const entry of entries) {
        this.#writerFor().append(entry);
        written++;
        this.#enforceLimits();
      }
      this.#syncNowAndThen();
      return { written, error: undefined };
    } catch (error) {
      // The file may end in half a record: nothing may follow it there.
      this.#abandonWriter();
      return { written, error: error as Error };
    }
  }

  /** The oldest batch after `mark`. */
  after(mark: Mark): Entry | undefined {
    for (const segment of this.#segments) {
      if (!isAfter(segment.last, mark)) continue;
      const found = this.#find(segment, mark);
      if (found) return found;
    }
    return undefined;
  }

  /** Forgets everything up to and including `mark`. */
  acknowledge(mark: Mark): void {
    if (isAfter(mark, this.#acknowledged)) this.#acknowledged = mark;
    while (this.#segments[0] && !isAfter(this.#segments[0].last, mark)) this.#removeFirst();
  }

  close(): void {
    this.#writer?.close();
    this.#writer = undefined;
    this.#loaded = undefined;
  }

  #syncNowAndThen(): void {
    const nowMs = this.#options.now();
    if (nowMs - this.#syncedMs < this.#options.syncEveryMs) return;
    this.#syncedMs = nowMs;
    this.#writer?.sync();
  }

  #abandonWriter(): void {
    const writer = this.#writer;
    this.#writer = undefined;
    try {
      writer?.close();
    } catch {
      // A disk that failed the write fails the sync too.
    }
    if (writer?.info.entries !== 0) return;
    this.#segments = this.#segments.filter((segment) => segment !== writer.info);
    removeSegment(writer.info.path);
  }

  #adopt(path: string, number: number): void {
    this.#nextNumber = Math.max(this.#nextNumber, number + 1);
    const { entries, damaged, bytes } = readSegment(path);
    this.damaged += damaged;
    const last = entries.at(-1);
    if (!last) return removeSegment(path);
    const newestMs = entries.reduce((newest, entry) => Math.max(newest, entry.timeMs), 0);
    this.#segments.push({
      path,
      number,
      bytes,
      entries: entries.length,
      last: last.mark,
      newestMs,
    });
  }

  #writerFor(): SegmentWriter {
    if (this.#writer && this.#writer.info.bytes < this.#options.segmentBytes) return this.#writer;
    this.#writer?.close();
    this.#writer = undefined;
    const number = this.#nextNumber++;
    const path = join(this.#options.folder, `${String(number).padStart(8, '0')}.spool`);
    const writer = new SegmentWriter(path, number);
    this.#segments.push(writer.info);
    return (this.#writer = writer);
  }

  #find(segment: SegmentInfo, mark: Mark): Entry | undefined {
    let loaded = this.#loaded;
    if (loaded?.number !== segment.number || loaded.bytes < segment.bytes)
      loaded = this.#loaded = {
        number: segment.number,
        bytes: segment.bytes,
        entries: this.#load(segment),
        at: 0,
      };
    // Reading goes forward nearly always; after a reconnect it starts over.
    const current = loaded.entries[loaded.at - 1];
    if (current && isAfter(current.mark, mark)) loaded.at = 0;
    for (; loaded.at < loaded.entries.length; loaded.at++) {
      const entry = loaded.entries[loaded.at] as Entry;
      if (isAfter(entry.mark, mark)) return entry;
    }
    return undefined;
  }

  #load(segment: SegmentInfo): Entry[] {
    try {
      return readSegment(segment.path).entries.sort((a, b) => compareMarks(a.mark, b.mark));
    } catch {
      // The file was removed or became unreadable: its batches are lost.
      this.damaged += segment.entries;
      segment.entries = 0;
      return [];
    }
  }

  #enforceLimits(): void {
    const oldestMs = this.#options.now() - this.#options.maxAgeMs;
    let bytes = this.bytes;
    for (let first = this.#segments[0]; first; first = this.#segments[0]) {
      const tooOld = first.newestMs > 0 && first.newestMs < oldestMs;
      const tooMuch = bytes > this.#options.maxBytes && this.#segments.length > 1;
      if (!tooOld && !tooMuch) return;
      bytes -= first.bytes;
      this.dropped += this.#load(first).filter(({ mark }) =>
        isAfter(mark, this.#acknowledged),
      ).length;
      this.#removeFirst();
    }
  }

  #removeFirst(): void {
    const first = this.#segments.shift();
    if (!first) return;
    if (this.#writer?.info === first) {
      this.#writer.close();
      this.#writer = undefined;
    }
    if (this.#loaded?.number === first.number) this.#loaded = undefined;
    removeSegment(first.path);
  }
}
