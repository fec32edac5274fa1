/**
 * /proc/diskstats: what goes to and from disks. Each byte once: partitions, device-mapper and RAID volumes stand on
 * other disks, and the paths of a multipath NVMe disk on the disk itself. Busiest first where there are too many.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { seriesKey } from '@openmanager/protocol';
import { type Choice, chooser } from './choice.ts';
import type { Source } from './collector.ts';
import { DeviceTable, type DeviceRow } from './device-table.ts';
import { larger, plus } from './fold.ts';
import { counterDelta, LONG_BITS, ratePerSecond } from './rate.ts';
import { rawPath, shownName } from './raw-name.ts';
import { TextFile } from './text-file.ts';

/** Linux counts sectors of 512 bytes whatever the device has. */
const SECTOR_BYTES = 512;
const LIMIT = 64;
/** In memory, or another name for a file or a drive. */
const NEVER = /^(?:loop|ram|zram|sr|fd)\d*$/;
/** A path to a disk that has a name of its own: nvme0c1n1 to nvme0n1. */
const PATH = /^nvme\d+c\d+n\d+$/;
/** Whole disks, for where sysfs cannot be asked. */
const BY_NAME =
  /^(?:[shv]d[a-z]+|xvd[a-z]+|dasd[a-z]+|nvme\d+n\d+|mmcblk\d+|rbd\d+|pmem\d+|cciss\/c\d+d\d+)$/;
/** How much of a second, on average over the last minutes, a disk must be busier than one that is listed. */
const BUSIER = 0.05;
/** Share of a new value in the average by which disks are ranked. */
const NEWEST = 0.02;

const io = (device: string | undefined, direction: string): string =>
  seriesKey('system.disk.io', {
    ...(device === undefined ? {} : { 'system.device': device }),
    'disk.io.direction': direction,
  });
const latency = (device: string, direction: string): string =>
  seriesKey('system.linux.disk.latency', {
    'system.device': device,
    'disk.io.direction': direction,
  });
const operations = (device: string, direction: string): string =>
  seriesKey('system.disk.operations', { 'system.device': device, 'disk.io.direction': direction });

/** Kernels count operations and sectors as unsigned long, milliseconds as unsigned int. */
const OPERATIONS_READ = 0;
const SECTORS_READ = 1;
const OPERATIONS_WRITTEN = 2;
const SECTORS_WRITTEN = 3;
const READ_MS = 4;
const WRITTEN_MS = 5;
const BUSY_MS = 6;
/** Time of all operations together: each millisecond counts as often as there are operations under way. */
const WAITED_MS = 7;
const COUNTERS = 8;

export class DiskSource implements Source {
  readonly #file: TextFile;
  readonly #table: DeviceTable;
  readonly #counters = new Float64Array(COUNTERS);
  /** Disks that are summed; others are listed because somebody wants to see them. */
  readonly #counted = new Set<string>();
  #previousMs = Number.NaN;

