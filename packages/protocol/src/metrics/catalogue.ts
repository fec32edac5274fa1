/**
 * The metrics we know, under their OpenTelemetry semantic-convention names where there is one
 * (https://opentelemetry.io/docs/specs/semconv/system/system-metrics/). Counters of that convention
 * are stored as rates per second. Names in `system.linux.pressure.*`, `system.filesystem.inodes.*`,
 * `system.systemd.*` and `openmanager.*` are ours. A metric outside the catalogue is stored and shown too, with defaults.
 */
import { metricOfKey, parseSeriesKey } from '../series.ts';
import { hardwareMetrics, type HardwareMetricName } from './hardware.ts';
import {
  byteRate,
  bytes,
  eventRate,
  type Language,
  load,
  type MetricInfo,
  ratio,
  whole,
} from './info.ts';
import { kernelMetrics, type KernelMetricName } from './kernel.ts';

const filesystem = [
  'system.filesystem.mountpoint',
  'system.device',
  'system.filesystem.type',
] as const;
const ofDisk = {
  attributes: ['system.device', 'disk.io.direction'],
  chart: { by: 'system.device', direction: 'disk.io.direction' },
} as const;
const ofInterface = ['network.interface.name', 'network.io.direction'] as const;
const byInterface = { by: 'network.interface.name', direction: 'network.io.direction' } as const;

/** Metrics that agents measure. */
export type MetricName =
  | KernelMetricName
  | HardwareMetricName
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
  | 'system.filesystem.stuck'
  | 'system.network.io'
  | 'system.network.packet.count'
  | 'system.network.errors'
  | 'system.network.packet.dropped'
  | 'system.uptime'
  | 'system.process.count'
  | 'system.linux.pressure.stall'
  | 'hw.temperature'
  | 'system.systemd.unit.failed'
  | 'openmanager.agent.not_listed';

/**
 * Charts stand on the page of a host in this order. Sizes of machines stand still and clocks run evenly: these are
 * unwatched.
 */
