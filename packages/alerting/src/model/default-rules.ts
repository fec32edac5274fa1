import { HOUR_MS, MINUTE_MS } from '@openmanager/protocol/durations';
import type { Guard, Rule, SeriesRule } from './rule.ts';
const GIB = 1_073_741_824;

/**
 * What everybody wants to hear of without setting anything up. The bounds follow what Netdata's health
 * configuration (github.com/netdata/netdata, src/health/health.d) and the node-exporter mixin
 * (github.com/prometheus/node_exporter, docs/node-mixin) have settled on.
 *
 * What ends badly unless somebody does something tells everyone. CPU above 85 % and memory above 90 % ring at once in
 * the browsers of those who switched that on, and reach no other receiver: a healthy machine may do that when it is
 * busy. What else a busy machine does is shown only. The distance between threshold and clear keeps a value that hovers
 * at the threshold from alerting again and again.
 */

const shown = { notify: 'nobody' } as const;
const inBrowsers = { notify: 'browsers' } as const;
const onHost = { scope: 'total', forMs: 0 } as const;
const ofEach = { scope: 'each', forMs: 0 } as const;
const average = (minutes: number): { window: SeriesRule['window'] } => ({
  window: { aggregate: 'avg', overMs: minutes * MINUTE_MS },
});

const processor: readonly Rule[] = [
  {
    ...onHost,
    ...inBrowsers,
    kind: 'above',
    ruleId: 'cpu-high',
    metric: 'system.cpu.utilization',
    threshold: 0.85,
    clear: 0.75,
    severity: 'warning',
  },
  {
    ...onHost,
    ...shown,
    ...average(10),
    kind: 'above',
    ruleId: 'cpu-saturated',
    metric: 'system.cpu.utilization',
    threshold: 0.95,
    clear: 0.85,
    severity: 'critical',
    summary: 'CPU on {{host}} at {{value}} on average over 10 min (above {{threshold}})',
  },
  {
    ...ofEach,
    ...shown,
    ...average(10),
    kind: 'above',
    ruleId: 'cpu-iowait',
    metric: 'system.cpu.utilization',
    where: { 'cpu.mode': 'iowait' },
    threshold: 0.4,
    clear: 0.2,
    severity: 'warning',
    summary: 'CPU on {{host}} waits for disks {{value}} of the time, on average over 10 min',
  },
  {
    ...ofEach,
    ...average(10),
    kind: 'above',
    ruleId: 'cpu-steal',
    metric: 'system.cpu.utilization',
    where: { 'cpu.mode': 'steal' },
    threshold: 0.1,
    clear: 0.05,
    severity: 'warning',
    summary:
      '{{host}} is denied {{value}} of its CPU time by its hypervisor, on average over 10 min',
  },
  {
    ...onHost,
    ...shown,
    kind: 'above',
    ruleId: 'load-high',
    metric: 'system.linux.cpu.load_15m',
    per: { metric: 'system.cpu.logical.count' },
    threshold: 2,
    clear: 1.5,
    forMs: 15 * MINUTE_MS,
    severity: 'warning',
    summary: 'Load on {{host}} is {{value}} per core over 15 min (above {{threshold}})',
  },
];

