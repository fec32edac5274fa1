/**
 * NVIDIA's graphics processors by `nvidia-smi`, where it and its driver are there. It takes half a second to start, so one
 * stays and prints a line for each processor every five seconds. Processors that sleep are left asleep.
 */
import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { type GpuReading, withoutValues } from './gpu-reading.ts';
import { findProgram, startProgram } from './program.ts';

const EVERY_S = 5;
const HELD_MS = 3 * EVERY_S * 1000 + 1_000;
const RESTART_MS = { first: 10_000, last: 5 * MINUTE_MS } as const;
/** More without a line feed is no table of numbers. */
const LINE_BYTES = 64 * 1024;

/** In the order of a line; the name stands last since it could hold a comma. */
const CORE = [
  'index',
  'utilization.gpu',
  'memory.used',
  'memory.total',
  'temperature.gpu',
  'power.draw',
  'clocks.gr',
] as const;
const MORE = ['fan.speed', 'ecc.errors.uncorrected.volatile.total'] as const;
/** A driver that does not know a field prints nothing at all: then with fewer. */
const QUERIES: readonly (readonly string[])[] = [
  [...CORE, ...MORE, 'name'],
  [...CORE, 'name'],
];

const MEBIBYTE = 1024 * 1024;
const MEGAHERTZ = 1e6;

export interface NvidiaOptions {
  readonly root: string;
  readonly folders?: readonly string[] | undefined;
}

export class NvidiaGpus {
  readonly #root: string;
  readonly #program: string | undefined;
  readonly #readings = new Map<string, GpuReading & { readonly atMs: number }>();
  #child: ChildProcess | undefined;
  #query = 0;
  #pending = '';
  #lines = 0;
  #pauseMs: number = RESTART_MS.first;
  #startAtMs = Number.NEGATIVE_INFINITY;
  #nowMs = 0;
  #closed = false;
  #first: Promise<void> | undefined;
  #answered: (() => void) | undefined;

  constructor({ root, folders }: NvidiaOptions) {
    this.#root = root;
    this.#program = findProgram('nvidia-smi', folders);
  }

  /** What the processors said last. */
  read(nowMs: number): readonly GpuReading[] {
    this.#nowMs = nowMs;
    if (!this.#child && !this.#closed && nowMs >= this.#startAtMs && this.#isAwake()) this.#start();
    return [...this.#readings.values()].map((reading) =>
      nowMs - reading.atMs <= HELD_MS ? reading : withoutValues(reading.id, reading.name),
    );
  }

  settled(): Promise<void> {
    return this.#first ?? Promise.resolve();
  }

  close(): void {
    this.#closed = true;
    this.#child?.kill('SIGKILL');
    this.#answered?.();
  }

  /** The driver is loaded (or Windows has it, under WSL), and not every processor of it sleeps. */
  #isAwake(): boolean {
    if (this.#program === undefined) return false;
    if (existsSync(`${this.#root}/dev/dxg`)) return true;
    if (!existsSync(`${this.#root}/dev/nvidiactl`)) return false;
    const states = runtimeStates(`${this.#root}/sys/bus/pci/drivers/nvidia`);
    return states.length === 0 || states.some((state) => state !== 'suspended');
  }

  #start(): void {
    const fields = QUERIES[this.#query] as readonly string[];
    const child = startProgram(this.#program as string, [
      `--query-gpu=${fields.join(',')}`,
      '--format=csv,noheader,nounits',
      '-l',
      String(EVERY_S),
    ]);
    this.#child = child;
    this.#pending = '';
    this.#lines = 0;
    this.#first ??= new Promise((resolve) => (this.#answered = resolve));
    child.stdout?.setEncoding('latin1').on('data', (text: string) => this.#take(text, fields));
    child.once('error', () => this.#ended(child));
    child.once('close', () => this.#ended(child));
  }

  #take(text: string, fields: readonly string[]): void {
    const lines = (this.#pending + text).split('\n');
    this.#pending = lines.pop() ?? '';
    if (this.#pending.length > LINE_BYTES) this.#child?.kill('SIGKILL');
    for (const line of lines) {
      const reading = readLine(line, fields);
      if (!reading) continue;
      this.#lines++;
      this.#readings.set(reading.id, { ...reading, atMs: this.#nowMs });
    }
    if (this.#lines > 0) {
      this.#pauseMs = RESTART_MS.first;
      this.#answered?.();
    }
  }

  #ended(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    if (this.#lines === 0 && this.#query < QUERIES.length - 1) {
      this.#query++;
      return;
    }
    this.#answered?.();
    this.#query = this.#lines === 0 ? 0 : this.#query;
    this.#startAtMs = this.#nowMs + this.#pauseMs;
    this.#pauseMs = Math.min(RESTART_MS.last, this.#pauseMs * 2);
  }
}

function runtimeStates(driver: string): string[] {
  try {
    return readdirSync(driver)
      .filter((entry) => /^[0-9a-f]{4,}:/.test(entry))
      .map((entry) => readFileSync(`${driver}/${entry}/power/runtime_status`, 'latin1').trim());
  } catch {
    return [];
  }
}

/** A processor that does not know a value says `[N/A]`, `[Not Supported]` or `[Unknown Error]`. */
function readLine(line: string, fields: readonly string[]): GpuReading | undefined {
  const cells = line.split(',').map((cell) => cell.trim());
  if (cells.length < fields.length) return undefined;
  const value = (field: string): number => {
    const at = fields.indexOf(field);
    const cell = at < 0 ? '' : (cells[at] as string);
    return /^-?\d+(\.\d+)?$/.test(cell) ? Number(cell) : Number.NaN;
  };
  const index = value('index');
  if (Number.isNaN(index)) return undefined;
  return {
    id: `nvidia${index}`,
    name: cells.slice(fields.length - 1).join(', '),
    utilization: value('utilization.gpu') / 100,
    memoryUsed: value('memory.used') * MEBIBYTE,
    memoryTotal: value('memory.total') * MEBIBYTE,
    celsius: value('temperature.gpu'),
    watts: value('power.draw'),
    hertz: value('clocks.gr') * MEGAHERTZ,
    fan: value('fan.speed') / 100,
    errors: value('ecc.errors.uncorrected.volatile.total'),
  };
}
