/**
 * Health of disks as they judge themselves (SMART, NVMe), by smartctl where it is installed: each disk every ten minutes,
 * one after the other. A disk that sleeps is left asleep. Reading needs root or CAP_SYS_RAWIO.
 */
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { seriesKey } from '@openmanager/protocol';
import * as v from 'valibot';
import type { Chosen } from './choice.ts';
import type { Source } from './collector.ts';
import { findProgram, runProgram } from './program.ts';
import { type DiskHealth, diskErrors, readSmartReport, smartFlags } from './smart-report.ts';
import { cutName } from './raw-name.ts';

const ASK_EVERY_MS = 10 * MINUTE_MS;
/** What a disk said is told until it is asked for the third time in vain. */
const HELD_MS = 3 * ASK_EVERY_MS;
const TIMEOUT_MS = 30_000;
const MAX_BYTES = 1024 * 1024;
/** Disks listed, those that fail first; each has a dozen series. */
const LISTED = 48;

const DEVICE = /^\/dev\/[\w/.:-]+$/;
const TYPE = /^[a-z0-9_]+([,+/][a-z0-9_x]+)*$/i;
const scanSchema = v.object({
  devices: v.optional(
    v.array(v.object({ name: v.string(), type: v.optional(v.string(), '') })),
    [],
  ),
});

interface Disk {
  readonly id: string;
  readonly arguments: readonly string[];
  health: DiskHealth | undefined;
  /** Monotonic ms of the last answer. */
  answeredMs: number;
  asleep: boolean;
}

export interface SmartOptions {
  readonly root: string;
  /** Folders that are looked through for smartctl. @default those of the system */
  readonly folders?: readonly string[];
  /** Whether a disk is asked at all, by its name. */
  readonly chosen?: Chosen | undefined;
  /** Says once that disks cannot be read. */
  readonly warn?: (message: string, disks: string) => void;
}

export class SmartSource implements Source {
  keys: readonly string[] = [];
  values: Float64Array = new Float64Array(0);
  notListed = 0;
  readonly #options: SmartOptions;
  readonly #program: string | undefined;
  readonly #abort = new AbortController();
  readonly #disks = new Map<string, Disk>();
  readonly #denied = new Set<string>();
  #askedMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;
  #changed = false;

  constructor(options: SmartOptions) {
    this.#options = options;
    this.#program = findProgram('smartctl', options.folders);
  }

