import { spawn } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { needs } from '../../../../scripts/peers/needs.ts';
import { peerPath } from '../../../../scripts/peers/table.ts';
import { type Fixture, fixture, valuesOf } from '../../test/fixture.ts';
import { btrfsReader } from './btrfs.ts';
import { askChrony, chronyFloat, decodeTracking } from './chrony.ts';
import { conntrackReader } from './conntrack.ts';
import { cpuFrequencyReader } from './cpu-frequency.ts';
import { cpuThrottleReader } from './cpu-throttle.ts';
import { edacReader } from './edac.ts';
import { fileHandleReader } from './file-handles.ts';
import { hwmonReader } from './hwmon.ts';
import { linkReader } from './links.ts';
import { parseMdstat } from './md.ts';
import { parseMounts } from './mounts.ts';
import { powerReader } from './power.ts';
import { type Reader, ReaderSource } from './readings.ts';
import { clockAsker, TimeSyncSource } from './time-sync.ts';
import { transportReader } from './transport.ts';
import { vmstatReader } from './vmstat.ts';
import { zfsReader } from './zfs.ts';

const trees: Fixture[] = [];
function tree(files: Readonly<Record<string, string>>): Fixture {
  const made = fixture(files);
  trees.push(made);
  return made;
}
afterEach(() => {
  for (const made of trees.splice(0)) made.remove();
});

/** What it tells at 0 and 30 s, with a change in between. */
function twice(
  make: (root: string) => Reader,
  { root }: Fixture,
  change: () => void = () => {},
): Record<string, number> {
  const source = new ReaderSource(make(root));
  source.read(0);
  change();
  source.read(30_000);
  source.close();
  return valuesOf(source);
}

describe('sources that find their series anew', () => {
  it('keep the array of keys while the series are the same, and hold values between readings', () => {
    let found = ['a', 'b'];
    let value = 1;
    const source = new ReaderSource({
      everyMs: 30_000,
      read: (add) => found.forEach((key) => add(key, value)),
    });
    source.read(0);
    const { keys } = source;
    value = 2;
    source.read(5_000);
    expect(valuesOf(source)).toEqual({ a: 1, b: 1 });
    // A timer that is a little early is in time.
    source.read(29_950);
    expect(source.keys).toBe(keys);
    expect(valuesOf(source)).toEqual({ a: 2, b: 2 });
    for (const next of [['a'], ['a', 'c'], ['c', 'a', 'b'], []]) {
      found = next;
      value++;
      source.read(1e6 * value);
      expect(valuesOf(source)).toEqual(Object.fromEntries(next.map((key) => [key, value])));
    }
  });
});

describe('memory', () => {
  it('one OOM kill in five minutes is not rounded away, and kernels that do not count them have no series', () => {
    const made = tree({ '/proc/vmstat': 'pgfault 100\npgmajfault 10\noom_kill 4\n' });
    const values = twice(vmstatReader, made, () =>
      made.write('/proc/vmstat', 'pgfault 400\npgmajfault 40\noom_kill 5\n'),
    );
    expect(values).toEqual({
      'system.paging.faults{system.paging.fault.type="major"}': 1,
      'system.paging.faults{system.paging.fault.type="minor"}': 9,
      'system.linux.memory.oom_kills': 1 / 30,
    });
    const old = twice(vmstatReader, tree({ '/proc/vmstat': 'pgfault 100\npgmajfault 10\n' }));
    expect(Object.keys(old)).toHaveLength(2);
  });

  it('errors of memory controllers: sums over all, the first 32 by name, the others counted', () => {
    const files = Object.fromEntries(
      Array.from({ length: 40 }, (_, mc) => [
        [`/sys/devices/system/edac/mc/mc${mc}/ce_count`, '2\n'],
        [`/sys/devices/system/edac/mc/mc${mc}/ue_count`, mc === 39 ? '1\n' : '0\n'],
      ]).flat() as [string, string][],
    );
    const source = new ReaderSource(edacReader(tree(files).root));
    source.read(0);
    const values = valuesOf(source);
    expect(values['system.linux.edac.errors{error.type="corrected"}']).toBe(80);
    expect(values['system.linux.edac.errors{error.type="uncorrected"}']).toBe(1);
    expect(source.keys).toHaveLength(2 + 2 * 32);
    expect(source.notListed).toBe(8);
  });
});

