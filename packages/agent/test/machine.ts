/**
 * The /proc and /sys of a machine that has a bit of everything: two packages of two cores with two threads, ECC memory,
 * arrays in each state, ZFS, Btrfs, a bond with a dead cable, fans, a UPS. `step` 0 and 1 are 30 s apart.
 */
import { symlinkSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fixture, type Fixture } from './fixture.ts';

export const MACHINE_STEP_MS = 30_000;

type Files = Record<string, string>;

const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`;

function processor(step: number): Files {
  const cpu = (name: string, scale: number): string =>
    `${name} ${[8000 + 900 * step, 20, 3000 + 300 * step, 50_000 + 1500 * step, 400 + 90 * step, 10 + 2 * step, 60 + 8 * step, 30 + 20 * step, 0, 0].map((ticks) => ticks * scale).join(' ')}`;
  const files: Files = {
    '/proc/stat': lines(
      cpu('cpu ', 8),
      ...Array.from({ length: 8 }, (_, core) => cpu(`cpu${core}`, 1)),
      `intr ${8_885_917 + 60_000 * step} 17 0 0 ${'0 '.repeat(300)}`,
      `ctxt ${38_014_093 + 333_000 * step}`,
      'btime 1700000000',
      `processes ${26_442 + 450 * step}`,
      'procs_running 2',
      'procs_blocked 1',
      `softirq ${5_057_579 + step} 250191 1481983 1647 211099 186066 0 1783454 622196 12499 508444`,
    ),
    '/proc/loadavg': '0.21 0.37 0.39 1/719 19737\n',
    '/proc/uptime': `${10_000 + 30 * step}.00 40000.00\n`,
    '/proc/cpuinfo': '',
    '/proc/pressure/cpu': `some avg10=0.00 avg60=0.00 avg300=0.00 total=${14_036_781 + 600_000 * step}\n`,
    '/proc/pressure/memory': `some avg10=0.00 avg60=0.00 avg300=0.00 total=${250_000 * step}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=${100_000 * step}\n`,
    '/proc/pressure/io': `some avg10=0.18 avg60=0.34 avg300=0.10 total=${159_886_802 + 3_000_000 * step}\nfull avg10=0.18 avg60=0.34 avg300=0.10 total=${159_229_614 + 1_500_000 * step}\n`,
  };
  for (let core = 0; core < 8; core++) {
    const own = `/sys/devices/system/cpu/cpu${core}`;
    const packageId = core >> 2;
    const coreId = (core >> 1) % 2;
    files[`${own}/topology/physical_package_id`] = `${packageId}\n`;
    files[`${own}/topology/core_id`] = `${coreId}\n`;
    files[`${own}/thermal_throttle/core_throttle_count`] =
      `${5 + (core >> 1) + (1 + coreId) * 3 * step}\n`;
    files[`${own}/thermal_throttle/package_throttle_count`] = `${30 + packageId + 6 * step}\n`;
    files[`${own}/cpufreq/scaling_cur_freq`] = `${1_200_000 + 100_000 * core}\n`;
    files[`${own}/cpufreq/scaling_min_freq`] = '800000\n';
    files[`${own}/cpufreq/scaling_max_freq`] = '3700000\n';
    files[`${own}/cpufreq/cpuinfo_min_freq`] = '800000\n';
    files[`${own}/cpufreq/cpuinfo_max_freq`] = '3700000\n';
    files[`${own}/cpufreq/affected_cpus`] = `${core}\n`;
    files[`${own}/cpufreq/related_cpus`] = `${core}\n`;
    files[`${own}/cpufreq/scaling_governor`] = 'powersave\n';
    files[`${own}/cpufreq/scaling_available_governors`] = 'performance powersave\n';
    files[`${own}/cpufreq/scaling_driver`] = 'intel_pstate\n';
    files[`${own}/cpufreq/scaling_setspeed`] = '<unsupported>\n';
  }
  return files;
}

function memory(step: number): Files {
  return {
    '/proc/meminfo': lines(
      'MemTotal:       15666184 kB',
      'MemFree:          440324 kB',
      'MemAvailable:    3000000 kB',
      'Buffers:         1020128 kB',
      'Cached:         12007640 kB',
      'SwapCached:            4 kB',
      'Shmem:              2000 kB',
      'SReclaimable:     100000 kB',
      'SwapTotal:       3000000 kB',
      'SwapFree:        2400000 kB',
    ),
    '/proc/vmstat': lines(
      'nr_free_pages 977769',
      `pswpin ${1476 + 300 * step}`,
      `pswpout ${35_045 + 600 * step}`,
      `pgfault ${2_320_168 + 90_000 * step}`,
      `pgmajfault ${507 + 60 * step}`,
      `oom_kill ${2 + 3 * step}`,
    ),
    '/proc/sys/fs/file-nr': '1024\t0\t163132\n',
    '/proc/sys/kernel/random/entropy_avail': '1337\n',
    '/proc/sys/kernel/random/poolsize': '4096\n',
    '/sys/devices/system/edac/mc/mc0/ce_count': `${1 + 4 * step}\n`,
    '/sys/devices/system/edac/mc/mc0/ue_count': '5\n',
    '/sys/devices/system/edac/mc/mc0/ce_noinfo_count': '2\n',
    '/sys/devices/system/edac/mc/mc0/ue_noinfo_count': '6\n',
    '/sys/devices/system/edac/mc/mc1/ce_count': '9\n',
    '/sys/devices/system/edac/mc/mc1/ue_count': '0\n',
    '/sys/devices/system/edac/mc/mc1/ce_noinfo_count': '0\n',
    '/sys/devices/system/edac/mc/mc1/ue_noinfo_count': '0\n',
  };
}

/** A disk that reads, and an NVMe that writes. */
function disks(step: number): Files {
  return {
    '/proc/diskstats': lines(
      `   8       0 sda ${25_354 + 300 * step} 34367 ${1_003_337 + 2400 * step} ${18_492 + 900 * step} ${28_444 + 60 * step} 11134 ${505_697 + 480 * step} ${63_877 + 1200 * step} 3 ${9653 + 6000 * step} ${83_621 + 45_000 * step}`,
      '   8       1 sda1 250 0 2000 36 0 0 0 0 0 36 36',
      ` 259       0 nvme0n1 47114 4 4643973 21650 ${1_078_320 + 30_000 * step} 69 ${1_580_000 + 240_000 * step} ${1_011_053 + 1500 * step} 0 ${222_766 + 3000 * step} ${1_032_546 + 1500 * step} 0 0 0 0`,
    ),
    '/sys/block/sda/device/model': 'x\n',
    '/sys/block/sda/sda1/partition': '1\n',
    '/sys/block/nvme0n1/device/model': 'y\n',
    '/proc/mdstat': lines(
      'Personalities : [raid0] [raid1] [raid6] [raid10]',
      'md1 : active raid6 sda1[8] sdh1[7](F) sdg1[6] sdf1[5](S)',
      '      5853468288 blocks super 1.2 level 6, 64k chunk, algorithm 2 [4/2] [UU__]',
      '',
      'md4 : inactive raid1 sda3[0] sdb3[1]',
      '      4883648 blocks [2/2] [UU]',
      '',
      'md6 : active raid1 sdb2[2] sda2[0]',
      '      195310144 blocks [2/1] [U_]',
      '      [=>...................]  recovery =  8.5% (16775552/195310144) finish=17.0min speed=259783K/sec',
      '',
      'md8 : active raid1 sdb1[1] sda1[0]',
      '      195310144 blocks [2/2] [UU]',
      '      [=>...................]  check = 25.0% (48827536/195310144) finish=17.0min speed=259783K/sec',
      '',
      'md10 : active raid0 sda1[0] sdb1[1]',
      '      314159265 blocks 64k chunks',
      '',
      'md219 : inactive sdb[2](S) sdc[1](S) sda[0](S)',
      '    7932 blocks super external:imsm',
      '',
      'unused devices: <none>',
    ),
    '/proc/spl/kstat/zfs/arcstats': lines('6 1 0x01 1 1 1 1', 'name type data', 'hits 4 8772612'),
    '/proc/spl/kstat/zfs/tank/state': 'ONLINE\n',
    '/proc/spl/kstat/zfs/old/state': 'DEGRADED\n',
    ...btrfs('0abb23a9-579b-43e6-ad30-227ef47fcb9d', 'fixture'),
  };
}

function btrfs(uuid: string, label: string): Files {
  const own = `/sys/fs/btrfs/${uuid}`;
  const files: Files = {
    [`${own}/label`]: `${label}\n`,
    [`${own}/metadata_uuid`]: `${uuid}\n`,
    [`${own}/nodesize`]: '16384\n',
    [`${own}/sectorsize`]: '4096\n',
    [`${own}/clone_alignment`]: '4096\n',
    [`${own}/quota_override`]: '0\n',
    [`${own}/commit_stats`]: '',
    [`${own}/features/big_metadata`]: '1\n',
    [`${own}/devices/loop25/size`]: '20971520\n',
    [`${own}/allocation/global_rsv_reserved`]: '16777216\n',
    [`${own}/allocation/global_rsv_size`]: '16777216\n',
    [`${own}/devinfo/1/error_stats`]: lines(
      'write_errs 3',
      'read_errs 0',
      'flush_errs 0',
      'corruption_errs 7',
      'generation_errs 0',
    ),
    [`${own}/devinfo/1/missing`]: '0\n',
    [`${own}/devinfo/2/error_stats`]: lines('write_errs 0', 'read_errs 0'),
    [`${own}/devinfo/2/missing`]: '1\n',
  };
  for (const [group, used, total] of [
    ['data', 808_189_952, 2_147_483_648],
    ['metadata', 933_888, 1_073_741_824],
    ['system', 16_384, 8_388_608],
  ] as const) {
    const folder = `${own}/allocation/${group}`;
    for (const name of [
      'bytes_may_use',
      'bytes_pinned',
      'bytes_readonly',
      'bytes_reserved',
      'disk_used',
      'disk_total',
      'flags',
      'total_bytes_pinned',
    ])
      files[`${folder}/${name}`] = '1\n';
    files[`${folder}/bytes_used`] = `${used}\n`;
    files[`${folder}/total_bytes`] = `${total}\n`;
    files[`${folder}/single/used_bytes`] = `${used}\n`;
    files[`${folder}/single/total_bytes`] = `${total}\n`;
  }
  return files;
}

const STATISTICS = [
  'rx_crc_errors',
  'rx_fifo_errors',
  'rx_frame_errors',
  'rx_length_errors',
  'rx_missed_errors',
  'rx_over_errors',
  'collisions',
  'tx_aborted_errors',
  'tx_carrier_errors',
  'tx_fifo_errors',
  'tx_heartbeat_errors',
  'tx_window_errors',
] as const;

function networkInterface(
  name: string,
  about: Readonly<Record<string, string | number>>,
  errors: Partial<Record<(typeof STATISTICS)[number], number>> = {},
): Files {
  const own = `/sys/class/net/${name}`;
  const files: Files = {};
  for (const [file, value] of Object.entries({
    addr_assign_type: 3,
    addr_len: 6,
    address: '01:01:01:01:01:01',
    dev_id: '0x20',
    flags: '0x1303',
    ifindex: 2,
    iflink: 2,
    link_mode: 1,
    mtu: 1500,
    type: 1,
    tx_queue_len: 1000,
    duplex: 'full',
    operstate: 'up',
    ...about,
  }))
    files[`${own}/${file}`] = `${value}\n`;
  for (const file of STATISTICS) files[`${own}/statistics/${file}`] = `${errors[file] ?? 0}\n`;
  return files;
}

function network(step: number): Files {
  const device = (name: string, scale: number, fifo: number, collisions: number): string => {
    const received = [1e9 + 6e6 * step, 520_993 + 6000 * step, 6 + 3 * step, 9 + 30 * step];
    const sent = [5e8 + 3e6 * step, 481_000 + 3000 * step, 5, 2 + 60 * step];
    const of = (counters: readonly number[]): string =>
      counters.map((counter) => counter * scale).join(' ');
    return `${name.padStart(6)}: ${of(received)} ${fifo} 0 0 0 ${of(sent)} 0 ${collisions} 0 0`;
  };
  const fifo = 4 + 6 * step;
  return {
    '/proc/self/net/dev': lines(
      'Inter-|   Receive                                                |  Transmit',
      ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed',
      device('lo', 1, 0, 0),
      device('eth0', 2, fifo, 7 + 9 * step),
      device('eth1', 1, 0, 0),
      device('bond0', 3, fifo, 7 + 9 * step),
    ),
    ...networkInterface(
      'eth0',
      { speed: 1000, carrier: 1, carrier_changes: 4 + 6 * step, 'device/vendor': '0x8086' },
      {
        rx_crc_errors: 11 + 3 * step,
        rx_fifo_errors: fifo,
        collisions: 7 + 9 * step,
      },
    ),
    ...networkInterface('eth1', {
      speed: -1,
      carrier: 0,
      carrier_changes: 9,
      'device/vendor': '0x8086',
      operstate: 'down',
    }),
    ...networkInterface('bond0', {
      speed: 1000,
      carrier: 1,
      carrier_changes: 2,
      'bonding/slaves': 'eth0 eth1',
      'lower_eth0/bonding_slave/mii_status': 'up',
      'lower_eth1/bonding_slave/mii_status': 'down',
      'lower_eth0/operstate': 'up',
      'lower_eth1/operstate': 'down',
    }),
    '/sys/class/net/bonding_masters': 'bond0\n',
    '/proc/self/net/snmp': lines(
      'Ip: Forwarding DefaultTTL InReceives',
      'Ip: 1 64 57740232',
      'Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors',
      `Tcp: 1 200 120000 -1 ${3556 + 90 * step} ${230 + 30 * step} ${341 + 15 * step} 161 42 ${57_252_008 + 30_000 * step} ${54_915_039 + 27_000 * step} ${227 + 330 * step} 5 ${1003 + 3 * step} 0`,
      'Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti',
      `Udp: ${88_542 + 1200 * step} ${120 + 60 * step} ${step * 15} ${53_028 + 900 * step} ${9 + step * 3} 8 0 12`,
    ),
    '/proc/self/net/netstat': lines(
      'TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPTimeouts',
      `TcpExt: 0 ${2 + 3 * step} ${7 + 6 * step} ${115 + 12 * step}`,
      'IpExt: InNoRoutes InOctets',
      'IpExt: 0 6286396970',
    ),
    '/proc/self/net/sockstat': lines(
      'sockets: used 1602',
      'TCP: inuse 35 orphan 3 tw 4 alloc 59 mem 22',
      'UDP: inuse 12 mem 62',
      'UDPLITE: inuse 0',
      'RAW: inuse 0',
      'FRAG: inuse 0 memory 0',
    ),
    '/proc/self/net/sockstat6': lines(
      'TCP6: inuse 17',
      'UDP6: inuse 9',
      'UDPLITE6: inuse 0',
      'RAW6: inuse 1',
      'FRAG6: inuse 0 memory 0',
    ),
    '/proc/sys/net/netfilter/nf_conntrack_count': '49152\n',
    '/proc/sys/net/netfilter/nf_conntrack_max': '65536\n',
    '/proc/self/net/stat/nf_conntrack': lines(
      'entries  searched found new invalid ignore delete delete_list insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart',
      `00000021  00000000 00000000 00000000 00000003 0000588a 00000000 00000000 00000000 ${hex(2 + 3 * step)} ${hex(16 + 6 * step)} ${hex(0)} 00000000  00000000 00000000 00000000 00000000`,
      `00000021  00000000 00000000 00000000 00000002 000056a4 00000000 00000000 00000000 ${hex(1)} ${hex(1 + 3 * step)} ${hex(9 * step)} 00000002  00000000 00000000 00000000 00000004`,
    ),
  };
}

const hex = (value: number): string => value.toString(16).padStart(8, '0');

function hardware(step: number): Files {
  return {
    '/sys/class/hwmon/hwmon0/name': 'coretemp\n',
    '/sys/class/hwmon/hwmon0/temp1_input': '56000\n',
    '/sys/class/hwmon/hwmon0/temp1_label': 'Package id 0\n',
    '/sys/class/hwmon/hwmon1/name': 'nct6779\n',
    '/sys/class/hwmon/hwmon1/fan1_input': '1098\n',
    '/sys/class/hwmon/hwmon1/fan2_input': '0\n',
    '/sys/class/hwmon/hwmon1/fan2_label': 'Case\n',
    '/sys/class/hwmon/hwmon1/in0_input': '792\n',
    '/sys/class/hwmon/hwmon1/in1_input': '1024\n',
    '/sys/class/hwmon/hwmon2/name': 'pmbus\n',
    '/sys/class/hwmon/hwmon2/power1_average': '5700000\n',
    '/sys/class/hwmon/hwmon2/power2_input': '12000000\n',
    '/sys/class/hwmon/hwmon2/curr1_input': '3500\n',
    '/sys/class/power_supply/AC/type': 'Mains\n',
    '/sys/class/power_supply/AC/online': '0\n',
    '/sys/class/power_supply/BAT0/type': 'Battery\n',
    '/sys/class/power_supply/BAT0/capacity': '98\n',
    '/sys/class/power_supply/BAT0/present': '1\n',
    '/sys/class/powercap/intel-rapl/enabled': '1\n',
    '/sys/class/powercap/intel-rapl:0/name': 'package-0\n',
    '/sys/class/powercap/intel-rapl:0/energy_uj': `${240_422_366_267 + 900_000_000 * step}\n`,
    '/sys/class/powercap/intel-rapl:0/max_energy_range_uj': '262143328850\n',
    '/sys/class/powercap/intel-rapl:0:0/name': 'core\n',
    '/sys/class/powercap/intel-rapl:0:0/energy_uj': `${118_821_284_256 + 300_000_000 * step}\n`,
    '/sys/class/powercap/intel-rapl:0:0/max_energy_range_uj': '262143328850\n',
  };
}

export interface Machine extends Fixture {
  /** Lets `steps` times 30 s pass since the beginning. @default 1 */
  advance(steps?: number): void;
}

export function machine(): Machine {
  const at = (step: number): Files => ({
    ...processor(step),
    ...memory(step),
    ...disks(step),
    ...network(step),
    ...hardware(step),
  });
  const made = fixture(at(0));
  const link = (target: string, path: string): void => {
    mkdirSync(dirname(join(made.root, path)), { recursive: true });
    symlinkSync(target, join(made.root, path));
  };
  link('self/net', '/proc/net');
  return {
    ...made,
    advance(steps = 1) {
      for (const [path, content] of Object.entries(at(steps))) made.write(path, content);
    },
  };
}