  constructor(root: string, asked?: Choice) {
    this.#file = new TextFile(`${root}/proc/diskstats`);
    const folder = `${root}/sys/block`;
    const hasFolder = existsSync(folder);
    const isDisk = (device: string): boolean =>
      !NEVER.test(device) &&
      (hasFolder ? isPhysical(folder, device) : BY_NAME.test(device) && !PATH.test(device));
    const chosen = chooser(asked);
    // A machine whose only disks are on the network, such as nbd0, has no physical one.
    const anyDisk = !hasFolder || list(folder).some((device) => isDisk(device));
    this.#table = new DeviceTable({
      totals: [io(undefined, 'read'), io(undefined, 'write'), 'system.disk.io_time'],
      keysOf: (name) => {
        const device = shownName(name);
        return [
          io(device, 'read'),
          io(device, 'write'),
          operations(device, 'read'),
          operations(device, 'write'),
          seriesKey('system.disk.io_time', { 'system.device': device }),
          latency(device, 'read'),
          latency(device, 'write'),
          seriesKey('system.linux.disk.queue', { 'system.device': device }),
        ];
      },
      counters: COUNTERS,
      wanted: (device) => {
        const choice = chosen(shownName(device));
        const counts = choice !== false && (anyDisk ? isDisk(device) : isLeaf(folder, device));
        if (counts) this.#counted.add(device);
        return counts || choice === true;
      },
      limit: LIMIT,
      rank: ({ rank, values }) => {
        const busy = values[4] as number;
        return Number.isNaN(rank) ? busy : rank + NEWEST * (busy - rank);
      },
      margin: BUSIER,
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
    const text = this.#file.read();
    this.#table.begin();
    for (; text && !text.done; text.nextLine()) {
      text.skipFields(2);
      const row = this.#table.row(text.word());
      if (!row) continue;
      const counters = this.#counters;
      counters[OPERATIONS_READ] = text.number();
      text.skipFields(1);
      counters[SECTORS_READ] = text.number();
      counters[READ_MS] = text.number();
      counters[OPERATIONS_WRITTEN] = text.number();
      text.skipFields(1);
      counters[SECTORS_WRITTEN] = text.number();
      counters[WRITTEN_MS] = text.number();
      text.skipFields(1);
      counters[BUSY_MS] = text.number();
      counters[WAITED_MS] = text.number();
      this.#rates(row, nowMs - this.#previousMs);
    }
    this.#table.end();
    this.#totals();
    this.#previousMs = nowMs;
  }

  close(): void {
    this.#file.close();
  }

  #rates({ values, previous }: DeviceRow, elapsedMs: number): void {
    const counters = this.#counters;
    const rate = (counter: number): number =>
      ratePerSecond(
        counterDelta(
          previous[counter] as number,
          counters[counter] as number,
          counter >= READ_MS ? 32 : LONG_BITS,
        ),
        elapsedMs,
      );
    values[0] = rate(SECTORS_READ) * SECTOR_BYTES;
    values[1] = rate(SECTORS_WRITTEN) * SECTOR_BYTES;
    values[2] = rate(OPERATIONS_READ);
    values[3] = rate(OPERATIONS_WRITTEN);
    values[4] = Math.min(1, rate(BUSY_MS) / 1000);
    // An idle disk has no latency: nothing waited for it.
    values[5] = rate(READ_MS) / 1000 / (values[2] || Number.NaN);
    values[6] = rate(WRITTEN_MS) / 1000 / (values[3] || Number.NaN);
    values[7] = rate(WAITED_MS) / 1000;
    previous.set(counters);
  }

  /** Sums of bytes, the busiest device for time. NaN (no disk, first step) stays NaN. */
  #totals(): void {
    let read = Number.NaN;
    let written = Number.NaN;
    let busiest = Number.NaN;
    for (const { name, values } of this.#table) {
      if (!this.#counted.has(name)) continue;
      read = plus(read, values[0] as number);
      written = plus(written, values[1] as number);
      busiest = larger(busiest, values[4] as number);
    }
    this.values[0] = read;
    this.values[1] = written;
    this.values[2] = busiest;
  }
}

/** sysfs writes the slashes of names such as cciss/c0d0 as exclamation marks. */
const below = (folder: string, device: string, file: string): string | Buffer =>
  rawPath(`${folder}/`, `${device.replaceAll('/', '!')}/${file}`);

/** A partition has no folder of its own in /sys/block, a virtual device has no `device` in it. */
function isPhysical(folder: string, device: string): boolean {
  return existsSync(below(folder, device, 'device')) && !isHidden(folder, device);
}

/** The kernel hides what is only a path to another disk. */
function isHidden(folder: string, device: string): boolean {
  if (PATH.test(device)) return true;
  try {
    return readFileSync(below(folder, device, 'hidden'), 'latin1').trim() === '1';
  } catch {
    return false;
  }
}

/** Whether it is a whole device that stands on no other one. */
function isLeaf(folder: string, device: string): boolean {
  return (
    !NEVER.test(device) &&
    existsSync(below(folder, device, '')) &&
    list(below(folder, device, 'slaves')).length === 0
  );
}

function list(folder: string | Buffer): string[] {
  try {
    return readdirSync(folder, 'latin1').map((name) => name.replaceAll('!', '/'));
  } catch {
    return [];
  }
}