it('file handles without a bound are a share of nothing', () => {
  const values = twice(
    fileHandleReader,
    tree({ '/proc/sys/fs/file-nr': '992\t0\t9223372036854775807\n' }),
  );
  expect(values['system.linux.file_descriptors.usage']).toBe(992);
  expect(values['system.linux.file_descriptors.utilization']).toBeCloseTo(0, 9);
});

describe('the connection table', () => {
  const folder = '/proc/sys/net/netfilter';
  it('has no series without the module, and is told from the day it is loaded', () => {
    const made = tree({});
    const source = new ReaderSource(conntrackReader(made.root));
    source.read(0);
    expect(source.keys).toEqual([]);
    made.write(`${folder}/nf_conntrack_count`, '900\n');
    made.write(`${folder}/nf_conntrack_max`, '1000\n');
    for (let reads = 1; reads <= 61; reads++) source.read(reads * 5_000);
    expect(valuesOf(source)).toMatchObject({ 'system.linux.conntrack.utilization': 0.9 });
    source.close();
  });
});

describe('TCP and UDP', () => {
  it('errors have a series from the first on, with the rate of that step', () => {
    const snmp = (resets: number, retransmits: number): string =>
      `Tcp: MaxConn EstabResets RetransSegs\nTcp: -1 ${resets} ${retransmits}\n`;
    const made = tree({ '/proc/self/net/snmp': snmp(0, 5) });
    const source = new ReaderSource(transportReader(made.root));
    source.read(0);
    source.read(5_000);
    expect(valuesOf(source)).toEqual({ 'system.linux.tcp.retransmits': 0 });
    made.write('/proc/self/net/snmp', snmp(10, 15));
    source.read(10_000);
    expect(valuesOf(source)).toEqual({
      'system.linux.tcp.retransmits': 2,
      'system.linux.tcp.errors{error.type="reset"}': 2,
    });
    // Counters of a network namespace that was made anew.
    made.write('/proc/self/net/snmp', snmp(1, 0));
    source.read(15_000);
    expect(valuesOf(source)['system.linux.tcp.errors{error.type="reset"}']).toBeNaN();
    source.close();
  });
});

describe('processors', () => {
  const cpus = '/sys/devices/system/cpu';

  it('cores that are clocked together count as many as they are', () => {
    const made = tree({
      [`${cpus}/cpufreq/policy0/scaling_cur_freq`]: '1000000\n',
      [`${cpus}/cpufreq/policy3/scaling_cur_freq`]: '3000000\n',
    });
    for (const [cpu, policy] of [0, 0, 0, 3].entries()) {
      mkdirSync(join(made.root, cpus, `cpu${cpu}`));
      symlinkSync(`../cpufreq/policy${policy}`, join(made.root, cpus, `cpu${cpu}/cpufreq`));
    }
    expect(twice(cpuFrequencyReader, made)).toEqual({ 'system.cpu.frequency': 1.5e9 });
  });

  it('drivers that take 20 ms for a core hold no sample up: the round goes on at the next', () => {
    const made = tree(
      Object.fromEntries(
        Array.from({ length: 10 }, (_, cpu) => [
          `${cpus}/cpu${cpu}/cpufreq/scaling_cur_freq`,
          `${cpu}000000\n`,
        ]),
      ),
    );
    let clock = 0;
    const source = new ReaderSource(cpuFrequencyReader(made.root, () => (clock += 20)));
    for (let sample = 0; sample < 10; sample++) {
      const before = clock;
      source.read(sample * 1000);
      expect(clock - before).toBeLessThanOrEqual(40);
    }
    // Cores whose frequency is 0 do not say.
    expect(valuesOf(source)).toEqual({ 'system.cpu.frequency': 5e9 });
    source.close();
  });

  it('throttling: once per core and package, and a core that was switched off takes nothing with it', () => {
    const own = (cpu: number): string => `${cpus}/cpu${cpu}`;
    const files: Record<string, string> = {};
    for (let cpu = 0; cpu < 4; cpu++) {
      files[`${own(cpu)}/topology/core_id`] = `${cpu >> 1}`;
      files[`${own(cpu)}/topology/physical_package_id`] = '0';
      files[`${own(cpu)}/thermal_throttle/core_throttle_count`] = '1000';
      files[`${own(cpu)}/thermal_throttle/package_throttle_count`] = '5';
    }
    const made = tree(files);
    const values = twice(cpuThrottleReader, made, () => {
      made.write(`${own(0)}/thermal_throttle/core_throttle_count`, '1030');
      made.remove(`${own(2)}/thermal_throttle`);
      made.write(`${own(0)}/thermal_throttle/package_throttle_count`, '65');
    });
    expect(values).toEqual({
      'system.linux.cpu.throttles{scope="core"}': 1,
      'system.linux.cpu.throttles{scope="package"}': 2,
    });
  });
});

