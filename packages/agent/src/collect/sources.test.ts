import type { StatsFs } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { type Fixture, fixture, valuesOf } from '../../test/fixture.ts';
import { CpuSource } from './cpu.ts';
import { DiskSource } from './disk.ts';
import { FilesystemSource } from './filesystem.ts';
import { LoadSource } from './load.ts';
import { MemorySource } from './memory.ts';
import { NetworkSource } from './network.ts';
import { PressureSource } from './pressure.ts';
import { TemperatureSource } from './temperature.ts';
import { UptimeSource } from './uptime.ts';

const trees: Fixture[] = [];
function tree(files: Readonly<Record<string, string>>): Fixture {
  const made = fixture(files);
  trees.push(made);
  return made;
}
afterEach(() => {
  for (const made of trees.splice(0)) made.remove();
});

describe('cpu', () => {
  const stat = (user: number, idle: number, core1Idle = idle / 2): string =>
    `cpu  ${user} 0 0 ${idle} 0 0 0 0 0 0\ncpu0 ${user} 0 0 ${idle / 2} 0 0 0 0 0 0\ncpu1 0 0 0 ${core1Idle} 0 0 0 0 0 0\nintr 5 0\n`;

  it('tells the share of each mode since the step before', () => {
    const { root, write } = tree({
      '/proc/stat': 'cpu  10 10 10 10 10 10 10 10 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\nintr 1\n',
    });
    const cpu = new CpuSource(root);
    cpu.read();
    expect(valuesOf(cpu)['system.cpu.utilization']).toBeNaN();
    write('/proc/stat', 'cpu  20 10 20 50 20 15 15 10 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\nintr 1\n');
    cpu.read();
    const values = valuesOf(cpu);
    expect(values['system.cpu.utilization{cpu.mode="user"}']).toBeCloseTo(10 / 80);
    expect(values['system.cpu.utilization{cpu.mode="interrupt"}']).toBeCloseTo(10 / 80);
    expect(values['system.cpu.utilization{cpu.mode="iowait"}']).toBeCloseTo(10 / 80);
    expect(values['system.cpu.utilization']).toBeCloseTo(1 - 50 / 80);
    expect(values['system.cpu.logical.count']).toBe(1);
    cpu.close();
  });

  it('adds the cores while they are wanted', () => {
    const { root, write } = tree({ '/proc/stat': stat(0, 0) });
    const cpu = new CpuSource(root);
    cpu.read();
    const without = cpu.keys;
    cpu.perCore = true;
    write('/proc/stat', stat(50, 100, 50));
    cpu.read();
    write('/proc/stat', stat(150, 300, 50));
    cpu.read();
    expect(valuesOf(cpu)['system.cpu.utilization{cpu.logical_number="0"}']).toBeCloseTo(0.5);
    expect(valuesOf(cpu)['system.cpu.utilization{cpu.logical_number="1"}']).toBeNaN();
    cpu.perCore = false;
    cpu.read();
    expect(cpu.keys).toBe(without);
    cpu.close();
  });

  it('does not take a counter that goes back a little for a jump', () => {
    const { root, write } = tree({ '/proc/stat': 'cpu  100 0 0 100 100 0 0 0\n' });
    const cpu = new CpuSource(root);
    cpu.read();
    write('/proc/stat', 'cpu  110 0 0 110 099 0 0 0\n');
    cpu.read();
    expect(valuesOf(cpu)['system.cpu.utilization']).toBeCloseTo(0.5);
    cpu.close();
  });
});

