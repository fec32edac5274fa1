import {
  metricInfo,
  type Alert,
  type Attributes,
  type MetricName,
  type Severity,
} from '@openmanager/protocol';
import type { Format } from './units.ts';
import type { MessageId } from '../i18n/en.ts';
import type { Translate } from '../i18n/locale.ts';
import type { TagTone } from '../ui/controls.tsx';
import type { IconName } from '../ui/icons.tsx';

/** Names of the metrics people meet; others are shown by their own name. */
const metricMessages: Partial<Record<MetricName, MessageId>> = {
  'system.cpu.utilization': 'metric.cpu',
  'system.memory.utilization': 'metric.memory',
  'system.filesystem.utilization': 'metric.filesystem',
  'system.filesystem.inodes.utilization': 'metric.inodes',
  'system.paging.utilization': 'metric.swap',
  'system.disk.io_time': 'metric.diskBusy',
  'system.linux.cpu.load_1m': 'metric.load',
  'hw.temperature': 'metric.temperature',
  'system.systemd.unit.failed': 'metric.failedUnits',
  'system.process.count': 'metric.processes',
};

export function metricLabel(t: Translate, metric: string): string {
  const id = metricMessages[metric as MetricName];
  return id ? t(id) : metric;
}

/** What tells one device from another, e.g. `/var` or `eth0`; empty for a series of the whole host. */
export function attributesLabel(attributes: Attributes): string {
  const mount = attributes['system.filesystem.mountpoint'];
  if (mount !== undefined) return mount;
  return Object.values(attributes).join(' ');
}

/** The metric of rules about missing samples: their value is a span of silence in ms. */
const SILENCE_METRIC = 'host.silence';

/** What is wrong, without the host: `CPU 93.2% (limit 85%)`. */
export function alertSentence(t: Translate, format: Format, alert: Alert): string {
  const over = alert.state === 'resolved';
  if (alert.metric === SILENCE_METRIC)
    return over ? t('alert.wasSilent') : t('alert.silent', { span: format.duration(alert.value) });
  const { unit } = metricInfo(alert.metric);
  const device = attributesLabel(alert.attributes);
  const name = metricLabel(t, alert.metric);
  const metric = device === '' ? name : `${name} ${device}`;
  const threshold =
    unit === '1' ? format.percent(alert.threshold, 0) : format.value(alert.threshold, unit);
  // The value of a resolved alert is the one that ended it, which would read as if it had fired there.
  const said = over
    ? t('alert.wasAbove', { metric, threshold })
    : t('alert.above', { metric, value: format.value(alert.value, unit), threshold });
  return alert.flapping === undefined || over
    ? said
    : `${said} · ${t('alert.flapping', { count: alert.flapping })}`;
}

/** Each severity has a shape of its own beside its colour. */
export const severityLook: Readonly<
  Record<Severity, { readonly icon: IconName; readonly tone: TagTone; readonly label: MessageId }>
> = {
  info: { icon: 'info', tone: 'neutral', label: 'severity.info' },
  warning: { icon: 'alert', tone: 'high', label: 'severity.warning' },
  critical: { icon: 'stop', tone: 'critical', label: 'severity.critical' },
};