describe('sensors', () => {
  const hwmon = '/sys/class/hwmon';

  it('faulty ones and devices that sleep have no value, equal chips go by their devices', () => {
    const made = tree({
      [`${hwmon}/hwmon0/name`]: 'nct\n',
      [`${hwmon}/hwmon0/fan1_input`]: '1200\n',
      [`${hwmon}/hwmon0/fan1_fault`]: '1\n',
      [`${hwmon}/hwmon0/fan2_input`]: '900\n',
      [`${hwmon}/hwmon0/fan2_fault`]: '0\n',
      [`${hwmon}/hwmon1/name`]: 'amdgpu\n',
      [`${hwmon}/hwmon1/power1_average`]: '25000000\n',
      [`${hwmon}/hwmon1/device/power/runtime_status`]: 'suspended\n',
      // A driver of old: its files are those of the device.
      [`${hwmon}/hwmon2/device/name`]: 'w83627\n',
      [`${hwmon}/hwmon2/device/in0_input`]: '3300\n',
      '/devices/a/x': '',
      '/devices/b/x': '',
    });
    for (const [chip, device] of [
      ['hwmon3', 'a'],
      ['hwmon4', 'b'],
    ] as const) {
      made.write(`${hwmon}/${chip}/name`, 'psu\n');
      made.write(`${hwmon}/${chip}/curr1_input`, '1500\n');
      symlinkSync(`../../../../devices/${device}`, join(made.root, hwmon, chip, 'device'));
    }
    expect(twice(hwmonReader, made)).toEqual({
      'hw.fan.speed{hw.id="nct_fan1",hw.name="nct fan1"}': Number.NaN,
      'hw.fan.speed{hw.id="nct_fan2",hw.name="nct fan2"}': 900,
      'hw.voltage{hw.id="w83627_in0",hw.name="w83627 in0"}': expect.closeTo(3.3, 9) as number,
      'hw.current{hw.id="psu_a_curr1",hw.name="psu curr1"}': 1.5,
      'hw.current{hw.id="psu_b_curr1",hw.name="psu curr1"}': 1.5,
      'hw.power{hw.id="amdgpu_power1",hw.name="amdgpu power1"}': Number.NaN,
    });
  });

  it('32 of a kind, and the others counted', () => {
    const source = new ReaderSource(
      hwmonReader(
        tree({
          [`${hwmon}/hwmon0/name`]: 'big\n',
          ...Object.fromEntries(
            Array.from({ length: 40 }, (_, fan) => [`${hwmon}/hwmon0/fan${fan + 1}_input`, '1\n']),
          ),
        }).root,
      ),
    );
    source.read(0);
    expect(source.keys).toHaveLength(32);
    expect(source.keys.at(-1)).toContain('fan32');
    expect(source.notListed).toBe(8);
  });

  it('energy counters begin anew at their end; one that may not be read has no series', () => {
    const zone = '/sys/class/powercap/intel-rapl:0';
    const made = tree({
      [`${zone}/name`]: 'package-0\n',
      [`${zone}/energy_uj`]: '262000000000\n',
      [`${zone}/max_energy_range_uj`]: '262143328850\n',
      '/sys/class/powercap/intel-rapl:1/name': 'package-1\n',
      '/sys/class/power_supply/hidpp_battery_0/scope': 'Device\n',
      '/sys/class/power_supply/hidpp_battery_0/capacity': '40\n',
    });
    const values = twice(powerReader, made, () => made.write(`${zone}/energy_uj`, '156671150\n'));
    expect(values).toEqual({
      'hw.power{hw.id="intel-rapl:0",hw.name="package-0"}': expect.closeTo(10, 6) as number,
    });
  });
});