const memory: readonly Rule[] = [
  {
    ...onHost,
    ...inBrowsers,
    kind: 'above',
    ruleId: 'memory-high',
    metric: 'system.memory.utilization',
    threshold: 0.9,
    clear: 0.8,
    severity: 'critical',
  },
  {
    ...onHost,
    ...shown,
    kind: 'above',
    ruleId: 'memory-low',
    metric: 'system.memory.utilization',
    threshold: 0.9,
    clear: 0.85,
    forMs: 5 * MINUTE_MS,
    clearForMs: MINUTE_MS,
    severity: 'warning',
    summary: 'Less than 10 % of memory has been available on {{host}} for 5 min ({{value}} in use)',
  },
  {
    ...onHost,
    kind: 'above',
    ruleId: 'memory-exhausted',
    metric: 'system.memory.utilization',
    threshold: 0.93,
    clear: 0.9,
    forMs: 2 * MINUTE_MS,
    clearForMs: MINUTE_MS,
    severity: 'critical',
    summary: 'Less than 7 % of memory is available on {{host}} ({{value}} in use)',
  },
  {
    ...ofEach,
    kind: 'above',
    ruleId: 'memory-stall',
    metric: 'system.linux.pressure.stall',
    where: { resource: 'memory', kind: 'full' },
    // Beyond some per cent everything is slow; beyond this a machine does little else.
    threshold: 0.1,
    clear: 0.05,
    forMs: MINUTE_MS,
    clearForMs: MINUTE_MS,
    severity: 'critical',
    summary: 'For {{value}} of the time nothing on {{host}} can run for want of memory',
  },
  {
    ...onHost,
    ...shown,
    kind: 'above',
    ruleId: 'swapping',
    metric: 'system.paging.utilization',
    guards: [
      {
        metric: 'system.paging.operations',
        attributes: { 'system.paging.direction': 'out' },
        above: 100,
        clear: 20,
      },
    ],
    threshold: 0.1,
    clear: 0.05,
    forMs: 5 * MINUTE_MS,
    clearForMs: 5 * MINUTE_MS,
    severity: 'warning',
    summary: '{{host}} moves memory to swap all the time ({{value}} of swap in use)',
  },
  {
    ...onHost,
    kind: 'above',
    ruleId: 'oom-kill',
    metric: 'system.linux.memory.oom_kills',
    // A kill shows in one sample; the next one is at rest again.
    threshold: 1e-9,
    clear: 1e-9,
    keepFiringForMs: 10 * MINUTE_MS,
    clearForMs: 10 * MINUTE_MS,
    severity: 'critical',
    summary: 'The kernel killed a process on {{host}} because memory had run out',
  },
];

const filesystems = {
  ...ofEach,
  // Images that are full from the day they were made.
  where: { 'system.filesystem.type': ['!squashfs', '!iso9660', '!erofs'] },
} as const;
const free = (gib: number): readonly Guard[] => [
  {
    metric: 'system.filesystem.usage',
    attributes: { 'system.filesystem.state': 'free' },
    below: gib * GIB,
    clear: 2 * gib * GIB,
  },
];

/** Fullness of space or inodes: two levels now, two by forecast. */
function filling(
  name: 'disk' | 'inodes',
  metric: string,
  word: string,
  few: { readonly full: readonly Guard[]; readonly exhausted: readonly Guard[] },
): readonly Rule[] {
  const soon = (
    ruleId: string,
    hours: number,
    over: number,
    severity: 'warning' | 'critical',
  ): Rule => ({
    ...filesystems,
    kind: 'forecast',
    ruleId,
    metric,
    direction: 'above',
    bound: 1,
    threshold: hours * HOUR_MS,
    clear: 1.5 * hours * HOUR_MS,
    guards: [{ metric, above: over, clear: over - 0.05 }],
    forMs: 30 * MINUTE_MS,
    clearForMs: 30 * MINUTE_MS,
    severity,
  });
  return [
    {
      ...filesystems,
      kind: 'above',
      ruleId: `${name}-full`,
      metric,
      threshold: 0.9,
      clear: 0.8,
      ...(few.full.length === 0 ? {} : { guards: few.full }),
      severity: 'warning',
    },
    {
      ...filesystems,
      kind: 'above',
      ruleId: `${name}-exhausted`,
      metric,
      threshold: 0.98,
      clear: 0.9,
      ...(few.exhausted.length === 0 ? {} : { guards: few.exhausted }),
      severity: 'critical',
      summary: `{{attributes.system.filesystem.mountpoint}} on {{host}} has almost no ${word} left ({{value}} in use)`,
    },
    soon(`${name}-full-in-24h`, 24, 0.6, 'warning'),
    soon(`${name}-full-in-4h`, 4, 0.8, 'critical'),
  ];
}