it('memory: available counts as free, swap series come with swap', () => {
  const { root, write } = tree({
    '/proc/meminfo':
      'MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 400 kB\nBuffers: 50 kB\nCached: 200 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\nSReclaimable: 50 kB\n',
    '/proc/vmstat': 'nr_free 1\npswpin 100\npswpout 200\n',
  });
  const memory = new MemorySource(root);
  memory.read(0);
  expect(valuesOf(memory)).toMatchObject({
    'system.memory.utilization': 0.6,
    'system.memory.usage{system.memory.state="used"}': 600 * 1024,
    'system.memory.usage{system.memory.state="cached"}': 250 * 1024,
    'system.memory.limit': 1000 * 1024,
    'system.paging.utilization': Number.NaN,
  });
  write(
    '/proc/meminfo',
    'MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 400 kB\nSwapTotal: 100 kB\nSwapFree: 75 kB\n',
  );
  memory.read(1000);
  write('/proc/vmstat', 'nr_free 1\npswpin 110\npswpout 240\n');
  memory.read(3000);
  expect(valuesOf(memory)).toMatchObject({
    'system.paging.utilization': 0.25,
    'system.paging.operations{system.paging.direction="in"}': 5,
    'system.paging.operations{system.paging.direction="out"}': 20,
  });
  memory.close();
});

it('load and uptime', () => {
  const { root } = tree({
    '/proc/loadavg': '0.52 1.25 10.00 2/345 6789\n',
    '/proc/uptime': '3600.25 7000.00\n',
  });
  const load = new LoadSource(root);
  load.read();
  expect([...load.values]).toEqual([0.52, 1.25, 10]);
  const uptime = new UptimeSource(root);
  uptime.read();
  expect([...uptime.values]).toEqual([3600.25]);
  load.close();
  uptime.close();
});

describe('disks', () => {
  const line = (name: string, reads: number, sectors: number, busyMs: number): string =>
    `   8       0 ${name} ${reads} 0 ${sectors} 0 ${reads} 0 ${sectors} 0 0 ${busyMs} 0 0 0 0 0\n`;

  it('tells physical devices only, their sum and the busiest', () => {
    const { root, write } = tree({
      '/proc/diskstats':
        line('sda', 0, 0, 0) +
        line('sda1', 0, 0, 0) +
        line('loop0', 0, 0, 0) +
        line('dm-0', 0, 0, 0) +
        line('nvme0n1', 0, 0, 0),
      '/sys/block/sda/device/x': '',
      '/sys/block/nvme0n1/device/x': '',
      '/sys/block/loop0/x': '',
      '/sys/block/dm-0/x': '',
    });
    const disk = new DiskSource(root);
    disk.read(0);
    write(
      '/proc/diskstats',
      line('sda', 10, 100, 500) +
        line('sda1', 10, 100, 500) +
        line('dm-0', 9, 9, 9) +
        line('nvme0n1', 20, 200, 900),
    );
    disk.read(1000);
    const values = valuesOf(disk);
    expect(values).toMatchObject({
      'system.disk.io{disk.io.direction="read"}': 300 * 512,
      'system.disk.io_time': 0.9,
      'system.disk.io_time{system.device="sda"}': 0.5,
      'system.disk.operations{disk.io.direction="write",system.device="nvme0n1"}': 20,
    });
    expect(Object.keys(values)).toHaveLength(3 + 2 * 8);
    disk.close();
  });

  it('follows devices that come and go', () => {
    const { root, write } = tree({ '/proc/diskstats': line('sda', 0, 0, 0) });
    const disk = new DiskSource(root);
    disk.read(0);
    const keys = disk.keys;
    write('/proc/diskstats', line('sda', 0, 0, 0) + line('sdb', 5, 5, 5));
    disk.read(1000);
    expect(disk.keys).toHaveLength(keys.length + 8);
    write('/proc/diskstats', line('sdb', 7, 5, 5));
    disk.read(2000);
    expect(
      valuesOf(disk)['system.disk.operations{disk.io.direction="read",system.device="sdb"}'],
    ).toBe(2);
    expect(disk.keys.some((key) => key.includes('sda'))).toBe(false);
    disk.close();
  });

  it('stops at 64 devices', () => {
    const lines = Array.from({ length: 80 }, (_, index) => line(`nvme${index}n1`, 1, 1, 1)).join(
      '',
    );
    const disk = new DiskSource(tree({ '/proc/diskstats': lines }).root);
    disk.read(0);
    expect(disk.keys).toHaveLength(3 + 64 * 8);
    disk.close();
  });
});