describe('links', () => {
  const nic = (name: string): string => `/sys/class/net/${name}`;

  it('an interface that is switched off does not say whether it has a link; a cable that is out does', () => {
    const made = tree({
      [`${nic('eth0')}/device/x`]: '',
      [`${nic('eth0')}/ifindex`]: '2\n',
      [`${nic('eth0')}/carrier`]: '0\n',
      [`${nic('eth0')}/speed`]: '-1\n',
      [`${nic('eth0')}/carrier_changes`]: '3\n',
      [`${nic('eth1')}/device/x`]: '',
      [`${nic('eth1')}/ifindex`]: '3\n',
      [`${nic('veth0')}/ifindex`]: '4\n',
      [`${nic('veth0')}/carrier`]: '1\n',
      '/sys/class/net/bonding_masters': '\n',
    });
    const values = twice(linkReader, made, () =>
      made.write(`${nic('eth0')}/carrier_changes`, '6\n'),
    );
    expect(values).toEqual({
      'system.linux.network.carrier{network.interface.name="eth0"}': 0,
      'system.linux.network.carrier.changes{network.interface.name="eth0"}': 0.1,
    });
  });

  it('the first error of a cause is told with its rate', () => {
    const crc = `${nic('eth0')}/statistics/rx_crc_errors`;
    // In a container no interface is physical.
    const made = tree({ [`${nic('eth0')}/ifindex`]: '2\n', [crc]: '0\n' });
    expect(twice(linkReader, made)).toEqual({});
    expect(twice(linkReader, made, () => made.write(crc, '60\n'))).toEqual({
      'system.linux.network.errors{error.type="crc",network.interface.name="eth0",network.io.direction="receive"}': 2,
    });
  });
});

describe('storage', () => {
  it('arrays in each state', () => {
    const arrays = parseMdstat(`Personalities : [raid1] [raid5]
md9 : active raid1 sdc2[2] sdd2[3](F) sdb2[1]
      523968 blocks super 1.2 [3/2] [UU_]
      bitmap: 0/30 pages [0KB], 65536KB chunk
\tresync=DELAYED

md11 : active (auto-read-only) raid1 sdb2[0] sdc2[1]
      4190208 blocks super 1.2 [2/2] [UU]
\tresync=PENDING

md12 : active raid5 sdb3[0] sdc3[1] sdd3[2] sde3[4](S)
      100 blocks super 1.2 level 5, 512k chunk, algorithm 2 [3/3] [UUU]
      [==>..................]  reshape = 25.0% (25/100) finish=1.0min speed=1K/sec

md_imsm0 : inactive sdb[1](S) sda[0](S)
      6306 blocks super external:imsm

md13 : active raid0 sda1[0] sdb1[1]
      314159265 blocks 64k chunks

unused devices: <none>
`);
    const brief = arrays.map(({ device, state, required, active, failed, spare, progress }) =>
      [device, state, required, active, failed, spare, progress].join(' '),
    );
    expect(brief).toEqual([
      'md9 resync 3 2 1 0 0',
      'md11 resync 2 2 0 0 0',
      'md12 reshaping 3 3 0 1 0.25',
      'md_imsm0 inactive 0 0 0 2 NaN',
      'md13 active 2 2 0 0 NaN',
    ]);
    expect(parseMdstat('unused devices: <none>\n')).toEqual([]);
    const lost = parseMdstat(`Personalities : [raid0] [raid1]
md1 : active raid1 sdd1[1] sdc1[0]
      102272 blocks super 1.2 [2/2] [UU]

md6 : broken raid1 sdf1[1](F) sde1[0](F)
      102272 blocks super 1.2 [2/0] [__]

md5 : broken raid0 sdb[1] sda[0]
      204800 blocks super 1.2 512k chunks

md9 : some-state-to-come raid1 sdh1[1] sdg1[0]
      102272 blocks super 1.2 [2/1] [U_]
`);
    expect(lost).toMatchObject([
      { device: 'md1', state: 'active', required: 2, active: 2 },
      { device: 'md6', state: 'broken', required: 2, active: 0, failed: 2 },
      { device: 'md5', state: 'broken', required: 2, active: 0 },
    ]);
  });

  it('a pool that is suspended is told, and comes before those that are online', () => {
    const values = twice(
      zfsReader,
      tree({
        '/proc/spl/kstat/zfs/arcstats': '',
        ...Object.fromEntries(
          Array.from({ length: 16 }, (_, pool) => [
            `/proc/spl/kstat/zfs/a${pool}/state`,
            'ONLINE\n',
          ]),
        ),
        '/proc/spl/kstat/zfs/tank/state': 'SUSPENDED\n',
      }),
    );
    const key = (state: string): string =>
      `system.linux.zfs.pool.state{state="${state}",zfs.pool="tank"}`;
    expect(values).toMatchObject({ [key('suspended')]: 1, [key('online')]: 0 });
    expect(Object.keys(values)).toHaveLength(16 * 7);
  });

  it('Btrfs: errors and absence of devices, by label where that is unique', () => {
    const one = '/sys/fs/btrfs/0abb23a9-579b-43e6-ad30-227ef47fcb9d';
    const values = twice(
      btrfsReader,
      tree({
        '/sys/fs/btrfs/features/x': '',
        [`${one}/label`]: 'data\n',
        [`${one}/devinfo/1/error_stats`]: 'write_errs 0\nread_errs 3\n',
        [`${one}/devinfo/1/missing`]: '0\n',
        [`${one}/devinfo/2/missing`]: '1\n',
      }),
    );
    const errors = (type: string): string =>
      `system.linux.btrfs.device.errors{btrfs.device="1",btrfs.filesystem="data",error.type="${type}"}`;
    expect(values).toEqual({
      'system.linux.btrfs.device.missing{btrfs.filesystem="data"}': 1,
      [errors('write')]: 0,
      [errors('read')]: 3,
    });
  });

  it.each([
    ['rw,relatime', 'rw', false, false],
    ['ro,relatime', 'ro', true, false],
    ['ro,relatime', 'rw', true, false],
    ['rw,relatime', 'ro,errors=remount-ro', true, true],
    ['rw,relatime', 'rw,emergency_ro', true, true],
    ['rw,relatime', 'rw,shutdown', true, true],
  ])(
    'mounted %s and in fact %s: read-only %j, because of errors %j',
    (options, of, readonly, failed) => {
      const [mount] = parseMounts(`22 1 8:1 / / ${options} - ext4 /dev/sda1 ${of}\n`);
      expect(mount).toMatchObject({ readonly, failed });
    },
  );
});