const disks: readonly Rule[] = [
  // A tenth of a large filesystem is room for long, unless it fills fast, which the forecasts see.
  ...filling('disk', 'system.filesystem.utilization', 'space', {
    full: free(50),
    exhausted: free(5),
  }),
  ...filling('inodes', 'system.filesystem.inodes.utilization', 'inodes', {
    full: [],
    exhausted: [],
  }),
  {
    ...ofEach,
    kind: 'above',
    ruleId: 'filesystem-stuck',
    metric: 'system.filesystem.stuck',
    threshold: 0.5,
    clear: 0.5,
    forMs: MINUTE_MS,
    severity: 'critical',
    summary:
      '{{attributes.system.filesystem.mountpoint}} on {{host}} does not answer; programs that use it hang',
  },
  {
    ...ofEach,
    ...shown,
    ...average(10),
    kind: 'above',
    ruleId: 'disk-saturated',
    metric: 'system.disk.io_time',
    threshold: 0.98,
    clear: 0.9,
    severity: 'warning',
    summary: 'Disk {{attributes.system.device}} on {{host}} has been busy {{value}} of 10 min',
  },
];

/** What keeps data safe has given way: nothing is lost yet, or the first of it is. */
const storage: readonly Rule[] = [
  {
    ...ofEach,
    kind: 'above',
    ruleId: 'filesystem-failed',
    metric: 'system.linux.filesystem.failed',
    threshold: 0.5,
    clear: 0.5,
    severity: 'critical',
    summary:
      '{{attributes.system.filesystem.mountpoint}} on {{host}} takes no more writes: the kernel stopped them because of errors',
  },
  {
    ...ofEach,
    kind: 'below',
    ruleId: 'disk-failing',
    metric: 'hw.physical_disk.healthy',
    threshold: 0.5,
    clear: 0.5,
    severity: 'critical',
    summary:
      'Disk {{attributes.hw.id}} ({{attributes.hw.name}}) of {{host}} says that it fails: copy what is on it',
  },
  {
    ...ofEach,
    kind: 'above',
    ruleId: 'disk-worn',
    metric: 'hw.physical_disk.wear',
    threshold: 0.95,
    clear: 0.9,
    severity: 'warning',
    summary:
      'Disk {{attributes.hw.id}} ({{attributes.hw.name}}) of {{host}} has used {{value}} of its rated life',
  },
  {
    ...ofEach,
    kind: 'above',
    ruleId: 'raid-degraded',
    metric: 'system.linux.md.degraded',
    threshold: 0.5,
    clear: 0.5,
    severity: 'critical',
    summary: 'RAID {{attributes.system.device}} on {{host}} lacks disks: {{value}}',
  },
  {
    ...ofEach,
    kind: 'above',
    ruleId: 'zfs-pool',
    metric: 'system.linux.zfs.pool.state',
    where: { state: '!online' },
    threshold: 0.5,
    clear: 0.5,
    severity: 'critical',
    summary: 'ZFS pool {{attributes.zfs.pool}} on {{host}} is {{attributes.state}}',
  },
  {
    ...ofEach,
    kind: 'above',
    ruleId: 'btrfs-device-missing',
    metric: 'system.linux.btrfs.device.missing',
    threshold: 0.5,
    clear: 0.5,
    severity: 'critical',
    summary: 'Btrfs {{attributes.btrfs.filesystem}} on {{host}} lacks devices: {{value}}',
  },
  {
    ...ofEach,
    kind: 'above',
    ruleId: 'btrfs-errors',
    metric: 'system.linux.btrfs.device.errors',
    // Until somebody has looked: btrfs device stats --reset.
    threshold: 0.5,
    clear: 0.5,
    severity: 'warning',
    summary:
      'Btrfs {{attributes.btrfs.filesystem}} on {{host}} has counted {{attributes.error.type}} errors on device {{attributes.btrfs.device}}: {{value}}',
  },
  {
    ...ofEach,
    kind: 'above',
    ruleId: 'memory-errors',
    metric: 'system.linux.edac.errors',
    where: { 'hw.id': 'mc*', 'error.type': 'uncorrected' },
    threshold: 0.5,
    clear: 0.5,
    severity: 'critical',
    summary:
      'Memory of {{host}} has errors that could not be corrected ({{attributes.hw.id}}): {{value}}',
  },
];

const share = (ruleId: string, metric: string): Rule => ({
  ...ofEach,
  ...average(10),
  kind: 'above',
  ruleId,
  metric,
  per: { metric: 'system.network.packet.count' },
  // A few odd packets on an idle interface are no share worth telling.
  guards: [{ metric: 'system.network.packet.count', above: 10, clear: 1 }],
  threshold: 0.01,
  clear: 0.005,
  severity: 'warning',
});