describe('network', () => {
  const head = 'Inter-| Receive\n face |bytes\n';
  const line = (name: string, bytes: number): string =>
    `${name.padStart(6)}: ${bytes} ${bytes / 100} 1 2 0 0 0 0 ${bytes * 2} 7 3 4 0 0 0 0\n`;

  it('sums physical interfaces, and shows no ends of other cables', () => {
    const { root, write } = tree({
      '/proc/self/net/dev':
        head + line('lo', 0) + line('eth0', 0) + line('wg0', 0) + line('veth12', 0),
      '/sys/class/net/eth0/device/x': '',
    });
    const network = new NetworkSource(root);
    network.read(0);
    write(
      '/proc/self/net/dev',
      head + line('lo', 900) + line('eth0', 1000) + line('wg0', 300) + line('veth12', 100),
    );
    network.read(2000);
    const values = valuesOf(network);
    expect(values).toMatchObject({
      'system.network.io{network.io.direction="receive"}': 500,
      'system.network.io{network.io.direction="transmit"}': 1000,
      'system.network.io{network.interface.name="wg0",network.io.direction="receive"}': 150,
      'system.network.packet.count{network.interface.name="eth0",network.io.direction="receive"}': 5,
      'system.network.errors{network.interface.name="eth0",network.io.direction="transmit"}': 0,
    });
    expect(Object.keys(values)).toHaveLength(2 + 2 * 8);
    network.close();
  });

  it('sums what there is where no interface is physical', () => {
    const { root, write } = tree({ '/proc/self/net/dev': head + line('eth0', 0) });
    const network = new NetworkSource(root);
    network.read(0);
    write('/proc/self/net/dev', head + line('eth0', 1000));
    network.read(1000);
    expect(network.values[0]).toBe(1000);
    network.close();
  });
});

describe('filesystems', () => {
  const stats = (used: number): StatsFs =>
    ({
      type: 0,
      bsize: 4096,
      blocks: 100,
      bfree: 100 - used,
      bavail: 90 - used,
      files: 1000,
      ffree: 750,
    }) as StatsFs;
  const mounts = [
    '22 1 0:21 / /proc rw - proc proc rw',
    '27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw',
    '28 27 254:0 /docker /var/lib/docker/long rw - ext4 /dev/vda rw',
    '30 27 254:1 / /srv/my\\040data rw - xfs /dev/vdb rw',
    '31 27 0:30 / /run rw - tmpfs tmpfs rw',
    '32 27 7:0 / /snap/x ro - squashfs /dev/loop0 ro',
    '33 27 0:40 / /mnt/nfs rw - nfs4 server:/export rw',
  ].join('\n');
  const files = {
    '/proc/self/mountinfo': mounts,
    '/srv/my data/x': '',
    '/var/lib/docker/long/x': '',
  };

  it('tells each real filesystem once, as df does, and the fullest', () => {
    const { root } = tree(files);
    const filesystems = new FilesystemSource({
      root,
      ask: (path, _isNew, answer) => {
        if (path.endsWith('my data')) answer(stats(81));
        else if (!path.endsWith('nfs')) answer(stats(45));
      },
    });
    filesystems.read(0);
    const values = valuesOf(filesystems);
    const data = 'system.device="/dev/vdb",system.filesystem.mountpoint="/srv/my data"';
    expect(values).toMatchObject({
      'system.filesystem.utilization': 0.9,
      [`system.filesystem.utilization{${data},system.filesystem.type="xfs"}`]: 0.9,
      [`system.filesystem.usage{${data},system.filesystem.state="free",system.filesystem.type="xfs"}`]:
        9 * 4096,
      [`system.filesystem.inodes.utilization{${data},system.filesystem.type="xfs"}`]: 0.25,
    });
    const places = new Set(filesystems.keys.map((key) => /mountpoint="([^"]*)"/.exec(key)?.[1]));
    expect(places).toEqual(new Set([undefined, '/', '/srv/my data', '/mnt/nfs']));
    filesystems.close();
  });

  it('takes what a bind-mounted file hides in its place', () => {
    const { root } = tree({
      '/proc/self/mountinfo': [
        '28 27 254:0 /hosts /etc/hosts rw - ext4 /dev/vda rw',
        '29 27 254:0 /data /srv/containers/data rw - ext4 /dev/vda rw',
      ].join('\n'),
    });
    const filesystems = new FilesystemSource({
      root,
      ask: (path, isNew, answer) =>
        answer(path.endsWith('hosts') ? 'file' : stats(isNew ? 45 : 81)),
    });
    filesystems.read(0);
    expect(filesystems.keys.filter((key) => key.includes('hosts'))).toEqual([]);
    expect(valuesOf(filesystems)['system.filesystem.utilization']).toBe(0.5);
    filesystems.read(5_000);
    filesystems.read(10_000);
    expect(valuesOf(filesystems)['system.filesystem.utilization']).toBe(0.9);
    filesystems.close();
  });
});

