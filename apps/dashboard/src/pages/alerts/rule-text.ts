/** Rules in words. */
import { isKnownMetric, metricInfo } from '@openmanager/protocol';
import type { Format } from '@openmanager/texts';
import type { Translate } from '../../i18n/locale.ts';
import { metricLabel } from '../../format/metric-label.ts';
import type { HostSelection, Rule } from './model.ts';

/** Values of ratios are typed and shown as percent. */
export function isRatio(metric: string): boolean {
  return isKnownMetric(metric) && metricInfo(metric).unit === '1';
}

/** A bound of the rule in its unit. */
export function boundText(format: Format, rule: Rule, value: number): string {
  // What is divided by another series has no unit: a share where it is below one.
  if (rule.per) return value < 1 ? format.percent(value, 1) : format.number(value, 2);
  const metric = rule.metric ?? '';
  if (!isKnownMetric(metric)) return format.number(value, value < 10 ? 1 : 0);
  return isRatio(metric) ? format.percent(value, 0) : format.value(value, metricInfo(metric).unit);
}

export function ruleSentence(t: Translate, format: Format, rule: Rule): string {
  const metric = rule.metric === undefined ? '' : metricLabel(t, rule.metric);
  const value = (given: number | undefined): string =>
    given === undefined ? '' : boundText(format, rule, given);
  const words = { metric, threshold: value(rule.threshold) };
  const over = rule.window
    ? ` · ${t(`rule.${rule.window.aggregate}`)} ${format.duration(rule.window.overMs)}`
    : '';
  const lasting =
    rule.forMs > 0 ? ` · ${t('rule.forAtLeast', { span: format.duration(rule.forMs) })}` : '';
  switch (rule.kind) {
    case 'above':
      return t('alert.wasAbove', words) + over + lasting;
    case 'below':
      return t('rule.is.below', words) + over + lasting;
    case 'rate':
      return t('rule.is.rate', { ...words, span: format.duration(rule.overMs ?? 0) }) + lasting;
    case 'outside-band':
      return t('rule.is.outside-band', words) + lasting;
    case 'forecast':
      return (
        t('rule.is.forecast', {
          metric,
          bound: value(rule.bound),
          span: format.duration(rule.threshold ?? 0),
        }) + lasting
      );
    case 'missing':
      return t('rule.is.missing', { metric, count: rule.intervals ?? 0 });
    default:
      return t('rule.is.absent', { count: rule.intervals ?? 0 });
  }
}

export function hostsText(t: Translate, hosts: HostSelection | undefined): string {
  if (hosts === undefined || hosts === 'all') return t('rule.allHosts');
  return 'host' in hosts ? hosts.host : hosts.tags.map((tag) => `#${tag}`).join(' ');
}

/** `web, #db` as people type it: one name is a host, `#` marks tags, nothing are all. */
export function hostsOf(text: string): HostSelection {
  const parts = text.split(',').map((part) => part.trim());
  const tags = parts.filter((part) => part.startsWith('#')).map((part) => part.slice(1));
  if (tags.length > 0) return { tags };
  return parts[0] ? { host: parts[0] } : 'all';
}

export function hostsInput(hosts: HostSelection | undefined): string {
  if (hosts === undefined || hosts === 'all') return '';
  return 'host' in hosts ? hosts.host : hosts.tags.map((tag) => `#${tag}`).join(', ');
}
