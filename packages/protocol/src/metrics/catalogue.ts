/**
 * The metrics we know, under their OpenTelemetry semantic-convention names where there is one
 * (https://opentelemetry.io/docs/specs/semconv/system/system-metrics/). Counters of that convention
 * are stored as rates per second. Names in `system.linux.pressure.*`, `system.filesystem.inodes.*` and
 * `system.systemd.*` are ours. A metric outside the catalogue is stored and shown too, with defaults.
 */
export type Unit =
  | '1'
  | 'By'
  | 'By/s'
  | '1/s'
  | 's'
  | 'Cel'
  | '{process}'
  | '{unit}'
  | '{thread}'
  | '{cpu}';

/** How a value is rounded for the screen: fixed decimals, or four significant digits. */
export type Precision = { readonly decimals: number } | { readonly significant: 4 };

export interface MetricInfo {
  readonly unit: Unit;
  /** Attribute names a series of this metric may carry. */
  readonly attributes: readonly string[];
  /** Decimals the agent keeps; more would cost disk and say nothing. */
  readonly storedDecimals: number;
  /** Precision of live frames. */
  readonly display: Precision;
  readonly description: string;
}

const ratio = { unit: '1', storedDecimals: 4, display: { decimals: 3 } } as const;
const bytes = { unit: 'By', storedDecimals: 0, display: { significant: 4 } } as const;
const byteRate = { unit: 'By/s', storedDecimals: 0, display: { significant: 4 } } as const;
const eventRate = { unit: '1/s', storedDecimals: 1, display: { decimals: 1 } } as const;

export type MetricName =
  | 'system.cpu.utilization'
  | 'system.cpu.logical.count'
  | 'system.linux.cpu.load_1m'
  | 'system.linux.cpu.load_5m'
  | 'system.linux.cpu.load_15m'
  | 'system.memory.utilization'
  | 'system.memory.usage'
  | 'system.memory.limit'
  | 'system.linux.memory.available'
  | 'system.paging.utilization'
  | 'system.paging.usage'
  | 'system.paging.operations'
  | 'system.disk.io'
  | 'system.disk.operations'
  | 'system.disk.io_time'
  | 'system.filesystem.utilization'
  | 'system.filesystem.usage'
  | 'system.filesystem.limit'
  | 'system.filesystem.inodes.utilization'
  | 'system.network.io'
  | 'system.network.packet.count'
  | 'system.network.errors'
  | 'system.network.packet.dropped'
  | 'system.uptime'
  | 'system.process.count'
  | 'system.linux.pressure.stall'
  | 'hw.temperature'
  | 'system.systemd.unit.failed';

