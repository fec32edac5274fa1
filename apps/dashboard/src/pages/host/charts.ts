import {
  type ChartGroup,
  metrics,
  parseSeriesKey,
  visible,
  type Attributes,
  type MetricName,
  type Unit,
} from '@openmanager/protocol';
import type { ChartSeries } from '../../chart/reading.ts';
import { inkAt, type Ink } from '../../chart/palette.ts';
import type { MessageId, Translate } from '../../i18n/locale.ts';

/** One chart of the host page: which series it draws and how. */
export interface ChartPlan {
  readonly id: string;
  readonly title: MessageId;
  readonly unit: Unit;
  readonly series: readonly ChartSeries[];
  readonly stacked?: boolean;
  readonly top?: number;
  /** Series in the head instead of the sum of a stack. */
  readonly headlineKey?: string;
  /** Series whose newest value is the least upper end of the axis. */
  readonly topKey?: string;
  readonly loose?: boolean;
  /** Left out while every value is zero: errors are only worth room when there are some. */
  readonly onlyWhenActive?: boolean;
  /** Heading it stands under; none for the first charts. */
  readonly group?: ChartGroup;
  /** Devices among the series that have no line. */
  readonly undrawn?: number;
}

interface Known {
  readonly key: string;
  readonly metric: string;
  readonly attributes: Attributes;
}

/** More lines cannot be distinguished. */
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

type Find = (metric: MetricName) => readonly Known[];
type Plan = (of: Find, t: Translate) => ChartPlan | null;

/** Charts of more than one metric or of a form of their own, at the place of the metric that leads them. */
const composed: Partial<Record<MetricName, readonly Plan[]>> = {
  'system.cpu.utilization': [cpuPlan, corePlan],
  'system.memory.utilization': [memoryPlan],
  'system.linux.cpu.load_1m': [loadPlan],
  'system.linux.pressure.stall': [pressurePlan],
};

/** The charts that the host's series allow, in the order of the catalogue. */
export function planCharts(keys: readonly string[], t: Translate): readonly ChartPlan[] {
  const byMetric = new Map<string, Known[]>();
  for (const key of keys) {
    const { metric, attributes } = parseSeriesKey(key);
    const list = byMetric.get(metric) ?? [];
    list.push({ key, metric, attributes });
    byMetric.set(metric, list);
  }
  const of: Find = (metric) => byMetric.get(metric) ?? [];
  return (Object.keys(metrics) as MetricName[])
    .flatMap((metric) => {
      const plans = composed[metric];
      return plans ? plans.map((plan) => plan(of, t)) : [cataloguedPlan(metric, of(metric), t)];
    })
    .filter((plan) => plan !== null);
}

/** The chart that the catalogue gives a metric. */
function cataloguedPlan(
  metric: MetricName,
  known: readonly Known[],
  t: Translate,
): ChartPlan | null {
  const { chart, unit } = metrics[metric];
  if (!chart) return null;
  const { by, direction, ...style } = chart;
  const frame: Frame = { id: metric, title: metric, unit, ...style };
  if (by === undefined) return linesPlan(frame, named(known, t(metric), 'c4'));
  if (direction === undefined) {
    const undrawn = Math.max(0, ofDevices(known, by).length - LINE_LIMIT);
    const words = directionLabels(t)[by] ?? {};
    return linesPlan({ ...frame, undrawn }, byDevice(known, by, words));
  }
  return directionPlan(frame, known, by, direction, directionLabels(t)[direction] ?? {});
}

/** Of each attribute that charts draw apart its two values, in short words. */
function directionLabels(t: Translate): Readonly<Record<string, Readonly<Record<string, string>>>> {
  return {
    'network.io.direction': {
      receive: t('rate.receiveShort'),
      transmit: t('rate.transmitShort'),
    },
    'disk.io.direction': { read: t('rate.readShort'), write: t('rate.writeShort') },
  };
}

function cpuPlan(of: Find, t: Translate): ChartPlan | null {
  const known = of('system.cpu.utilization');
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
    series: [{ key: total.key, label: t('system.cpu.utilization'), ink: 'c1', soft: true }],
    top: 1,
  };
}

