/** What node_exporter says of a machine, and what we say of it: every metric that both have. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parseSeriesKey } from '@openmanager/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../../../../scripts/peers/needs.ts';
import { peerPath } from '../../../../scripts/peers/table.ts';
import { machine, MACHINE_STEP_MS } from '../../test/machine.ts';
import { LinuxCollector } from './linux.ts';

/** Values by name and labels, as node_exporter writes them. */
type Scrape = ReadonlyMap<string, number>;

const exporter = needs('linux', 'node-exporter');
let before: Scrape = new Map();
let after: Scrape = new Map();
let ours = new Map<string, number>();
let remove = (): void => {};

beforeAll(async () => {
  if ('skip' in exporter) return;
  const made = machine();
  remove = () => made.remove();
  const { child, port } = await started(made.root);
  let clock = 0;
  const collector = new LinuxCollector({ root: made.root, monotonic: () => clock });
  try {
    before = await scrape(port, child);
    made.advance();
    clock = MACHINE_STEP_MS;
    const { keys, values } = collector.sample(0, { perCore: false });
    ours = new Map(keys.map((key, at) => [key, values[at] as number]));
    after = await scrape(port, child);
  } finally {
    collector.close();
    child.kill();
  }
}, 30_000);
afterAll(() => remove());

const COLLECTORS = [
  'bonding',
  'btrfs',
  'conntrack',
  'cpu',
  'cpufreq',
  'diskstats',
  'edac',
  'entropy',
  'filefd',
  'hwmon',
  'loadavg',
  'mdadm',
  'meminfo',
  'netclass',
  'netdev',
  'netstat',
  'powersupplyclass',
  'pressure',
  'rapl',
  'sockstat',
  'stat',
  'vmstat',
  'zfs',
] as const;

async function started(root: string): Promise<{ child: ChildProcess; port: number }> {
  const port = await freePort();
  const child = spawn(
    peerPath('node-exporter'),
    [
      `--path.procfs=${join(root, 'proc')}`,
      `--path.sysfs=${join(root, 'sys')}`,
      `--path.rootfs=${root}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.disable-exporter-metrics',
      '--collector.disable-defaults',
      '--no-collector.netdev.netlink',
      ...COLLECTORS.map((name) => `--collector.${name}`),
      '--collector.vmstat.fields=.*',
      '--collector.netstat.fields=.*',
    ],
    { stdio: 'ignore' },
  );
  return { child, port };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function scrape(port: number, child: ChildProcess): Promise<Scrape> {
  const url = `http://127.0.0.1:${port}/metrics`;
  for (let tries = 0; tries < 100 && child.exitCode === null; tries++) {
    const text = await fetch(url)
      .then((answer) => answer.text())
      .catch(() => undefined);
    if (text !== undefined) return parse(text);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('node_exporter does not answer');
}

const parse = (text: string): Scrape =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const end = line.lastIndexOf(' ');
        return [line.slice(0, end), Number(line.slice(end + 1))];
      }),
  );

/** What node_exporter says at the end. */
function gauge(name: string): number {
  const value = after.get(name);
  if (value === undefined) throw new Error(`node_exporter does not have ${name}`);
  return value;
}
/** What its counter says of a second in between. */
const rate = (name: string): number =>
  ((gauge(name) - (before.get(name) ?? Number.NaN)) * 1000) / MACHINE_STEP_MS;
/** Over all series of the metric that have these labels. */
const sumOf = (of: (name: string) => number, metric: string, ...labels: string[]): number =>
  [...after.keys()]
    .filter((name) => name.startsWith(`${metric}{`) && labels.every((one) => name.includes(one)))
    .reduce((sum, name) => sum + of(name), 0);

/** Our series to what it must be by node_exporter's. `$1` and so on are attributes of ours, in the order given. */
interface Row {
  readonly metric: string;
  readonly attributes?: readonly string[];
  readonly theirs: (...attributes: string[]) => number;
}