export const metrics: Readonly<Record<MetricName, MetricInfo>> = {
  'system.cpu.utilization': {
    ...ratio,
    name: { en: 'CPU', ko: 'CPU' },
    attributes: ['cpu.mode', 'cpu.logical_number'],
    description: 'Share of CPU time: busy in all without attributes, by mode, or busy by core',
    forecast: 'total',
    // Single cores are sampled only while somebody looks.
    unwatched: 'cpu.logical_number',
  },
  'system.cpu.logical.count': {
    ...whole,
    name: { en: 'Logical cores', ko: '논리 코어' },
    unit: '{cpu}',
    attributes: [],
    description: 'Logical processors',
    unwatched: true,
  },
  'system.memory.utilization': {
    ...ratio,
    name: { en: 'Memory', ko: '메모리' },
    attributes: [],
    description: 'Share of memory that is not available to new work: 1 − available / total',
    forecast: 'each',
    fullAt: 1,
  },
  'system.memory.usage': {
    ...bytes,
    name: { en: 'Memory', ko: '메모리' },
    attributes: ['system.memory.state'],
    description:
      'Memory by state: used (shared memory, too), free, cached (given back when needed), buffers',
  },
  'system.memory.limit': {
    ...bytes,
    name: { en: 'Memory size', ko: '메모리 크기' },
    attributes: [],
    description: 'Memory in all',
    unwatched: true,
  },
  'system.linux.memory.available': {
    ...bytes,
    name: { en: 'Available memory', ko: '사용 가능한 메모리' },
    attributes: [],
    description: 'Memory available to new work without swapping',
  },
  'system.linux.cpu.load_1m': {
    ...load,
    name: { en: 'Load (1 min)', ko: '부하(1분)' },
    attributes: [],
    description: 'Load average over 1 minute',
    forecast: 'each',
  },
  'system.linux.cpu.load_5m': {
    ...load,
    name: { en: 'Load (5 min)', ko: '부하(5분)' },
    attributes: [],
    description: 'Load average over 5 minutes',
  },
  'system.linux.cpu.load_15m': {
    ...load,
    name: { en: 'Load (15 min)', ko: '부하(15분)' },
    attributes: [],
    description: 'Load average over 15 minutes',
  },
  'system.network.io': {
    ...byteRate,
    name: { en: 'Network', ko: '네트워크' },
    attributes: ofInterface,
    description:
      'Bytes received or sent per second; without attributes of an interface each byte once: what stands on an interface, or beside it for guests, is not added',
    forecast: 'each',
    chart: byInterface,
  },
  'system.network.packet.count': {
    ...eventRate,
    name: { en: 'Packets', ko: '패킷' },
    attributes: ofInterface,
    description: 'Packets per second',
  },
  'system.disk.io': {
    ...byteRate,
    ...ofDisk,
    name: { en: 'Disk I/O', ko: '디스크 I/O' },
    description: 'Bytes read or written per second',
  },
  'system.disk.io_time': {
    ...ratio,
    name: { en: 'Disk busy time', ko: '디스크 사용 시간' },
    attributes: ['system.device'],
    description: 'Share of time the device was busy',
    forecast: 'each',
    chart: { by: 'system.device' },
  },
  'system.disk.operations': {
    ...eventRate,
    ...ofDisk,
    name: { en: 'Disk operations', ko: '디스크 작업 수' },
    description: 'Reads or writes per second',
  },
  'system.linux.pressure.stall': {
    ...ratio,
    name: { en: 'Pressure (PSI)', ko: '자원 압박(PSI)' },
    attributes: ['resource', 'kind'],
    description: 'Share of time in which some or all tasks waited for cpu, memory or io (PSI)',
  },
  'system.paging.utilization': {
    ...ratio,
    name: { en: 'Swap', ko: '스왑' },
    attributes: [],
    description: 'Share of swap in use',
    forecast: 'each',
    fullAt: 1,
    chart: { onlyWhenActive: true },
  },
  'system.paging.usage': {
    ...bytes,
    name: { en: 'Swap', ko: '스왑' },
    attributes: ['system.paging.state'],
    description: 'Swap by state: used, free',
  },
  'system.paging.operations': {
    ...eventRate,
    name: { en: 'Swapping', ko: '스왑 입출력' },
    attributes: ['system.paging.direction'],
    description: 'Pages swapped in or out per second',
  },
  'system.filesystem.utilization': {
    ...ratio,
    name: { en: 'Disk space', ko: '디스크 사용률' },
    attributes: filesystem,
    description: 'Share of space in use, of what unprivileged users can use',
    forecast: 'each',
    fullAt: 1,
  },
  'system.filesystem.usage': {
    ...bytes,
    name: { en: 'Disk usage', ko: '디스크 사용량' },
    attributes: [...filesystem, 'system.filesystem.state'],
    description: 'Space by state: used, free',
  },
  'system.filesystem.limit': {
    ...bytes,
    name: { en: 'Disk size', ko: '디스크 크기' },
    attributes: filesystem,
    description: 'Space in all',
    unwatched: true,
  },
  'system.filesystem.inodes.utilization': {
    ...ratio,
    name: { en: 'Inodes', ko: '아이노드' },
    attributes: filesystem,
    description: 'Share of inodes in use',
    forecast: 'each',
    fullAt: 1,
  },
  'system.filesystem.stuck': {
    ...whole,
    unit: '{state}',
    name: { en: 'Filesystem does not answer', ko: '응답하지 않는 파일 시스템' },
    attributes: filesystem,
    description: '1 while a mount does not answer within 2 s, else 0',
    unwatched: true,
    chart: { by: 'system.filesystem.mountpoint', onlyWhenActive: true },
  },
  'hw.temperature': {
    unit: 'Cel',
    storedDecimals: 1,
    display: { decimals: 1 },
    name: { en: 'Temperature', ko: '온도' },
    attributes: ['hw.id', 'hw.name'],
    description:
      'Temperature of a sensor; without attributes of the hottest CPU, or part where no CPU is known',
    chart: { by: 'hw.name', loose: true },
  },
  'system.network.errors': {
    ...eventRate,
    name: { en: 'Network errors', ko: '네트워크 오류' },
    attributes: ofInterface,
    description: 'Errors per second',
    chart: { ...byInterface, onlyWhenActive: true },
  },
  'system.network.packet.dropped': {
    ...eventRate,
    name: { en: 'Dropped packets', ko: '버려진 패킷' },
    attributes: ofInterface,
    description: 'Dropped packets per second',
    chart: { ...byInterface, onlyWhenActive: true },
  },
  'system.uptime': {
    ...whole,
    name: { en: 'Uptime', ko: '가동 시간' },
    unit: 's',
    attributes: [],
    description: 'Time since the host started',
    unwatched: true,
  },
  'system.process.count': {
    ...whole,
    name: { en: 'Processes', ko: '프로세스' },
    unit: '{process}',
    attributes: ['process.state'],
    description: 'Processes in all, or by state',
  },
  'system.systemd.unit.failed': {
    ...whole,
    name: { en: 'Failed systemd units', ko: '실패한 systemd 유닛' },
    unit: '{unit}',
    attributes: [],
    description: 'systemd units in state failed',
  },
  'openmanager.agent.not_listed': {
    ...whole,
    name: { en: 'Not listed', ko: '목록에서 빠진 항목' },
    unit: '{unit}',
    attributes: ['source'],
    description:
      'Devices without series of their own, since their source has more than it lists; sums and worst values have them',
    unwatched: true,
  },
  ...kernelMetrics,
  ...hardwareMetrics,
};

