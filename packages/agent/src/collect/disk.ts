/**
 * /proc/diskstats: what goes to and from disks. Physical devices only: partitions, device-mapper and RAID
 * volumes would count the same bytes again, loop and RAM disks are no disks.
 */
import { existsSync } from 'node:fs';
import { seriesKey } from '@openmanager/protocol';
import type { Source } from './collector.ts';
import { DeviceTable, type DeviceRow } from './device-table.ts';
import { larger, plus } from './fold.ts';
import { counterDelta, LONG_BITS, ratePerSecond } from './rate.ts';
import { TextFile } from './text-file.ts';

/** Linux counts sectors of 512 bytes whatever the device has. */
const SECTOR_BYTES = 512;
const LIMIT = 64;
const NEVER = /^(?:loop|ram|zram|sr|fd|dm-|md|nbd)\d*/;
const BY_NAME = /^(?:[shv]d[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+)$/;

const io = (device: string | undefined, direction: string): string =>
  seriesKey('system.disk.io', {
    ...(device === undefined ? {} : { 'system.device': device }),
    'disk.io.direction': direction,
  });
const operations = (device: string, direction: string): string =>
  seriesKey('system.disk.operations', { 'system.device': device, 'disk.io.direction': direction });

/** Kernels count operations and sectors as unsigned long, busy milliseconds as unsigned int. */
const OPERATIONS_READ = 0;
const SECTORS_READ = 1;
const OPERATIONS_WRITTEN = 2;
const SECTORS_WRITTEN = 3;
const BUSY_MS = 4;
const COUNTERS = 5;

export class DiskSource implements Source {
  readonly #file: TextFile;
  readonly #table: DeviceTable;
  readonly #counters = new Float64Array(COUNTERS);
  #previousMs = Number.NaN;

  constructor(root: string) {
    this.#file = new TextFile(`${root}/proc/diskstats`);
    const folder = `${root}/sys/block`;
    const hasFolder = existsSync(folder);
    this.#table = new DeviceTable({
      totals: [io(undefined, 'read'), io(undefined, 'write'), 'system.disk.io_time'],
      keysOf: (device) => [
        io(device, 'read'),
        io(device, 'write'),
        operations(device, 'read'),
        operations(device, 'write'),
        seriesKey('system.disk.io_time', { 'system.device': device }),
      ],
      counters: COUNTERS,
      // A partition has no folder of its own in /sys/block, a virtual device has no `device` in it.
      wanted: (device) =>
        !NEVER.test(device) &&
        (hasFolder
          ? existsSync(`${folder}/${device.replaceAll('/', '!')}/device`)
          : BY_NAME.test(device)),
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
      text.skipFields(1);
      counters[OPERATIONS_WRITTEN] = text.number();
      text.skipFields(1);
      counters[SECTORS_WRITTEN] = text.number();
      text.skipFields(2);
      counters[BUSY_MS] = text.number();
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
          counter === BUSY_MS ? 32 : LONG_BITS,
        ),
        elapsedMs,
      );
    values[0] = rate(SECTORS_READ) * SECTOR_BYTES;
    values[1] = rate(SECTORS_WRITTEN) * SECTOR_BYTES;
    values[2] = rate(OPERATIONS_READ);
    values[3] = rate(OPERATIONS_WRITTEN);
    values[4] = Math.min(1, rate(BUSY_MS) / 1000);
    previous.set(counters);
  }

  /** Sums of bytes, the busiest device for time. NaN (no disk, first step) stays NaN. */
  #totals(): void {
    let read = Number.NaN;
    let written = Number.NaN;
    let busiest = Number.NaN;
    for (const { values } of this.#table) {
      read = plus(read, values[0] as number);
      written = plus(written, values[1] as number);
      busiest = larger(busiest, values[4] as number);
    }
    this.values[0] = read;
    this.values[1] = written;
    this.values[2] = busiest;
  }
}
