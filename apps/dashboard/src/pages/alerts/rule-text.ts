/** Rules in words. */
import { isKnownMetric, metricInfo } from '@openmanager/protocol';
import type { Format } from '../../format/units.ts';
import type { Translate } from '../../i18n/locale.ts';
import { metricLabel } from '../../format/alert-text.ts';
import type { Rule, TargetSelection } from './model.ts';
import { targetsInput } from './target-text.ts';

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

export function targetsText(t: Translate, targets: TargetSelection | undefined): string {
  return targetsInput(targets) || t('rule.allHosts');
}