export const metrics: Readonly<Record<MetricName, MetricInfo>> = {
  'system.cpu.utilization': {
    ...ratio,
    attributes: ['cpu.mode', 'cpu.logical_number'],
    description: 'Share of CPU time: busy in all without attributes, by mode, or busy by core',
  },
  'system.cpu.logical.count': {
    unit: '{cpu}',
    storedDecimals: 0,
    display: { decimals: 0 },
    attributes: [],
    description: 'Logical processors',
  },
  'system.linux.cpu.load_1m': {
    unit: '{thread}',
    storedDecimals: 2,
    display: { decimals: 2 },
    attributes: [],
    description: 'Load average over 1 minute',
  },
  'system.linux.cpu.load_5m': {
    unit: '{thread}',
    storedDecimals: 2,
    display: { decimals: 2 },
    attributes: [],
    description: 'Load average over 5 minutes',
  },
  'system.linux.cpu.load_15m': {
    unit: '{thread}',
    storedDecimals: 2,
    display: { decimals: 2 },
    attributes: [],
    description: 'Load average over 15 minutes',
  },
  'system.memory.utilization': {
    ...ratio,
    attributes: [],
    description: 'Share of memory that is not available to new work: 1 − available / total',
  },
  'system.memory.usage': {
    ...bytes,
    attributes: ['system.memory.state'],
    description: 'Memory by state: used, free, cached, buffers',
  },
  'system.memory.limit': { ...bytes, attributes: [], description: 'Memory in all' },
  'system.linux.memory.available': {
    ...bytes,
    attributes: [],
    description: 'Memory available to new work without swapping',
  },
  'system.paging.utilization': { ...ratio, attributes: [], description: 'Share of swap in use' },
  'system.paging.usage': {
    ...bytes,
    attributes: ['system.paging.state'],
    description: 'Swap by state: used, free',
  },
  'system.paging.operations': {
    ...eventRate,
    attributes: ['system.paging.direction'],
    description: 'Pages swapped in or out per second',
  },
  'system.disk.io': {
    ...byteRate,
    attributes: ['system.device', 'disk.io.direction'],
    description: 'Bytes read or written per second',
  },
  'system.disk.operations': {
    ...eventRate,
    attributes: ['system.device', 'disk.io.direction'],
    description: 'Reads or writes per second',
  },
  'system.disk.io_time': {
    ...ratio,
    attributes: ['system.device'],
    description: 'Share of time the device was busy',
  },
  'system.filesystem.utilization': {
    ...ratio,
    attributes: ['system.filesystem.mountpoint', 'system.device', 'system.filesystem.type'],
    description: 'Share of space in use, of what unprivileged users can use',
  },
  'system.filesystem.usage': {
    ...bytes,
    attributes: [
      'system.filesystem.mountpoint',
      'system.device',
      'system.filesystem.type',
      'system.filesystem.state',
    ],
    description: 'Space by state: used, free',
  },
  'system.filesystem.limit': {
    ...bytes,
    attributes: ['system.filesystem.mountpoint', 'system.device', 'system.filesystem.type'],
    description: 'Space in all',
  },
  'system.filesystem.inodes.utilization': {
    ...ratio,
    attributes: ['system.filesystem.mountpoint', 'system.device', 'system.filesystem.type'],
    description: 'Share of inodes in use',
  },
  'system.network.io': {
    ...byteRate,
    attributes: ['network.interface.name', 'network.io.direction'],
    description:
      'Bytes received or sent per second; without attributes of an interface, all but loopback',
  },
  'system.network.packet.count': {
    ...eventRate,
    attributes: ['network.interface.name', 'network.io.direction'],
    description: 'Packets per second',
  },
  'system.network.errors': {
    ...eventRate,
    attributes: ['network.interface.name', 'network.io.direction'],
    description: 'Errors per second',
  },
  'system.network.packet.dropped': {
    ...eventRate,
    attributes: ['network.interface.name', 'network.io.direction'],
    description: 'Dropped packets per second',
  },
  'system.uptime': {
    unit: 's',
    storedDecimals: 0,
    display: { decimals: 0 },
    attributes: [],
    description: 'Time since the host started',
  },
  'system.process.count': {
    unit: '{process}',
    storedDecimals: 0,
    display: { decimals: 0 },
    attributes: ['process.state'],
    description: 'Processes in all, or by state',
  },
  'system.linux.pressure.stall': {
    ...ratio,
    attributes: ['resource', 'kind'],
    description: 'Share of time in which some or all tasks waited for cpu, memory or io (PSI)',
  },
  'hw.temperature': {
    unit: 'Cel',
    storedDecimals: 1,
    display: { decimals: 1 },
    attributes: ['hw.id', 'hw.name'],
    description: 'Temperature of a sensor',
  },
  'system.systemd.unit.failed': {
    unit: '{unit}',
    storedDecimals: 0,
    display: { decimals: 0 },
    attributes: [],
    description: 'systemd units in state failed',
  },
};

const unknownMetric: MetricInfo = {
  unit: '1',
  storedDecimals: 6,
  display: { significant: 4 },
  attributes: [],
  description: '',
};

export function metricInfo(metric: string): MetricInfo {
  return Object.hasOwn(metrics, metric) ? metrics[metric as MetricName] : unknownMetric;
}

export function isKnownMetric(metric: string): metric is MetricName {
  return Object.hasOwn(metrics, metric);
}

/**
 * Series of the `fleet` topic, in this order, for each host. The filesystem, disk and temperature entries
 * are of the worst device, the network entries the sum of all but loopback: the agent sends them without
 * attributes next to the series they come from.
 */
export const headlineKeys = [
  'system.cpu.utilization',
  'system.memory.utilization',
  'system.filesystem.utilization',
  'system.network.io{network.io.direction="receive"}',
  'system.network.io{network.io.direction="transmit"}',
  'system.disk.io{disk.io.direction="read"}',
  'system.disk.io{disk.io.direction="write"}',
  'system.disk.io_time',
  'system.paging.utilization',
  'system.linux.cpu.load_1m',
  'system.process.count',
  'system.uptime',
] as const;

export type HeadlineKey = (typeof headlineKeys)[number];