const directions: Readonly<Record<string, string>> = {
  receive: 'receive',
  transmit: 'transmit',
  read: 'read',
  write: 'written',
};
const device = ['system.device', 'disk.io.direction'];
const nic = ['network.interface.name', 'network.io.direction'];
const id = ['hw.id'];
const TCP = 'node_netstat_Tcp_';
const UDP = 'node_netstat_Udp_';
const tcpErrors: Readonly<Record<string, string>> = {
  attempt_failed: `${TCP}AttemptFails`,
  reset: `${TCP}EstabResets`,
  bad_segment: `${TCP}InErrs`,
  reset_sent: `${TCP}OutRsts`,
  listen_overflow: 'node_netstat_TcpExt_ListenOverflows',
  listen_drop: 'node_netstat_TcpExt_ListenDrops',
  timeout: 'node_netstat_TcpExt_TCPTimeouts',
};
const udpErrors: Readonly<Record<string, string>> = {
  no_port: `${UDP}NoPorts`,
  bad_datagram: `${UDP}InErrors`,
  receive_buffer_full: `${UDP}RcvbufErrors`,
  send_buffer_full: `${UDP}SndbufErrors`,
};
/** Causes that /proc/net/dev has too; node_exporter reads no other. */
const causes: Readonly<Record<string, string>> = {
  fifo: 'receive_fifo',
  collision: 'transmit_colls',
};
const netdev = (what: string, name = '', way = ''): number =>
  rate(`node_network_${directions[way]}_${what}_total{device="${name}"}`);
const sensor = (what: string, unit: string, hwId: string): number => {
  const [chip = '', channel = ''] = hwId.split('_');
  return gauge(`node_hwmon_${what}_${unit}{chip="${chip}",sensor="${channel}"}`);
};