it('pressure: exact share of the step, and no series where the kernel tells none', () => {
  const line = (some: number, fullUs: number): string =>
    `some avg10=0.36 avg60=0.06 avg300=0.01 total=${some}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=${fullUs}\n`;
  const { root, write } = tree({ '/proc/pressure/io': line(0, 0) });
  const pressure = new PressureSource(root);
  pressure.read(0);
  write('/proc/pressure/io', line(500_000, 100_000));
  pressure.read(1000);
  expect(valuesOf(pressure)).toMatchObject({
    'system.linux.pressure.stall{kind="some",resource="io"}': 0.5,
    'system.linux.pressure.stall{kind="full",resource="io"}': 0.1,
  });
  const none = new PressureSource(tree({}).root);
  none.read(0);
  expect(none.keys).toEqual([]);
  pressure.close();
});

describe('temperatures', () => {
  it('names sensors by chip, and by device where chips repeat', () => {
    const { root } = tree({
      '/sys/class/hwmon/hwmon0/name': 'coretemp\n',
      '/sys/class/hwmon/hwmon0/temp1_input': '45500\n',
      '/sys/class/hwmon/hwmon0/temp1_label': 'Package id 0\n',
      '/sys/class/hwmon/hwmon1/name': 'nvme\n',
      '/sys/class/hwmon/hwmon1/temp1_input': '-273150\n',
      '/sys/class/hwmon/hwmon2/name': 'nvme\n',
      '/sys/class/hwmon/hwmon2/temp1_input': '38000\n',
      '/sys/class/thermal/thermal_zone0/temp': '99000\n',
    });
    const temperatures = new TemperatureSource(root);
    temperatures.read(0);
    expect(valuesOf(temperatures)).toEqual({
      'hw.temperature': 45.5,
      'hw.temperature{hw.id="coretemp_temp1",hw.name="Package id 0"}': 45.5,
      'hw.temperature{hw.id="nvme_hwmon1_temp1",hw.name="nvme"}': Number.NaN,
      'hw.temperature{hw.id="nvme_hwmon2_temp1",hw.name="nvme"}': 38,
      'hw.temperature{hw.id="thermal_zone0",hw.name="thermal_zone0"}': 99,
    });
    temperatures.close();
  });

  it('falls back to thermal zones', () => {
    const { root } = tree({
      '/sys/class/thermal/thermal_zone0/temp': '51000\n',
      '/sys/class/thermal/thermal_zone0/type': 'cpu-thermal\n',
    });
    const temperatures = new TemperatureSource(root);
    temperatures.read(0);
    expect(
      valuesOf(temperatures)['hw.temperature{hw.id="thermal_zone0",hw.name="cpu-thermal"}'],
    ).toBe(51);
    temperatures.close();
  });
});
