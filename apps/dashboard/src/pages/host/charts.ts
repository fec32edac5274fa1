import { parseSeriesKey, type Attributes, type Unit } from '@openmanager/protocol';
import type { ChartSeries } from '../../chart/Chart.tsx';
import { inkAt, type Ink } from '../../chart/palette.ts';
import type { MessageId } from '../../i18n/en.ts';
import type { Translate } from '../../i18n/locale.ts';

/** One chart of the host page: which series it draws and how. */
export interface ChartPlan {
  readonly id: string;
  readonly title: MessageId;
  readonly unit: Unit;
  readonly series: readonly ChartSeries[];
  readonly stacked?: boolean;
  readonly top?: number;
  /** Series that the head tells instead of the sum of a stack. */
  readonly headlineKey?: string;
  /** Series whose newest value is the least upper end of the axis. */
  readonly topKey?: string;
  readonly loose?: boolean;
  /** Left out while every value is zero: errors are only worth room when there are some. */
  readonly onlyWhenActive?: boolean;
}

interface Known {
  readonly key: string;
  readonly metric: string;
  readonly attributes: Attributes;
}

/** More lines cannot be told apart. */
const LINE_LIMIT = 16;
const DEVICE_LIMIT = 8;

const modes = [
  ['user', 'cpu.user', 'c1'],
  ['system', 'cpu.system', 'c2'],
  ['nice', 'cpu.nice', 'c3'],
  ['iowait', 'cpu.iowait', 'c6'],
  ['interrupt', 'cpu.interrupt', 'c4'],
  ['irq', 'cpu.interrupt', 'c4'],
  ['softirq', 'cpu.softirq', 'c5'],
  ['steal', 'cpu.steal', 'c9'],
] as const satisfies readonly (readonly [string, MessageId, Ink])[];

const memoryStates = [
  ['used', 'memory.used', 'c1'],
  ['buffers', 'memory.buffers', 'c4'],
  ['cached', 'memory.cached', 'c3'],
] as const satisfies readonly (readonly [string, MessageId, Ink])[];

/** The charts that the host's series allow, in the order of the page. */
export function planCharts(keys: readonly string[], t: Translate): readonly ChartPlan[] {
  const byMetric = new Map<string, Known[]>();
  for (const key of keys) {
    const { metric, attributes } = parseSeriesKey(key);
    const list = byMetric.get(metric) ?? [];
    list.push({ key, metric, attributes });
    byMetric.set(metric, list);
  }
  const of = (metric: string): readonly Known[] => byMetric.get(metric) ?? [];
  const plans: (ChartPlan | null)[] = [
    cpuPlan(of('system.cpu.utilization'), t),
    corePlan(of('system.cpu.utilization'), t),
    memoryPlan(of('system.memory.usage'), of('system.memory.utilization'), t),
    linesPlan('load', 'chart.load', '{thread}', [
      ...named(of('system.linux.cpu.load_1m'), t('load.1m'), 'c1'),
      ...named(of('system.linux.cpu.load_5m'), t('load.5m'), 'c3'),
      ...named(of('system.linux.cpu.load_15m'), t('load.15m'), 'c8'),
    ]),
    directionPlan(
      'network',
      'chart.network',
      'By/s',
      of('system.network.io'),
      'network.interface.name',
      'network.io.direction',
      {
        receive: t('rate.receiveShort'),
        transmit: t('rate.transmitShort'),
      },
    ),
    directionPlan(
      'disk',
      'chart.disk',
      'By/s',
      of('system.disk.io'),
      'system.device',
      'disk.io.direction',
      {
        read: t('rate.readShort'),
        write: t('rate.writeShort'),
      },
    ),
    linesPlan(
      'disk-busy',
      'chart.diskBusy',
      '1',
      byDevice(of('system.disk.io_time'), 'system.device'),
    ),
    directionPlan(
      'disk-operations',
      'chart.diskOperations',
      '1/s',
      of('system.disk.operations'),
      'system.device',
      'disk.io.direction',
      {
        read: t('rate.readShort'),
        write: t('rate.writeShort'),
      },
    ),
    pressurePlan(of('system.linux.pressure.stall'), t),
    linesPlan(
      'swap',
      'chart.swap',
      '1',
      named(of('system.paging.utilization'), t('metric.swap'), 'c4'),
      { onlyWhenActive: true },
    ),
    linesPlan('temperature', 'chart.temperature', 'Cel', sensors(of('hw.temperature')), {
      loose: true,
    }),
    directionPlan(
      'errors',
      'chart.networkErrors',
      '1/s',
      of('system.network.errors'),
      'network.interface.name',
      'network.io.direction',
      {
        receive: t('rate.receiveShort'),
        transmit: t('rate.transmitShort'),
      },
      true,
    ),
    directionPlan(
      'dropped',
      'chart.networkDropped',
      '1/s',
      of('system.network.packet.dropped'),
      'network.interface.name',
      'network.io.direction',
      {
        receive: t('rate.receiveShort'),
        transmit: t('rate.transmitShort'),
      },
      true,
    ),
  ];
  return plans.filter((plan) => plan !== null);
}

function cpuPlan(known: readonly Known[], t: Translate): ChartPlan | null {
  const stacked = modes.flatMap(([mode, label, ink]) =>
    known
      .filter(
        ({ attributes }) =>
          attributes['cpu.mode'] === mode && attributes['cpu.logical_number'] === undefined,
      )
      .map(({ key }) => ({ key, label: t(label), ink })),
  );
  if (stacked.length > 0)
    return { id: 'cpu', title: 'chart.cpu', unit: '1', series: stacked, stacked: true, top: 1 };
  const total = known.find(({ attributes }) => Object.keys(attributes).length === 0);
  if (!total) return null;
  return {
    id: 'cpu',
    title: 'chart.cpu',
    unit: '1',
    series: [{ key: total.key, label: t('metric.cpu'), ink: 'c1', soft: true }],
    top: 1,
  };
}