const rows: readonly Row[] = [
  {
    metric: 'system.cpu.utilization',
    attributes: ['cpu.mode'],
    theirs: (mode) => {
      const of = (name: string): number => sumOf(rate, 'node_cpu_seconds_total', `mode="${name}"`);
      const all = sumOf(rate, 'node_cpu_seconds_total');
      if (mode === undefined) return 1 - (of('idle') + of('iowait')) / all;
      return (mode === 'interrupt' ? of('irq') + of('softirq') : of(mode)) / all;
    },
  },
  {
    metric: 'system.linux.cpu.context_switches',
    theirs: () => rate('node_context_switches_total'),
  },
  { metric: 'system.linux.cpu.interrupts', theirs: () => rate('node_intr_total') },
  { metric: 'system.process.created', theirs: () => rate('node_forks_total') },
  { metric: 'system.linux.cpu.load_1m', theirs: () => gauge('node_load1') },
  { metric: 'system.linux.cpu.load_5m', theirs: () => gauge('node_load5') },
  { metric: 'system.linux.cpu.load_15m', theirs: () => gauge('node_load15') },
  {
    metric: 'system.cpu.frequency',
    theirs: () => sumOf(gauge, 'node_cpu_scaling_frequency_hertz') / 8,
  },
  {
    metric: 'system.linux.cpu.throttles',
    attributes: ['scope'],
    theirs: (scope) => sumOf(rate, `node_cpu_${scope}_throttles_total`),
  },
  {
    metric: 'system.linux.pressure.stall',
    attributes: ['resource', 'kind'],
    theirs: (resource, kind) =>
      rate(`node_pressure_${resource}_${kind === 'full' ? 'stalled' : 'waiting'}_seconds_total`),
  },
  { metric: 'system.memory.limit', theirs: () => gauge('node_memory_MemTotal_bytes') },
  {
    metric: 'system.linux.memory.available',
    theirs: () => gauge('node_memory_MemAvailable_bytes'),
  },
  {
    metric: 'system.paging.utilization',
    theirs: () => 1 - gauge('node_memory_SwapFree_bytes') / gauge('node_memory_SwapTotal_bytes'),
  },
  {
    metric: 'system.paging.operations',
    attributes: ['system.paging.direction'],
    theirs: (way) => rate(`node_vmstat_pswp${way}`),
  },
  {
    metric: 'system.paging.faults',
    attributes: ['system.paging.fault.type'],
    theirs: (type) =>
      type === 'major'
        ? rate('node_vmstat_pgmajfault')
        : rate('node_vmstat_pgfault') - rate('node_vmstat_pgmajfault'),
  },
  { metric: 'system.linux.memory.oom_kills', theirs: () => rate('node_vmstat_oom_kill') },
  {
    metric: 'system.linux.file_descriptors.usage',
    theirs: () => gauge('node_filefd_allocated'),
  },
  {
    metric: 'system.linux.file_descriptors.utilization',
    theirs: () => gauge('node_filefd_allocated') / gauge('node_filefd_maximum'),
  },
  {
    metric: 'system.linux.entropy.available',
    theirs: () => gauge('node_entropy_available_bits'),
  },
  {
    metric: 'system.linux.edac.errors',
    attributes: ['hw.id', 'error.type'],
    theirs: (controller, type) => {
      const metric = `node_edac_${type === 'corrected' ? '' : 'un'}correctable_errors_total`;
      return controller === undefined
        ? sumOf(gauge, metric)
        : gauge(`${metric}{controller="${controller.slice(2)}"}`);
    },
  },
  {
    metric: 'system.disk.io',
    attributes: device,
    theirs: (name, way = '') =>
      name === undefined
        ? sumOf(rate, `node_disk_${directions[way]}_bytes_total`, 'nvme0n1"') +
          sumOf(rate, `node_disk_${directions[way]}_bytes_total`, 'sda"')
        : rate(`node_disk_${directions[way]}_bytes_total{device="${name}"}`),
  },
  {
    metric: 'system.disk.operations',
    attributes: device,
    theirs: (name, way) =>
      rate(`node_disk_${way === 'read' ? 'reads' : 'writes'}_completed_total{device="${name}"}`),
  },
  {
    metric: 'system.disk.io_time',
    attributes: ['system.device'],
    theirs: (name = 'sda') => rate(`node_disk_io_time_seconds_total{device="${name}"}`),
  },
  {
    metric: 'system.linux.disk.latency',
    attributes: device,
    theirs: (name, way) =>
      rate(`node_disk_${way}_time_seconds_total{device="${name}"}`) /
      rate(`node_disk_${way === 'read' ? 'reads' : 'writes'}_completed_total{device="${name}"}`),
  },
  {
    metric: 'system.linux.disk.queue',
    attributes: ['system.device'],
    theirs: (name) => rate(`node_disk_io_time_weighted_seconds_total{device="${name}"}`),
  },
  {
    metric: 'system.linux.md.disks',
    attributes: ['system.device', 'state'],
    theirs: (name, state) => gauge(`node_md_disks{device="${name}",state="${state}"}`),
  },
  {
    metric: 'system.linux.md.degraded',
    attributes: ['system.device'],
    theirs: (name) => {
      const active = (of: string[]): number =>
        sumOf(gauge, 'node_md_disks', 'state="active"', ...of);
      const one = name === undefined ? [] : [`device="${name}"`];
      return sumOf(gauge, 'node_md_disks_required', ...one) - active(one);
    },
  },
  {
    metric: 'system.linux.md.state',
    attributes: ['system.device', 'state'],
    theirs: (name, state) =>
      // States that this version does not know.
      state === 'reshaping' || state === 'broken'
        ? 0
        : gauge(`node_md_state{device="${name}",state="${state}"}`),
  },
  {
    metric: 'system.linux.md.sync.progress',
    attributes: ['system.device'],
    theirs: (name) => {
      const done =
        gauge(`node_md_blocks_synced{device="${name}"}`) /
        gauge(`node_md_blocks{device="${name}"}`);
      // Of an array that does nothing, all is done to them, and nothing is under way to us.
      return done === 1 ? Number.NaN : done;
    },
  },
  {
    metric: 'system.linux.zfs.pool.state',
    attributes: ['zfs.pool', 'state'],
    theirs: (pool, state) =>
      // As above.
      state === 'suspended' ? 0 : gauge(`node_zfs_zpool_state{state="${state}",zpool="${pool}"}`),
  },
  {
    metric: 'system.linux.btrfs.usage',
    attributes: ['btrfs.block_group'],
    theirs: (group) => sumOf(gauge, 'node_btrfs_used_bytes', `block_group_type="${group}"`),
  },
  {
    metric: 'system.linux.btrfs.limit',
    attributes: ['btrfs.block_group'],
    theirs: (group) => sumOf(gauge, 'node_btrfs_size_bytes', `block_group_type="${group}"`),
  },
  {
    metric: 'system.network.io',
    attributes: nic,
    theirs: (name = 'bond0', way) => netdev('bytes', name, way),
  },
  {
    metric: 'system.network.packet.count',
    attributes: nic,
    theirs: (name, way) => netdev('packets', name, way),
  },
  {
    metric: 'system.network.errors',
    attributes: nic,
    theirs: (name, way) => netdev('errs', name, way),
  },
  {
    metric: 'system.network.packet.dropped',
    attributes: nic,
    theirs: (name, way) => netdev('drop', name, way),
  },
  {
    metric: 'system.linux.network.errors',
    attributes: ['network.interface.name', 'error.type'],
    theirs: (name, cause = '') =>
      cause === 'crc' ? 0.1 : rate(`node_network_${causes[cause]}_total{device="${name}"}`),
  },
  {
    metric: 'hw.network.bandwidth.limit',
    attributes: ['network.interface.name'],
    theirs: (name) => gauge(`node_network_speed_bytes{device="${name}"}`),
  },
  {
    metric: 'system.linux.network.carrier',
    attributes: ['network.interface.name'],
    theirs: (name) => gauge(`node_network_carrier{device="${name}"}`),
  },
  {
    metric: 'system.linux.network.carrier.changes',
    attributes: ['network.interface.name'],
    theirs: (name) => rate(`node_network_carrier_changes_total{device="${name}"}`),
  },
  {
    metric: 'system.linux.network.bond.members',
    attributes: ['network.interface.name', 'state'],
    theirs: (name, state) => {
      const active = gauge(`node_bonding_active{master="${name}"}`);
      return state === 'active' ? active : gauge(`node_bonding_slaves{master="${name}"}`) - active;
    },
  },
  {
    metric: 'system.linux.tcp.segments',
    attributes: ['network.io.direction'],
    theirs: (way) => rate(`${TCP}${way === 'receive' ? 'In' : 'Out'}Segs`),
  },
  { metric: 'system.linux.tcp.retransmits', theirs: () => rate(`${TCP}RetransSegs`) },
  {
    metric: 'system.linux.tcp.opened',
    attributes: ['network.io.direction'],
    theirs: (way) => rate(`${TCP}${way === 'receive' ? 'Passive' : 'Active'}Opens`),
  },
  {
    metric: 'system.linux.tcp.errors',
    attributes: ['error.type'],
    theirs: (type = '') => rate(tcpErrors[type] as string),
  },
  {
    metric: 'system.linux.udp.datagrams',
    attributes: ['network.io.direction'],
    theirs: (way) => rate(`${UDP}${way === 'receive' ? 'In' : 'Out'}Datagrams`),
  },
  {
    metric: 'system.linux.udp.errors',
    attributes: ['error.type'],
    theirs: (type = '') => rate(udpErrors[type] as string),
  },
  {
    metric: 'system.network.connection.count',
    attributes: ['network.connection.state'],
    theirs: (state) => gauge(state === 'established' ? `${TCP}CurrEstab` : 'node_sockstat_TCP_tw'),
  },
  {
    metric: 'system.linux.socket.count',
    attributes: ['network.transport', 'state'],
    theirs: (transport, state) => {
      if (transport === undefined) return gauge('node_sockstat_sockets_used');
      if (state !== undefined)
        return gauge(`node_sockstat_TCP_${state === 'orphaned' ? 'orphan' : 'alloc'}`);
      const name = transport.toUpperCase();
      return gauge(`node_sockstat_${name}_inuse`) + gauge(`node_sockstat_${name}6_inuse`);
    },
  },
  {
    metric: 'system.linux.socket.memory',
    attributes: ['network.transport'],
    theirs: (transport = '') => gauge(`node_sockstat_${transport.toUpperCase()}_mem_bytes`),
  },
  { metric: 'system.linux.conntrack.usage', theirs: () => gauge('node_nf_conntrack_entries') },
  {
    metric: 'system.linux.conntrack.limit',
    theirs: () => gauge('node_nf_conntrack_entries_limit'),
  },
  {
    metric: 'system.linux.conntrack.utilization',
    theirs: () => gauge('node_nf_conntrack_entries') / gauge('node_nf_conntrack_entries_limit'),
  },
  {
    metric: 'system.linux.conntrack.dropped',
    attributes: ['reason'],
    theirs: (reason) => rate(`node_nf_conntrack_stat_${reason}`),
  },
  {
    metric: 'hw.temperature',
    attributes: id,
    theirs: (hwId = 'coretemp_temp1') => sensor('temp', 'celsius', hwId),
  },
  { metric: 'hw.fan.speed', attributes: id, theirs: (hwId = '') => sensor('fan', 'rpm', hwId) },
  { metric: 'hw.voltage', attributes: id, theirs: (hwId = '') => sensor('in', 'volts', hwId) },
  { metric: 'hw.current', attributes: id, theirs: (hwId = '') => sensor('curr', 'amps', hwId) },
  {
    metric: 'hw.power',
    attributes: ['hw.id'],
    theirs: (hwId = '') =>
      hwId.startsWith('intel-rapl')
        ? sumOf(rate, `node_rapl_${hwId === 'intel-rapl:0' ? 'package' : 'core'}_joules_total`)
        : sensor('power', hwId === 'pmbus_power1' ? 'average_watt' : 'watt', hwId),
  },
  {
    metric: 'hw.battery.charge',
    attributes: id,
    theirs: (name) => gauge(`node_power_supply_capacity{power_supply="${name}"}`) / 100,
  },
  {
    metric: 'system.linux.power_supply.online',
    attributes: id,
    theirs: (name) => gauge(`node_power_supply_online{power_supply="${name}"}`),
  },
];

