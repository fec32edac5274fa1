/**
 * Space and inodes of mounted filesystems, as df reports them. Space changes slowly, so it is asked every 5 s and held
 * in between. All are asked in the background: one that does not answer has no samples but that it is stuck.
 */
import type { StatsFs } from 'node:fs';
import { type Attributes, seriesKey } from '@openmanager/protocol';
import type { Source } from './collector.ts';
import { DeviceTable, type DeviceRow } from './device-table.ts';
import { larger } from './fold.ts';
import { type AskMount, MountProber } from './mount-prober.ts';
import { type Mount, parseMounts } from './mounts.ts';
import { TextFile } from './text-file.ts';

const LIMIT = 64;
const ASK_EVERY_MS = 5_000;

export interface FilesystemOptions {
  readonly root: string;
  /** @default the system's statfs on libuv's threads */
  readonly ask?: AskMount;
  /** Without an answer for this long, a mount is stuck. @default 2_000 */
  readonly deadlineMs?: number;
}

function keysOf(mount: Mount): string[] {
  const attributes: Attributes = {
    'system.filesystem.mountpoint': mount.mountpoint,
    'system.device': mount.device,
    'system.filesystem.type': mount.type,
  };
  return [
    seriesKey('system.filesystem.utilization', attributes),
    seriesKey('system.filesystem.usage', { ...attributes, 'system.filesystem.state': 'used' }),
    seriesKey('system.filesystem.usage', { ...attributes, 'system.filesystem.state': 'free' }),
    seriesKey('system.filesystem.limit', attributes),
    seriesKey('system.filesystem.inodes.utilization', attributes),
    seriesKey('system.filesystem.stuck', attributes),
  ];
}

export class FilesystemSource implements Source {
  readonly #file: TextFile;
  readonly #prober: MountProber;
  readonly #table: DeviceTable;
  #mounts = new Map<string, Mount>();
  #mountText = '';
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor({ root, ...options }: FilesystemOptions) {
    this.#file = new TextFile(`${root}/proc/self/mountinfo`);
    this.#prober = new MountProber({
      ...options,
      root,
      onFile: () => this.#round(this.#mountText),
    });
    this.#table = new DeviceTable({
      totals: ['system.filesystem.utilization'],
      keysOf: (id) => keysOf(this.#mounts.get(id) as Mount),
      counters: 0,
      wanted: () => true,
      limit: LIMIT,
    });
  }

  get keys(): readonly string[] {
    return this.#table.keys;
  }

  get values(): Float64Array {
    return this.#table.values;
  }

  /** Questions to mounts that do not answer: each holds a thread of this process until it does. */
  get stuck(): number {
    return this.#prober.stuck;
  }

  read(nowMs: number): void {
    if (nowMs - this.#askedMs >= ASK_EVERY_MS - 100) {
      this.#askedMs = nowMs;
      this.#round(this.#file.read()?.text() ?? '');
    }
    this.#table.begin();
    for (const [id, mount] of this.#mounts) {
      const row = this.#table.row(id);
      if (!row) continue;
      fill(row, this.#prober.answer(mount));
      row.values[STUCK] = this.#prober.isStuck(mount) ? 1 : 0;
    }
    this.#table.end();
    let worst = Number.NaN;
    for (const { values } of this.#table) worst = larger(worst, values[0] as number);
    this.values[0] = worst;
  }

  close(): void {
    this.#file.close();
    this.#prober.close();
  }

  #round(text: string): void {
    this.#mountText = text;
    const mounts = parseMounts(text, (mountpoint) => this.#prober.isFile(mountpoint));
    this.#mounts = new Map(
      mounts.map((mount) => [`${mount.mountpoint} ${mount.device} ${mount.type}`, mount]),
    );
    this.#prober.round(mounts);
  }
}

/** Its place among the values of a mount. */
const STUCK = 5;

function fill({ values }: DeviceRow, stats: StatsFs | undefined): void {
  if (!stats || stats.blocks === 0) return void values.fill(Number.NaN, 0, STUCK);
  const used = stats.blocks - stats.bfree;
  values[0] = used / (used + stats.bavail);
  values[1] = used * stats.bsize;
  values[2] = stats.bavail * stats.bsize;
  values[3] = stats.blocks * stats.bsize;
  values[4] = stats.files > 0 ? 1 - stats.ffree / stats.files : Number.NaN;
}
