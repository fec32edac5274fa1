import { afterEach, describe, expect, it } from 'vitest';
import { type Fixture, fixture, valuesOf } from '../../test/fixture.ts';
import type { Choice } from './choice.ts';
import { DiskSource } from './disk.ts';

let tree: Fixture;
afterEach(() => tree.remove());

/** Sectors that each device has read and the milliseconds that it was busy. */
type Counts = Readonly<Record<string, number>>;

const diskstats = (counts: Counts): string =>
  Object.entries(counts)
    .map(([name, count]) => `   8 0 ${name} 1 0 ${count} 0 1 0 ${count} 0 0 ${count} 0 0 0 0 0\n`)
    .join('');

const zero = (counts: Counts): Counts =>
  Object.fromEntries(Object.keys(counts).map((name) => [name, 0]));

/** Sectors per second in all, of a machine with these folders in /sys/block. */
function sectors(counts: Counts, folders: readonly string[], choice?: Choice): number {
  tree = fixture({ '/proc/diskstats': diskstats(zero(counts)) });
  for (const folder of folders) tree.write(`/sys/block/${folder}`, '1\n');
  const disk = new DiskSource(tree.root, choice);
  disk.read(0);
  tree.write('/proc/diskstats', diskstats(counts));
  disk.read(1000);
  disk.close();
  return (disk.values[0] as number) / 512;
}

describe('each byte is counted once', () => {
  it.each<[string, Counts, readonly string[], number]>([
    [
      'paths of a multipath NVMe disk, which the kernel hides',
      { nvme0n1: 100, nvme0c0n1: 60, nvme0c1n1: 40 },
      ['nvme0n1/device/x', 'nvme0c0n1/device/x', 'nvme0c1n1/device/x', 'nvme0c1n1/hidden'],
      100,
    ],
    [
      'any other disk that is hidden',
      { sda: 100, sdx: 100 },
      ['sda/device/x', 'sdx/device/x', 'sdx/hidden'],
      100,
    ],
    [
      'two paths of a SCSI disk and what is made of them',
      { sda: 60, sdb: 40, 'dm-0': 100, 'dm-1': 100 },
      ['sda/device/x', 'sdb/device/x', 'dm-0/slaves/sda/x', 'dm-1/slaves/dm-0/x'],
      100,
    ],
    [
      'RAID, its members, their partitions and a loop over a file',
      { sda: 100, sda1: 100, sdb: 100, sdb1: 100, md0: 100, loop0: 30, zram0: 9, sr0: 1 },
      ['sda/device/x', 'sdb/device/x', 'md0/slaves/sda1/x', 'loop0/x', 'zram0/x', 'sr0/device/x'],
      200,
    ],
    [
      'a name with a slash',
      { 'cciss/c0d0': 100, 'cciss/c0d0p1': 100 },
      ['cciss!c0d0/device/x'],
      100,
    ],
    [
      'a machine whose only disk is on the network',
      { nbd0: 100, nbd0p1: 90, 'dm-0': 80, loop0: 5, sr0: 0 },
      ['nbd0/size', 'dm-0/slaves/nbd0/x', 'loop0/size', 'sr0/device/x'],
      100,
    ],
    [
      'without sysfs',
      { sda: 100, sda1: 100, nvme0n1: 50, nvme0n1p1: 50, nvme0c0n1: 50, dasda: 20, 'dm-0': 9 },
      [],
      170,
    ],
  ])('%s', (...[, counts, folders, expected]) => {
    expect(sectors(counts, folders)).toBe(expected);
  });
});

it('of 80 disks the busy ones are listed, all are summed, and the busiest is one of all', () => {
  const names = Array.from({ length: 80 }, (_, at) => `nvme${at}n1`);
  tree = fixture({
    '/proc/diskstats': diskstats(Object.fromEntries(names.map((name) => [name, 0]))),
  });
  const disk = new DiskSource(tree.root);
  disk.read(0);
  for (let second = 1; second <= 300; second++) {
    // The last one is busy all the time.
    const counts = names.map((name, at): [string, number] => [
      name,
      second * (at === 79 ? 900 : 1),
    ]);
    tree.write('/proc/diskstats', diskstats(Object.fromEntries(counts)));
    disk.read(second * 1000);
  }
  expect(disk.notListed).toBe(16);
  const values = valuesOf(disk);
  expect(values['system.disk.io_time']).toBeCloseTo(0.9);
  expect(values['system.disk.io{disk.io.direction="read"}']).toBe((79 + 900) * 512);
  expect(values['system.disk.io_time{system.device="nvme79n1"}']).toBeCloseTo(0.9);
  expect(new Set(disk.keys.map((key) => /device="([^"]*)"/.exec(key)?.[1])).size).toBe(1 + 64);
  disk.close();
});

it('by choice: left out of the sum, or listed beside it', () => {
  const folders = ['sda/device/x', 'sdb/device/x', 'dm-0/slaves/sda/x'];
  const counts = { sda: 100, sdb: 50, 'dm-0': 100 };
  expect(sectors(counts, folders, { exclude: ['sdb'], include: ['dm-*'] })).toBe(100);
});
