/** Rules in words. */
import { metricInfo } from '@openmanager/protocol';
import type { Format } from '../format/units.ts';
import type { Translate } from '../i18n/locale.ts';
import { metricLabel } from './alert-text.ts';
import type { HostSelection, Rule } from './model.ts';

/** Values of ratios are typed and shown as percent. */
export function isRatio(metric: string): boolean {
  return metric !== '' && metricInfo(metric).unit === '1';
}

export function ruleSentence(t: Translate, format: Format, rule: Rule): string {
  const metric = rule.metric === undefined ? '' : metricLabel(t, rule.metric);
  const value = (given: number | undefined): string =>
    given === undefined
      ? ''
      : isRatio(rule.metric ?? '')
        ? format.percent(given, 0)
        : format.value(given, metricInfo(rule.metric ?? '').unit);
  const words = { metric, threshold: value(rule.threshold) };
  const over = rule.window
    ? ` · ${t(`rule.${rule.window.aggregate}`)} ${format.duration(rule.window.overMs)}`
    : '';
  const lasting =
    rule.forMs > 0 ? ` · ${t('rule.forAtLeast', { span: format.duration(rule.forMs) })}` : '';
  switch (rule.kind) {
    case 'above':
    case 'below':
      return t(`rule.is.${rule.kind}`, words) + over + lasting;
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
