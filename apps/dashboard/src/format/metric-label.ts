import type { MetricName } from '@openmanager/protocol';
import type { Translate } from '../i18n/locale.ts';

/** What people call the metric; its own name where it has no other. */
export function metricLabel(t: Translate, metric: string): string {
  return t(metric as MetricName);
}
