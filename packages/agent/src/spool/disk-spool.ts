/**
 * A bounded queue of batches on disk: numbered segment files in one folder, oldest first. Written only while
 * batches wait for the hub. What was written survives the death of this process at once, and a power cut once
 * synced: every `syncEveryMs` while writing, and when a segment or the spool is closed. A torn tail or a damaged
 * record costs that record only, and is counted.
 */
import { WEEK_MS } from '@openmanager/protocol/durations';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { nothingReceived, countIn, type Received } from '@openmanager/protocol';
import type { Entry } from './entry.ts';
import { compareMarks, isAfter, type Mark } from './mark.ts';
import { readSegment, type SegmentInfo, SegmentWriter, tryRemove } from './segment.ts';

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

/** Segments held in memory: one for the present, one for the past, the oldest. */
const LOADED = 3;

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
}

export class DiskSpool {
  /** Batches lost to the limits. */
  dropped = 0;
  /** Records that could not be read. */
  damaged = 0;
  /** Writes, syncs and removals that failed. */
  failures = 0;
  readonly #options: Required<DiskSpoolOptions>;
  #segments: SegmentInfo[] = [];
  #writer: SegmentWriter | undefined;
  /** The segments read last, newest use first. */
  #loaded: Loaded[] = [];
  #settled: Received = nothingReceived;
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
      if (this.#writer?.failed) throw this.#writer.failed;
      for (const entry of entries) {
        this.#writerFor().append(entry);
        written++;
        this.#enforceLimits();
      }
      this.#syncNowAndThen();
      return { written, error: undefined };
    } catch (error) {
      // The file may end in half a record: nothing may follow it there.
      this.failures++;
      this.#abandonWriter();
      return { written, error: error as Error };
    }
  }

  /** The oldest batch after `mark` that is not settled. */
  after(mark: Mark): Entry | undefined {
    for (const segment of this.#segments) {
      if (!isAfter(segment.last, mark)) continue;
      const found = this.#find(segment, mark);
      if (found) return found;
    }
    return undefined;
  }

  /** The newest batch that is older than a time; undefined when there is none. */
  before(timeMs: number): Mark | undefined {
    for (const segment of this.#segments.toReversed()) {
      const found = this.#load(segment).entries.findLast((entry) => entry.timeMs < timeMs);
      if (found) return found.mark;
    }
    return undefined;
  }

  /** Forgets what is settled, segment by segment. */
  settle(settled: Received): void {
    this.#settled = settled;
    while (this.#segments[0] && !isAfter(this.#segments[0].last, settled)) this.#removeFirst();
  }

  close(): void {
    this.#writer?.close();
    this.#writer = undefined;
    this.#loaded = [];
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
    this.#remove(writer.info.path);
  }

  #adopt(path: string, number: number): void {
    this.#nextNumber = Math.max(this.#nextNumber, number + 1);
    const { entries, damaged, bytes } = readSegment(path);
    this.damaged += damaged;
    const last = entries.at(-1);
    if (!last) return this.#remove(path);
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
    const { entries } = this.#load(segment);
    // Marks ascend: halve until the first one after.
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isAfter((entries[middle] as Entry).mark, mark)) high = middle;
      else low = middle + 1;
    }
    for (let at = low; at < entries.length; at++) {
      const entry = entries[at] as Entry;
      if (!this.#isSettled(entry)) return entry;
    }
    return undefined;
  }

  #load(segment: SegmentInfo): Loaded {
    const known = this.#loaded.find(({ number }) => number === segment.number);
    if (known && known.bytes >= segment.bytes) return known;
    const loaded = { number: segment.number, bytes: segment.bytes, entries: this.#read(segment) };
    const others = this.#loaded.filter(({ number }) => number !== segment.number);
    this.#loaded = [loaded, ...others].slice(0, LOADED);
    return loaded;
  }

  #read(segment: SegmentInfo): Entry[] {
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
      this.dropped += this.#load(first).entries.filter((entry) => !this.#isSettled(entry)).length;
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
    this.#loaded = this.#loaded.filter(({ number }) => number !== first.number);
    this.#remove(first.path);
  }

  #isSettled({ mark: { bootEpoch, seq } }: Entry): boolean {
    return countIn(this.#settled, { bootEpoch, first: seq, last: seq }) === 1;
  }

  #remove(path: string): void {
    if (tryRemove(path)) this.failures++;
  }
}

/** Removes the segments of a folder; answers how many there were. */
export function removeSpool(folder: string): number {
  const names = readdirSync(folder).filter((name) => NAME.test(name));
  for (const name of names) tryRemove(join(folder, name));
  return names.length;
}