  read(nowMs: number): void {
    if (!this.#asking && nowMs - this.#askedMs >= ASK_EVERY_MS - 100) this.#begin(nowMs);
    if (!this.#changed) return;
    this.#changed = false;
    this.#tell(nowMs);
  }

  settled(): Promise<void> {
    return this.#asking ?? Promise.resolve();
  }

  close(): void {
    this.#abort.abort();
  }

  #begin(nowMs: number): void {
    if (this.#program === undefined) return;
    this.#askedMs = nowMs;
    this.#asking = this.#round(this.#program, nowMs)
      // A scan that fails is made again in ten minutes; what is known fades out.
      .catch(() => undefined)
      .finally(() => {
        this.#asking = undefined;
        this.#changed = true;
      });
  }

  async #round(program: string, nowMs: number): Promise<void> {
    const denied = this.#denied.size;
    for (const disk of await this.#scan(program)) {
      if (this.#denied.has(disk.id)) continue;
      if (this.#sleeps(disk.id)) disk.asleep = true;
      else await this.#ask(program, disk, nowMs);
      // Told as each answers: with many disks a round takes a while.
      this.#changed = true;
    }
    if (this.#denied.size > denied)
      this.#options.warn?.(
        'disks cannot be asked for their health without root or CAP_SYS_RAWIO',
        [...this.#denied].join(', '),
      );
  }

  async #scan(program: string): Promise<readonly Disk[]> {
    const { output } = await this.#run(program, ['--scan', '--json=c']);
    const { devices } = v.parse(scanSchema, JSON.parse(output));
    const { chosen } = this.#options;
    const found = devices
      .filter(({ name, type }) => DEVICE.test(name) && (type === '' || TYPE.test(type)))
      .map(({ name, type }) => this.#disk(name, type))
      .filter(({ id }) => chosen?.(id) !== false);
    const ids = new Set(found.map(({ id }) => id));
    for (const id of this.#disks.keys()) if (!ids.has(id)) this.#disks.delete(id);
    return found;
  }

  #disk(name: string, scanned: string): Disk {
    const device = basename(name);
    // A disk behind a controller shares its device with others.
    const id = scanned.includes(',') ? `${device}:${scanned}` : device;
    const known = this.#disks.get(id);
    if (known) return known;
    const type = this.#typeOf(device, scanned);
    const made: Disk = {
      id,
      arguments: ['--json=c', '-n', 'standby', '-a', ...(type === '' ? [] : ['-d', type]), name],
      health: undefined,
      answeredMs: Number.NEGATIVE_INFINITY,
      asleep: false,
    };
    this.#disks.set(id, made);
    return made;
  }

  /** Without a type smartctl tries several commands, which may wake the disk. A scan calls SATA disks of Linux scsi. */
  #typeOf(device: string, scanned: string): string {
    if (scanned !== 'scsi') return scanned;
    return this.#sysfs(device, 'device/vendor') === 'ATA' ? 'sat' : 'scsi';
  }

  #sleeps(id: string): boolean {
    return this.#sysfs(id.split(':')[0] as string, 'device/power/runtime_status') === 'suspended';
  }

  #sysfs(device: string, file: string): string {
    try {
      return readFileSync(`${this.#options.root}/sys/block/${device}/${file}`, 'latin1').trim();
    } catch {
      return '';
    }
  }

  async #ask(program: string, disk: Disk, nowMs: number): Promise<void> {
    const { code, output } = await this.#run(program, disk.arguments).catch((error: Error) => {
      if (this.#abort.signal.aborted) throw error;
      return { code: 0, output: '' };
    });
    const report = readSmartReport(output, code);
    disk.asleep = report.kind === 'asleep';
    if (report.kind === 'denied') this.#denied.add(disk.id);
    if (report.kind !== 'awake') return;
    disk.health = report;
    disk.answeredMs = nowMs;
  }

  #run(program: string, args: readonly string[]): ReturnType<typeof runProgram> {
    return runProgram(program, args, {
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_BYTES,
      signal: this.#abort.signal,
    });
  }

  #tell(nowMs: number): void {
    const keys: string[] = [];
    const values: number[] = [];
    const known = [...this.#disks.values()].filter(({ health, asleep }) => health || asleep);
    const rank = ({ health }: Disk): number => (health?.healthy === 0 ? 0 : 1);
    known.sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
    this.notListed = Math.max(0, known.length - LISTED);
    for (const { id, health, asleep, answeredMs } of known.slice(0, LISTED)) {
      const of = { 'hw.id': id, 'hw.name': cutName(health?.model || id) };
      // What a sleeping disk said of its health still holds; an awake one that does not answer has none.
      const held = asleep || nowMs - answeredMs <= HELD_MS;
      const add = (name: string, value: number, more: Record<string, string> = {}): void => {
        if (Number.isNaN(value)) return;
        keys.push(seriesKey(`hw.physical_disk.${name}`, { ...of, ...more }));
        values.push(held ? value : Number.NaN);
      };
      add('standby', asleep ? 1 : 0);
      if (!health) continue;
      add('healthy', health.healthy);
      for (const [at, flag] of smartFlags.entries())
        add('smart.flag', health.flags[at] ?? Number.NaN, { 'smart.flag': flag });
      add('wear', health.wear);
      add('spare', health.spare);
      for (const error of diskErrors)
        add('errors', health.errors[error] ?? Number.NaN, { 'error.type': error });
      add('power_on_time', health.poweredOnSeconds);
      add('temperature', health.celsius);
      if (asleep && !Number.isNaN(health.celsius)) values[values.length - 1] = Number.NaN;
    }
    if (keys.length !== this.keys.length || keys.some((key, at) => key !== this.keys[at]))
      this.keys = keys;
    this.values = Float64Array.from(values);
  }
}
