/**
 * Space and inodes of mounted filesystems, as df reports them. Space changes slowly, so it is read every 5 s and held
 * in between. Network filesystems are read in the background: one whose server is unreachable has no samples, and
 * blocks nothing else.
 */
import { statfsSync, type StatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { type Attributes, seriesKey } from '@openmanager/protocol';
import type { Source } from './collector.ts';
import { DeviceTable, type DeviceRow } from './device-table.ts';
import { larger } from './fold.ts';
import { type Mount, parseMounts } from './mounts.ts';
import { TextFile } from './text-file.ts';

const LIMIT = 64;
const READ_EVERY_MS = 5_000;
/** Concurrent background requests: each may block one of Node's four file threads. */
const REMOTE_IN_FLIGHT = 2;

export type StatFs = (path: string) => StatsFs;
export type RemoteStatFs = (path: string) => Promise<StatsFs>;

export interface FilesystemOptions {
  readonly root: string;
  readonly statFs?: StatFs;
  readonly remoteStatFs?: RemoteStatFs;
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
  #mounts = new Map<string, Mount>();
  #mountText = '';
  readonly #asked = new Set<string>();
  readonly #answers = new Map<string, StatsFs>();
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(options: FilesystemOptions) {
    this.#root = options.root;
    this.#statFs = options.statFs ?? statfsSync;
    this.#remoteStatFs = options.remoteStatFs ?? statfs;
    this.#file = new TextFile(`${options.root}/proc/self/mountinfo`);
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

  read(nowMs: number): void {
    if (nowMs - this.#lastMs < READ_EVERY_MS - 100) return;
    this.#lastMs = nowMs;
    this.#readMounts();
    this.#table.begin();
    for (const [id, mount] of this.#mounts) {
      const row = this.#table.row(id);
      if (row) fill(row, mount.remote ? this.#ask(mount) : this.#local(mount));
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
    const text = this.#file.read()?.text() ?? '';
    if (text === this.#mountText) return;
    this.#mountText = text;
    this.#mounts = new Map(
      parseMounts(text, this.#root).map((mount) => [
        `${mount.mountpoint} ${mount.device} ${mount.type}`,
        mount,
      ]),
    );
  }

  #local(mount: Mount): StatsFs | undefined {
    try {
      return this.#statFs(this.#root + mount.mountpoint);
    } catch {
      return undefined;
    }
  }

  /** The answer to the question before; asks the next unless that one is still open. */
  #ask(mount: Mount): StatsFs | undefined {
    const { mountpoint } = mount;
    const answer = this.#answers.get(mountpoint);
    this.#answers.delete(mountpoint);
    if (this.#asked.has(mountpoint) || this.#asked.size >= REMOTE_IN_FLIGHT) return answer;
    this.#asked.add(mountpoint);
    void this.#remoteStatFs(this.#root + mountpoint)
      .then(
        (found) => void this.#answers.set(mountpoint, found),
        () => undefined,
      )
      .finally(() => this.#asked.delete(mountpoint));
    return answer;
  }
}

function fill({ values }: DeviceRow, stats: StatsFs | undefined): void {
  if (!stats || stats.blocks === 0) return void values.fill(Number.NaN);
  const used = stats.blocks - stats.bfree;
  values[0] = used / (used + stats.bavail);
  values[1] = used * stats.bsize;
  values[2] = stats.bavail * stats.bsize;
  values[3] = stats.blocks * stats.bsize;
  values[4] = stats.files > 0 ? 1 - stats.ffree / stats.files : Number.NaN;
}