function corePlan(of: Find, t: Translate): ChartPlan | null {
  const cores = of('system.cpu.utilization')
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

function memoryPlan(of: Find, t: Translate): ChartPlan | null {
  const series = memoryStates.flatMap(([state, label, ink]) =>
    of('system.memory.usage')
      .filter(({ attributes }) => attributes['system.memory.state'] === state)
      .map(({ key }) => ({ key, label: t(label), ink })),
  );
  const frame: Frame = { id: 'memory', title: 'system.memory.utilization', unit: 'By' };
  if (series[0])
    return {
      ...frame,
      series,
      stacked: true,
      topKey: 'system.memory.limit',
      // Caches are given back when memory is needed: they are not what is used up.
      headlineKey: series[0].key,
    };
  const share = of('system.memory.utilization');
  return linesPlan({ ...frame, unit: '1', top: 1 }, named(share, t(frame.title), 'c1'));
}

function loadPlan(of: Find, t: Translate): ChartPlan | null {
  return linesPlan({ id: 'load', title: 'chart.load', unit: '{thread}' }, [
    ...named(of('system.linux.cpu.load_1m'), t('load.1m'), 'c1'),
    ...named(of('system.linux.cpu.load_5m'), t('load.5m'), 'c3'),
    ...named(of('system.linux.cpu.load_15m'), t('load.15m'), 'c8'),
  ]);
}

const pressureInks: Readonly<Record<string, Ink>> = { cpu: 'c1', memory: 'c4', io: 'c2' };

function pressurePlan(of: Find, t: Translate): ChartPlan | null {
  const metric = 'system.linux.pressure.stall';
  const labels: Readonly<Record<string, string>> = {
    cpu: t('system.cpu.utilization'),
    memory: t('system.memory.utilization'),
    io: 'I/O',
  };
  return linesPlan(
    { id: 'pressure', title: metric, unit: metrics[metric].unit },
    of(metric)
      .map(({ key, attributes: { resource = '', kind = '' } }) => ({
        key,
        label: `${labels[resource] ?? resource} ${kind === 'full' ? t('pressure.full') : t('pressure.some')}`,
        ink: pressureInks[resource] ?? 'c8',
        dashed: kind === 'full',
      }))
      .sort((a, b) => Number(a.dashed) - Number(b.dashed)),
  );
}

function named(known: readonly Known[], label: string, ink: Ink): ChartSeries[] {
  const one = known.find(({ attributes }) => Object.keys(attributes).length === 0);
  return one ? [{ key: one.key, label, ink }] : [];
}

/** Without those of the whole host: the ones that have the attribute, or else any. */
function ofDevices(known: readonly Known[], attribute: string): readonly Known[] {
  const named = known.filter(({ attributes }) => attributes[attribute] !== undefined);
  return named.length > 0
    ? named
    : known.filter(({ attributes }) => Object.keys(attributes).length > 0);
}

/** A line per value of the attribute; what lacks it, such as a sensor without a name, goes by another of its own. */
function byDevice(
  known: readonly Known[],
  attribute: string,
  words: Readonly<Record<string, string>>,
): ChartSeries[] {
  const lines = ofDevices(known, attribute).slice(0, LINE_LIMIT);
  const nameOf = ({ key, attributes }: Known): string =>
    attributes[attribute] ?? Object.values(attributes)[0] ?? key;
  const names = lines.map(nameOf);
  return lines.map((line, index) => {
    const name = nameOf(line);
    const same = lines.filter((_, other) => names[other] === name);
    // Two of one name, such as the errors of one cause on two interfaces, are told apart by what differs.
    const rest = Object.entries(line.attributes).filter(([other, value]) =>
      same.some(({ attributes }) => attributes[other] !== value),
    );
    return {
      key: line.key,
      label: visible([words[name] ?? name, ...rest.map(([, value]) => value)].join(' ')),
      ink: inkAt(index),
    };
  });
}

/** What a chart is, but for its series. */
type Frame = Omit<ChartPlan, 'series'>;

function linesPlan(frame: Frame, series: readonly ChartSeries[]): ChartPlan | null {
  if (series.length === 0) return null;
  return {
    ...frame,
    series: series.length === 1 ? series.map((one) => ({ ...one, soft: true })) : series,
  };
}

/** One colour per device, the second direction dashed. The sum over devices serves where there are none. */
function directionPlan(
  frame: Frame,
  known: readonly Known[],
  device: string,
  direction: string,
  labels: Readonly<Record<string, string>>,
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
              ? [visible(name ?? ''), labels[way]].filter(Boolean).join(' ')
              : `${visible(name)} ${labels[way]}`,
          ink: single ? inkAt(wayPlace) : inkAt(place),
          dashed: !single && wayPlace === 1,
          soft: single && wayPlace === 0,
        })),
    ),
  );
  const undrawn = Math.max(0, devices.length - DEVICE_LIMIT);
  return series.length === 0 ? null : { ...frame, undrawn, series };
}
