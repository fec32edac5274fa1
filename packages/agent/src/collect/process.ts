/**
 * /proc/<pid>/stat of every process: how many there are by state, and the table of those that use most CPU and
 * memory. A walk costs up to 31 µs per process, so it is done every 8 s at most, and less often when its measured
 * cost would exceed a share of one core. Of a command line only the program's name is kept: the rest may hold secrets.
 */
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { limits, type ProcessRow, seriesKey } from '@openmanager/protocol';
import type { Source } from './collector.ts';
import { kernelConstants, type KernelConstants } from './kernel-constants.ts';
import { shownName } from './raw-name.ts';
import { readOnce } from './text-file.ts';
import { UserNames } from './user-names.ts';

const COUNT = 'system.process.count';
const STATES = ['running', 'sleeping', 'blocked', 'stopped', 'defunct'] as const;
const KEYS: readonly string[] = [
  COUNT,
  ...STATES.map((state) => seriesKey(COUNT, { 'process.state': state })),
];
/** Letters of the kernel to the slot of their state, 1-based as in KEYS. */
const SLOTS: Readonly<Record<string, number>> = { R: 1, S: 2, I: 2, D: 3, T: 4, t: 4, Z: 5, X: 5 };

const DEFUNCT = 5;

const WALK_EVERY_MS = 8_000;
/** The second walk comes early, so that the first table need not wait. */
const SECOND_WALK_MS = 900;
const WALK_AT_LEAST_EVERY_MS = MINUTE_MS;
/** Share of one core that walks may take: 0.05 %, and 0.2 % while the host is watched. */
const SHARE = 0.0005;
const SHARE_WATCHED = 0.002;
/**
 * Kernel threads, recognised by having no memory, are often most of the processes and rarely do much: each is
 * read in one walk of four and counted as it was in the others.
 */
const KERNEL_WALKS = 4;
/** Bytes of a name the kernel keeps. */
const KERNEL_NAME_BYTES = 15;
/** Rows taken by CPU and again by memory. */
const ROWS_EACH = limits.processRows / 2;

interface Entry {
  readonly pid: number;
  readonly startTicks: number;
  /** Raw (raw-name.ts), one character per byte. */
  name: string;
  ticks: number;
  /** Share of one core over the last step. */
  cpu: number;
  memoryBytes: number;
  uid: number | undefined;
  /** Name for people, of the program `named` was the kernel's name for. */
  shown: { readonly named: string; readonly program: string } | undefined;
  /** Slot of its state in the values; 0 for a state that is not reported. */
  slot: number;
  /** Monotonic ms of the last reading. */
  readMs: number;
  walk: number;
}

export interface ProcessOptions {
  readonly root: string;
  /** Monotonic ms, to measure what a walk costs. */
  readonly monotonic?: () => number;
}

export class ProcessSource implements Source {
  readonly keys: readonly string[] = KEYS;
  readonly values: Float64Array = new Float64Array(KEYS.length).fill(Number.NaN);
  watched = false;
  readonly #root: string;
  readonly #monotonic: () => number;
  readonly #constants: KernelConstants;
  readonly #users: UserNames;
  readonly #entries = new Map<number, Entry>();
  #walks = 0;
  #walkedMs = Number.NEGATIVE_INFINITY;
  #costMs = 0;
  #tableWalk = 1;

  constructor(options: ProcessOptions) {
    this.#root = options.root;
    this.#monotonic = options.monotonic ?? (() => performance.now());
    this.#constants = kernelConstants(options.root);
    this.#users = new UserNames(options.root);
  }