function corePlan(known: readonly Known[], t: Translate): ChartPlan | null {
  const cores = known
    .filter(
      ({ attributes }) =>
        attributes['cpu.logical_number'] !== undefined && attributes['cpu.mode'] === undefined,
    )
    .map(({ key, attributes }) => ({ key, number: Number(attributes['cpu.logical_number']) }))
    .sort((a, b) => a.number - b.number);
  // One core is what the total says already.
  if (cores.length < 2 || cores.length > LINE_LIMIT) return null;
  return {
    id: 'cores',
    title: 'chart.cores',
    unit: '1',
    series: cores.map(({ key, number }, index) => ({
      key,
      label: t('cpu.core', { number }),
      ink: inkAt(index),
    })),
    top: 1,
  };
}

function memoryPlan(
  usage: readonly Known[],
  share: readonly Known[],
  t: Translate,
): ChartPlan | null {
  const series = memoryStates.flatMap(([state, label, ink]) =>
    usage
      .filter(({ attributes }) => attributes['system.memory.state'] === state)
      .map(({ key }) => ({ key, label: t(label), ink })),
  );
  if (series.length > 0)
    return {
      id: 'memory',
      title: 'chart.memory',
      unit: 'By',
      series,
      stacked: true,
      topKey: 'system.memory.limit',
      // Caches are given back when memory is needed: they are not what is used up.
      ...(series[0] ? { headlineKey: series[0].key } : {}),
    };
  return linesPlan('memory', 'chart.memory', '1', named(share, t('metric.memory'), 'c1'), {
    top: 1,
  });
}

const pressureInks: Readonly<Record<string, Ink>> = { cpu: 'c1', memory: 'c4', io: 'c2' };

function pressurePlan(known: readonly Known[], t: Translate): ChartPlan | null {
  const labels: Readonly<Record<string, string>> = {
    cpu: 'CPU',
    memory: t('metric.memory'),
    io: 'I/O',
  };
  return linesPlan(
    'pressure',
    'chart.pressure',
    '1',
    known
      .map(({ key, attributes: { resource = '', kind = '' } }) => ({
        key,
        label: `${labels[resource] ?? resource} ${kind === 'full' ? t('pressure.full') : t('pressure.some')}`,
        ink: pressureInks[resource] ?? 'c8',
        dashed: kind === 'full',
      }))
      .sort((a, b) => Number(a.dashed) - Number(b.dashed)),
  );
}

function sensors(known: readonly Known[]): ChartSeries[] {
  return known
    .filter(({ attributes }) => Object.keys(attributes).length > 0)
    .slice(0, LINE_LIMIT)
    .map(({ key, attributes }, index) => ({
      key,
      label: attributes['hw.name'] ?? attributes['hw.id'] ?? key,
      ink: inkAt(index),
    }));
}

function named(known: readonly Known[], label: string, ink: Ink): ChartSeries[] {
  const one = known.find(({ attributes }) => Object.keys(attributes).length === 0);
  return one ? [{ key: one.key, label, ink }] : [];
}

function byDevice(known: readonly Known[], attribute: string): ChartSeries[] {
  const devices = known.filter(({ attributes }) => attributes[attribute] !== undefined);
  return devices.slice(0, DEVICE_LIMIT).map(({ key, attributes }, index) => ({
    key,
    label: attributes[attribute] ?? '',
    ink: inkAt(index),
  }));
}

type Style = Pick<ChartPlan, 'loose' | 'top' | 'onlyWhenActive'>;

function linesPlan(
  id: string,
  title: MessageId,
  unit: Unit,
  series: readonly ChartSeries[],
  style: Style = {},
): ChartPlan | null {
  if (series.length === 0) return null;
  return {
    id,
    title,
    unit,
    series: series.length === 1 ? series.map((one) => ({ ...one, soft: true })) : series,
    ...style,
  };
}

/** One colour per device, the second direction dashed. The sum over devices serves where there are none. */
function directionPlan(
  id: string,
  title: MessageId,
  unit: Unit,
  known: readonly Known[],
  device: string,
  direction: string,
  labels: Readonly<Record<string, string>>,
  onlyWhenActive = false,
): ChartPlan | null {
  const directions = Object.keys(labels);
  const devices = [...new Set(known.map(({ attributes }) => attributes[device]))].filter(
    (name) => name !== undefined,
  );
  const shown: readonly (string | undefined)[] =
    devices.length > 0 ? devices.slice(0, DEVICE_LIMIT) : [undefined];
  const single = shown.length === 1;
  const series = shown.flatMap((name, place) =>
    directions.flatMap((way, wayPlace) =>
      known
        .filter(({ attributes }) => attributes[device] === name && attributes[direction] === way)
        .map(({ key }) => ({
          key,
          label:
            name === undefined || single
              ? [name, labels[way]].filter(Boolean).join(' ')
              : `${name} ${labels[way]}`,
          ink: single ? inkAt(wayPlace) : inkAt(place),
          dashed: !single && wayPlace === 1,
          soft: single && wayPlace === 0,
        })),
    ),
  );
  return series.length === 0
    ? null
    : { id, title, unit, series, ...(onlyWhenActive ? { onlyWhenActive } : {}) };
}
