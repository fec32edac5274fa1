/**
 * Space and inodes of mounted filesystems, as df reports them. Space changes slowly, so it is asked every 5 s and held
 * in between; the fullest are listed where there are too many. All are asked in the background: one that does not answer has no samples but that it is stuck.
 */
import type { StatsFs } from 'node:fs';
import { type Attributes, seriesKey } from '@openmanager/protocol';
import { type Choice, type Chosen, chooser } from './choice.ts';
import type { Source } from './collector.ts';
import { DeviceTable, type DeviceRow } from './device-table.ts';
import { larger } from './fold.ts';
import { type AskMount, MountProber } from './mount-prober.ts';
import { type Mount, parseMounts } from './mounts.ts';
import { shownName } from './raw-name.ts';
import { TextFile } from './text-file.ts';

const LIMIT = 64;
const ASK_EVERY_MS = 5_000;
/** How much fuller a filesystem must be than one that is listed, of space or of inodes. */
const FULLER = 0.02;

export interface FilesystemOptions {
  readonly root: string;
  /** @default the system's statfs on libuv's threads */
  readonly ask?: AskMount;
  /** Without an answer for this long, a mount is stuck. @default 2_000 */
  readonly deadlineMs?: number;
  /** By mount point, device or type. */
  readonly choice?: Choice | undefined;
}

function keysOf(mount: Mount): string[] {
  const attributes: Attributes = {
    'system.filesystem.mountpoint': shownName(mount.mountpoint),
    'system.device': shownName(mount.device),
    'system.filesystem.type': shownName(mount.type),
  };
  return [
    seriesKey('system.filesystem.utilization', attributes),
    seriesKey('system.filesystem.usage', { ...attributes, 'system.filesystem.state': 'used' }),
    seriesKey('system.filesystem.usage', { ...attributes, 'system.filesystem.state': 'free' }),
    seriesKey('system.filesystem.limit', attributes),
    seriesKey('system.filesystem.inodes.utilization', attributes),
    seriesKey('system.filesystem.stuck', attributes),
    seriesKey('system.linux.filesystem.readonly', attributes),
    seriesKey('system.linux.filesystem.failed', attributes),
  ];
}

export class FilesystemSource implements Source {
  readonly #file: TextFile;
  readonly #prober: MountProber;
  readonly #table: DeviceTable;
  readonly #chosen: Chosen;
  #mounts = new Map<string, Mount>();
  #mountText = '';
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor({ root, choice, ...options }: FilesystemOptions) {
    this.#chosen = chooser(choice);
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
      // One that does not answer comes before all that do.
      rank: ({ values }) =>
        values[STUCK] === 1 ? 2 : larger(values[0] as number, values[INODES] as number),
      margin: FULLER,
    });
  }

  get keys(): readonly string[] {
    return this.#table.keys;
  }

  get values(): Float64Array {
    return this.#table.values;
  }

  get notListed(): number {
    return this.#table.notListed;
  }

  /** Questions to mounts that do not answer: each holds a thread of this process until it does. */
  get stuck(): number {
    return this.#prober.stuck;
  }

  read(nowMs: number): void {
    if (nowMs - this.#askedMs >= ASK_EVERY_MS - 100) {
      this.#askedMs = nowMs;
      this.#round(this.#file.read()?.raw() ?? '');
    }
    this.#table.begin();
    for (const [id, mount] of this.#mounts) {
      const stats = this.#prober.answer(mount);
      // What has no size holds no data, whatever its type.
      if (stats?.blocks === 0) continue;
      const row = this.#table.row(id);
      if (!row) continue;
      fill(row, stats);
      row.values[STUCK] = this.#prober.isStuck(mount) ? 1 : 0;
      row.values[READONLY] = mount.readonly ? 1 : 0;
      row.values[FAILED] = mount.failed ? 1 : 0;
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
    const mounts = parseMounts(text, (mountpoint) => this.#prober.isFile(mountpoint), this.#chosen);
    this.#mounts = new Map(
      mounts.map((mount) => [[mount.mountpoint, mount.device, mount.type].join('\0'), mount]),
    );
    this.#prober.round(mounts);
  }
}

/** Their places among the values of a mount. */
const INODES = 4;
const STUCK = 5;
const READONLY = 6;
const FAILED = 7;

function fill({ values }: DeviceRow, stats: StatsFs | undefined): void {
  if (!stats) return void values.fill(Number.NaN, 0, STUCK);
  // Some filesystems report more free than there is, or a reserve that is overdrawn as a huge number.
  const free = Math.min(stats.bfree, stats.blocks);
  const available = Math.min(stats.bavail, free);
  const used = stats.blocks - free;
  values[0] = used / (used + available);
  values[1] = used * stats.bsize;
  values[2] = available * stats.bsize;
  values[3] = stats.blocks * stats.bsize;
  const { files } = stats;
  values[INODES] = files > 0 ? 1 - Math.min(stats.ffree, files) / files : Number.NaN;
}