/** Metric of alerts about a host that sends nothing; the value is the span of silence in ms. */
export const SILENCE_METRIC = 'host.silence';

/** What the hub notices by itself, for rules and alerts; nothing of it is stored as a series. */
export type HostFact = typeof SILENCE_METRIC | 'host.clock.offset' | 'host.reboots';

/** The same about the hub itself. */
export type HubFact = 'hub.lag';

const facts: Readonly<Record<HostFact | HubFact, MetricInfo>> = {
  'hub.lag': {
    unit: 's',
    storedDecimals: 3,
    display: { decimals: 1 },
    name: { en: 'Hub behind', ko: '허브 지연' },
    attributes: [],
    description: 'How late the hub reads what agents send',
  },
  [SILENCE_METRIC]: {
    ...whole,
    name: { en: 'Silence', ko: '무응답' },
    unit: 'ms',
    attributes: [],
    description: 'Time since the newest sample of the host',
  },
  'host.clock.offset': {
    unit: 's',
    storedDecimals: 3,
    display: { decimals: 1 },
    name: { en: 'Clock offset', ko: '시계 차이' },
    attributes: [],
    description: 'How far the clock of the host is from the hub’s, in either direction',
  },
  'host.reboots': {
    ...whole,
    name: { en: 'Restarts', ko: '재시작' },
    unit: '{unit}',
    attributes: [],
    description: '1 when the host was started anew, 0 at once after',
  },
};

/** Of metrics we do not know nothing is known: they are plain numbers, but for OpenTelemetry's name of shares. */
const unknown = {
  name: { en: '', ko: '' },
  storedDecimals: 6,
  display: { significant: 4 },
  attributes: [],
  description: '',
} as const;
const unknownNumber: MetricInfo = { ...unknown, unit: '{unit}' };
const unknownShare: MetricInfo = { ...unknown, unit: '1' };

/** What is known of a metric; of others it says how their values are handled. */
export function metricInfo(metric: string): MetricInfo {
  if (isKnownMetric(metric)) return metrics[metric];
  if (Object.hasOwn(facts, metric)) return facts[metric as HostFact | HubFact];
  return metric.endsWith('.utilization') ? unknownShare : unknownNumber;
}

/** Whether agents measure it, and the catalogue has it. */
export function isKnownMetric(metric: string): metric is MetricName {
  return Object.hasOwn(metrics, metric);
}

/** What people call the metric; its own name where nobody does. */
export function metricName(metric: string, language: Language): string {
  return metricInfo(metric).name[language] || metric;
}

/** Whether detectors judge the series. */
export function isWatched(key: string): boolean {
  const { unwatched } = metricInfo(metricOfKey(key));
  if (unwatched === undefined || unwatched === true) return unwatched === undefined;
  return parseSeriesKey(key).attributes[unwatched] === undefined;
}

/** Whether the series is forecast each hour. */
export function isForecast(key: string): boolean {
  const metric = metricOfKey(key);
  const { forecast } = metricInfo(metric);
  return forecast === 'each' || (forecast === 'total' && key === metric);
}

/**
 * Series of the `fleet` topic, in this order, for each host. The filesystem and disk entries are of the worst device,
 * the network entries the sum in which each byte is once: the agent sends them without attributes next to the series
 * they come from.
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