  read(nowMs: number): void {
    if (nowMs - this.#walkedMs < this.#pauseMs()) return;
    const start = this.#monotonic();
    this.#walk(nowMs);
    this.#costMs = this.#monotonic() - start;
  }

  close(): void {
    this.#entries.clear();
  }

  /** The table of the newest walk, or undefined when there was none since the last call. */
  table(): readonly ProcessRow[] | undefined {
    if (this.#walks <= this.#tableWalk) return undefined;
    this.#tableWalk = this.#walks;
    this.#users.refresh();
    const all = [...this.#entries.values()];
    const rows = new Set(all.sort((a, b) => b.cpu - a.cpu).slice(0, ROWS_EACH));
    for (const entry of all.sort((a, b) => b.memoryBytes - a.memoryBytes).slice(0, ROWS_EACH))
      rows.add(entry);
    return [...rows]
      .filter((entry) => entry.cpu > 0 || entry.memoryBytes > 0)
      .map((entry) => ({
        pid: entry.pid,
        name: shownName(this.#programOf(entry)),
        user: this.#users.name((entry.uid ??= this.#uid(entry.pid))),
        cpuUtilization: Math.round(entry.cpu * 1e4) / 1e4,
        memoryBytes: entry.memoryBytes,
      }));
  }

  #pauseMs(): number {
    if (this.#walks === 1) return SECOND_WALK_MS;
    const affordable = this.#costMs / (this.watched ? SHARE_WATCHED : SHARE);
    // A little less than the grid, so that a timer a millisecond early does not cost a whole interval.
    return Math.min(WALK_AT_LEAST_EVERY_MS, Math.max(WALK_EVERY_MS, affordable)) - 100;
  }

  #walk(nowMs: number): void {
    const beforeMs = this.#walkedMs;
    this.#walkedMs = nowMs;
    this.#walks++;
    this.values.fill(0);
    for (const pidText of this.#pids()) {
      const entry = this.#rested(Number(pidText)) ?? this.#readProcess(pidText, nowMs, beforeMs);
      if (!entry) continue;
      entry.walk = this.#walks;
      (this.values[0] as number)++;
      if (entry.slot > 0) (this.values[entry.slot] as number)++;
    }
    for (const [pid, entry] of this.#entries)
      if (entry.walk !== this.#walks) this.#entries.delete(pid);
  }

  *#pids(): Generator<string> {
    let names: string[] = [];
    try {
      names = readdirSync(`${this.#root}/proc`);
    } catch {
      this.values.fill(Number.NaN);
    }
    for (const name of names) {
      const first = name.charCodeAt(0);
      if (first > 48 && first <= 57) yield name;
    }
  }

  /** A kernel thread that need not be read in this walk. */
  #rested(pid: number): Entry | undefined {
    const entry = this.#entries.get(pid);
    if (!entry || entry.memoryBytes > 0 || entry.slot === DEFUNCT) return undefined;
    return (this.#walks + pid) % KERNEL_WALKS === 0 ? undefined : entry;
  }

  #readProcess(pidText: string, nowMs: number, beforeMs: number): Entry | undefined {
    const text = readOnce(`${this.#root}/proc/${pidText}/stat`);
    // Gone since the folder was listed.
    if (!text) return undefined;
    const name = text.between('(', ')');
    text.afterLast(')');
    const slot = SLOTS[text.word()] ?? 0;
    text.skipFields(10);
    const ticks = text.number() + text.number();
    text.skipFields(6);
    const startTicks = text.number();
    text.skipFields(1);
    const memoryBytes = text.number() * this.#constants.pageBytes;
    if (Number.isNaN(memoryBytes)) return undefined;
    const pid = Number(pidText);
    let entry = this.#entries.get(pid);
    if (entry?.startTicks !== startTicks) {
      // All CPU time of a new process was used since the previous walk; at the first walk it is unknown.
      const ticksBefore = this.#walks === 1 ? ticks : 0;
      entry = {
        pid,
        startTicks,
        name,
        ticks: ticksBefore,
        cpu: 0,
        memoryBytes,
        uid: undefined,
        shown: undefined,
        slot,
        readMs: beforeMs,
        walk: 0,
      };
      this.#entries.set(pid, entry);
    }
    const elapsedS = (nowMs - entry.readMs) / 1000;
    const spent = Math.max(0, ticks - entry.ticks) / this.#constants.ticksPerSecond;
    entry.cpu = Number.isFinite(elapsedS) && elapsedS > 0 ? spent / elapsedS : 0;
    entry.ticks = ticks;
    entry.name = name;
    entry.memoryBytes = memoryBytes;
    entry.slot = slot;
    entry.readMs = nowMs;
    return entry;
  }

  /**
   * The kernel cuts names at 15 bytes, and calls a program by its main thread where that has a name of its own,
   * as all of Node's do: then the command line knows better. Read once for each process that gets into the table.
   */
  #programOf(entry: Entry): string {
    if (entry.shown?.named !== entry.name)
      entry.shown = { named: entry.name, program: this.#program(entry) };
    return entry.shown.program;
  }

  #program({ pid, name }: Entry): string {
    if (name !== 'MainThread' && name.length < KERNEL_NAME_BYTES) return name;
    try {
      const [command = ''] = readFileSync(`${this.#root}/proc/${pid}/cmdline`, 'latin1').split(
        /[\0 ]/,
        1,
      );
      const program = basename(command);
      return name === 'MainThread' || program.startsWith(name) ? program || name : name;
    } catch {
      return name;
    }
  }

  #uid(pid: number): number {
    try {
      return statSync(`${this.#root}/proc/${pid}`).uid;
    } catch {
      return 0;
    }
  }
}