describe('the clock', () => {
  it('what was said is held, fades out, and an offset has a series once there is one', async () => {
    const answers = [
      { synchronized: true, offsetSeconds: Number.NaN },
      { synchronized: false, offsetSeconds: 0.25 },
    ];
    const source = new TimeSyncSource('', () => Promise.resolve(answers.shift()));
    source.read(0);
    expect(source.keys).toEqual([]);
    await wait(1);
    source.read(5_000);
    expect(valuesOf(source)).toEqual({ 'system.linux.time.synchronized': 1 });
    source.read(300_000);
    await wait(1);
    source.read(305_000);
    expect(valuesOf(source)).toEqual({
      'system.linux.time.synchronized': 0,
      'system.linux.time.offset': 0.25,
    });
    source.read(600_000);
    await wait(1);
    source.read(1_300_000);
    expect(valuesOf(source)['system.linux.time.synchronized']).toBeNaN();
  });

  it('nobody to ask is no answer', async () => {
    await expect(clockAsker(tree({}).root)()).resolves.toBeUndefined();
    await expect(
      clockAsker(tree({ '/run/chrony/x': '' }).root, { port: 9, timeoutMs: 100 })(),
    ).resolves.toBeUndefined();
  });

  it("reads chrony's numbers, and nothing that is not an answer", () => {
    expect(chronyFloat(0)).toBe(0);
    expect(chronyFloat((1 << 25) | (1 << 23))).toBe(0.5);
    expect(chronyFloat((-2 << 25) | (0x1_ff_ff_ff & -(1 << 23)))).toBe(-0.0625);
    for (const bytes of [0, 10, 104, 600])
      expect(() => decodeTracking(Buffer.alloc(bytes))).toThrow();
  });

  it('asks a real chronyd', needs('linux', 'root', 'chronyd'), async () => {
    const { root, write } = tree({ '/run/chrony/x': '' });
    const port = 20_000 + (process.pid % 10_000);
    write(
      '/conf',
      `local stratum 8\nport 0\ncmdport ${port}\nbindcmdaddress 127.0.0.1\nbindcmdaddress /\npidfile ${root}/pid\n`,
    );
    const child = spawn(peerPath('chronyd'), ['-x', '-d', '-u', 'root', '-f', `${root}/conf`], {
      stdio: 'ignore',
    });
    try {
      let found;
      for (let tries = 0; tries < 100 && !found; tries++) {
        await wait(50);
        found = await askChrony({ port, timeoutMs: 500 }).catch(() => undefined);
      }
      expect(found).toEqual({ synchronized: true, offsetSeconds: 0 });
      await expect(clockAsker(root, { port, timeoutMs: 500 })()).resolves.toEqual(found);
    } finally {
      child.kill();
    }
  });
});