/** What node_exporter does not tell, or only with calls that a tree of files does not answer. */
const onlyOurs = new Set([
  'system.cpu.logical.count',
  'system.memory.utilization',
  'system.memory.usage',
  'system.paging.usage',
  'system.process.count',
  'system.uptime',
  'system.linux.btrfs.device.errors',
  'system.linux.btrfs.device.missing',
  'system.filesystem.utilization',
  'openmanager.agent.collect.duration',
]);

describe('beside node_exporter', exporter, () => {
  test.each(rows)('$metric', ({ metric, attributes = [], theirs }) => {
    const keys = [...ours.keys()].filter((key) => parseSeriesKey(key).metric === metric);
    expect(keys).not.toEqual([]);
    for (const key of keys) {
      const known = parseSeriesKey(key).attributes;
      const expected = theirs(...attributes.map((name) => known[name] as string));
      if (Number.isNaN(expected)) expect(ours.get(key), key).toBeNaN();
      else expect(ours.get(key), key).toBeCloseTo(expected, 6);
    }
  });

  test('nothing that we tell of the machine is left out of the comparison', () => {
    const compared = new Set(rows.map(({ metric }) => metric));
    const told = new Set([...ours.keys()].map((key) => parseSeriesKey(key).metric));
    expect([...told].filter((metric) => !compared.has(metric) && !onlyOurs.has(metric))).toEqual(
      [],
    );
  });
});
