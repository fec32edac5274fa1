/**
 * Space and inodes of mounted filesystems, as df reports them. Space changes slowly, so it is read every 5 s and held
 * in between; the fullest are listed where there are too many. Network filesystems are read in the background: one whose
 * server is unreachable has no samples, and blocks nothing else.
 */
import { statfsSync, type StatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { type Attributes, seriesKey } from '@openmanager/protocol';
import { type Choice, type Chosen, chooser } from './choice.ts';
import type { Source } from './collector.ts';
import { DeviceTable, type DeviceRow } from './device-table.ts';
import { larger } from './fold.ts';
import { rawPath } from './raw-name.ts';
import { type Mount, parseMounts } from './mounts.ts';
import { TextFile } from './text-file.ts';

const LIMIT = 64;
const READ_EVERY_MS = 5_000;
/** Concurrent background requests: each may block one of Node's four file threads. */
const REMOTE_IN_FLIGHT = 2;

/** How much fuller a filesystem must be than one that is listed, of space or of inodes. */
const FULLER = 0.02;

export type StatFs = (path: string | Buffer) => StatsFs;
export type RemoteStatFs = (path: string | Buffer) => Promise<StatsFs>;

export interface FilesystemOptions {
  readonly root: string;
  readonly statFs?: StatFs;
  readonly remoteStatFs?: RemoteStatFs;
  /** By mount point, device or type. */
  readonly choice?: Choice;
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
  ];
}

export class FilesystemSource implements Source {
  readonly #root: string;
  readonly #file: TextFile;
  readonly #statFs: StatFs;
  readonly #remoteStatFs: RemoteStatFs;
  readonly #table: DeviceTable;
  readonly #chosen: Chosen;
  #mounts = new Map<string, Mount>();
  #mountText = '';
  /** Mounts without a size: they hold no data, whatever their type. */
  readonly #empty = new Set<string>();
  readonly #asked = new Set<string>();
  readonly #answers = new Map<string, StatsFs>();
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(options: FilesystemOptions) {
    this.#root = options.root;
    this.#statFs = options.statFs ?? statfsSync;
    this.#remoteStatFs = options.remoteStatFs ?? statfs;
    this.#chosen = chooser(options.choice);
    this.#file = new TextFile(`${options.root}/proc/self/mountinfo`);
    this.#table = new DeviceTable({
      totals: ['system.filesystem.utilization'],
      keysOf: (id) => keysOf(this.#mounts.get(id) as Mount),
      counters: 0,
      wanted: () => true,
      limit: LIMIT,
      rank: ({ values }) => larger(values[0] as number, values[4] as number),
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

  read(nowMs: number): void {
    if (nowMs - this.#lastMs < READ_EVERY_MS - 100) return;
    this.#lastMs = nowMs;
    this.#readMounts();
    this.#table.begin();
    for (const [id, mount] of this.#mounts) {
      const stats = mount.remote ? this.#ask(mount) : this.#local(mount);
      if (stats?.blocks === 0) this.#empty.add(id);
      else if (stats) this.#empty.delete(id);
      if (this.#empty.has(id)) continue;
      const row = this.#table.row(id);
      if (row) fill(row, stats);
    }
    this.#table.end();
    let worst = Number.NaN;
    for (const { values } of this.#table) worst = larger(worst, values[0] as number);
    this.values[0] = worst;
  }

  close(): void {
    this.#file.close();
  }

  #readMounts(): void {
    const text = this.#file.read()?.raw() ?? '';
    if (text === this.#mountText) return;
    this.#mountText = text;
    this.#mounts = new Map(
      parseMounts(text, this.#root, this.#chosen).map((mount) => [mount.id, mount]),
    );
  }

  #local(mount: Mount): StatsFs | undefined {
    try {
      return this.#statFs(rawPath(this.#root, mount.path));
    } catch {
      return undefined;
    }
  }

  /** The answer to the question before; asks the next unless that one is still open. */
  #ask(mount: Mount): StatsFs | undefined {
    const { path } = mount;
    const answer = this.#answers.get(path);
    this.#answers.delete(path);
    if (this.#asked.has(path) || this.#asked.size >= REMOTE_IN_FLIGHT) return answer;
    this.#asked.add(path);
    void this.#remoteStatFs(rawPath(this.#root, path))
      .then(
        (found) => void this.#answers.set(path, found),
        () => undefined,
      )
      .finally(() => this.#asked.delete(path));
    return answer;
  }
}

function fill({ values }: DeviceRow, stats: StatsFs | undefined): void {
  if (!stats) return void values.fill(Number.NaN);
  // Some filesystems report more free than there is, or a reserve that is overdrawn as a huge number.
  const free = Math.min(stats.bfree, stats.blocks);
  const available = Math.min(stats.bavail, free);
  const used = stats.blocks - free;
  values[0] = used / (used + available);
  values[1] = used * stats.bsize;
  values[2] = available * stats.bsize;
  values[3] = stats.blocks * stats.bsize;
  values[4] = stats.files > 0 ? 1 - Math.min(stats.ffree, stats.files) / stats.files : Number.NaN;
}