const network: readonly Rule[] = [
  share('network-errors', 'system.network.errors'),
  { ...share('network-drops', 'system.network.packet.dropped'), ...shown },
  {
    ...ofEach,
    kind: 'above',
    ruleId: 'bond-degraded',
    metric: 'system.linux.network.bond.members',
    where: { state: 'inactive' },
    threshold: 0.5,
    clear: 0.5,
    forMs: MINUTE_MS,
    severity: 'warning',
    summary:
      'Bond {{attributes.network.interface.name}} on {{host}} has links that are down: {{value}}',
  },
  {
    ...onHost,
    kind: 'above',
    ruleId: 'conntrack-full',
    metric: 'system.linux.conntrack.utilization',
    threshold: 0.9,
    clear: 0.8,
    forMs: MINUTE_MS,
    severity: 'critical',
    summary:
      'The connection table of {{host}} is almost full ({{value}}); when it is, packets are dropped',
  },
];

const host: readonly Rule[] = [
  {
    ...ofEach,
    kind: 'above',
    ruleId: 'systemd-unit-failed',
    metric: 'systemd.unit.state',
    where: { 'systemd.unit.active_state': 'failed' },
    threshold: 0.5,
    clear: 0.5,
    forMs: 2 * MINUTE_MS,
    severity: 'warning',
    summary: '{{attributes.systemd.unit.name}} on {{host}} has failed',
  },
  {
    ...ofEach,
    kind: 'rate',
    ruleId: 'service-restarting',
    metric: 'systemd.service.restarts',
    direction: 'above',
    overMs: 10 * MINUTE_MS,
    // More than four restarts in ten minutes, until there is at most one.
    threshold: 4 / (10 * 60),
    clear: 1.5 / (10 * 60),
    severity: 'warning',
    summary: '{{attributes.systemd.unit.name}} on {{host}} ends and is restarted again and again',
  },
  {
    ...onHost,
    kind: 'above',
    ruleId: 'rebooted',
    // A fact: 1 when the hub saw it, 0 at once after.
    metric: 'host.reboots',
    threshold: 0.5,
    clear: 0.5,
    keepFiringForMs: 10 * MINUTE_MS,
    severity: 'info',
    summary: '{{host}} was started anew',
  },
  {
    ...onHost,
    kind: 'above',
    ruleId: 'clock-off',
    metric: 'host.clock.offset',
    threshold: 30,
    clear: 10,
    forMs: 5 * MINUTE_MS,
    severity: 'warning',
    summary: 'The clock of {{host}} is off by {{value}}',
  },
  {
    ...onHost,
    kind: 'below',
    ruleId: 'clock-unsynchronised',
    metric: 'system.linux.time.synchronized',
    threshold: 0.5,
    clear: 0.5,
    forMs: HOUR_MS,
    severity: 'warning',
    summary: 'Nothing has kept the clock of {{host}} right for an hour',
  },
  {
    ...onHost,
    kind: 'above',
    ruleId: 'file-descriptors',
    metric: 'system.linux.file_descriptors.utilization',
    threshold: 0.9,
    clear: 0.8,
    forMs: MINUTE_MS,
    severity: 'critical',
  },
  {
    kind: 'absent',
    ruleId: 'host-silent',
    intervals: 3,
    forMs: 0,
    // Most silences end by themselves within a minute: an update of the agent, a lost connection.
    notifyAfterMs: MINUTE_MS,
    severity: 'critical',
  },
];

/** About the hub, not about a host. */
const hub: readonly Rule[] = [
  {
    ...onHost,
    kind: 'above',
    ruleId: 'hub-overloaded',
    metric: 'hub.lag',
    threshold: 2,
    clear: 1,
    forMs: 15_000,
    clearForMs: 30_000,
    severity: 'critical',
    summary:
      'The hub cannot keep up: it reads what agents send {{value}} late, and judges no silence',
  },
];

export const defaultRules: readonly Rule[] = [
  ...processor,
  ...memory,
  ...disks,
  ...storage,
  ...network,
  ...host,
  ...hub,
];
