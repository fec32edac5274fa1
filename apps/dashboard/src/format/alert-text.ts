import type { MetricName, Severity } from '@openmanager/protocol';
import type { MessageId, Translate } from '../i18n/locale.ts';
import type { TagTone } from '../ui/controls.tsx';
import type { IconName } from '../ui/icons.tsx';

/** What people call the metric; its own name where it has no other. */
export function metricLabel(t: Translate, metric: string): string {
  return t(metric as MetricName);
}

/** Each severity has a shape of its own beside its colour. */
export const severityLook: Readonly<
  Record<Severity, { readonly icon: IconName; readonly tone: TagTone; readonly label: MessageId }>
> = {
  info: { icon: 'info', tone: 'neutral', label: 'severity.info' },
  warning: { icon: 'alert', tone: 'high', label: 'severity.warning' },
  critical: { icon: 'stop', tone: 'critical', label: 'severity.critical' },
};
