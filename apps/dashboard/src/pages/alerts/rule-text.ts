/** Rules in words. */
import type { Rule, TargetSelection } from '@openmanager/alerting/model';
import { metricInfo } from '@openmanager/protocol';
import type { Format } from '@openmanager/texts';
import type { Translate } from '../../i18n/locale.ts';
import { metricLabel } from '../../format/metric-label.ts';
import { targetsInput } from './target-text.ts';

/** Values of ratios are typed and shown as percent. */
export function isRatio(metric: string): boolean {
  return metricInfo(metric).unit === '1';
}

type SeriesRule = Extract<Rule, { readonly threshold: number }>;

/** A bound of the rule in its unit. */
function boundText(format: Format, { metric, per }: SeriesRule, value: number): string {
  // What is divided by another series has no unit: a share where it is below one.
  if (per) return value < 1 ? format.percent(value, 1) : format.number(value, 2);
  const { unit } = metricInfo(metric);
  if (unit === '{unit}') return format.number(value, Number.isInteger(value) ? 0 : 1);
  return unit === '1' ? format.percent(value, 0) : format.value(value, unit);
}

export function ruleSentence(t: Translate, format: Format, rule: Rule): string {
  if (rule.kind === 'absent') return t('rule.is.absent', { count: rule.intervals });
  const metric = metricLabel(t, rule.metric);
  if (rule.kind === 'missing') return t('rule.is.missing', { metric, count: rule.intervals });
  return (
    conditionText(t, format, rule, metric) +
    (rule.forMs > 0 ? ` · ${t('rule.forAtLeast', { span: format.duration(rule.forMs) })}` : '')
  );
}

function conditionText(t: Translate, format: Format, rule: SeriesRule, metric: string): string {
  const threshold = boundText(format, rule, rule.threshold);
  switch (rule.kind) {
    case 'rate':
      return t('rule.is.rate', { metric, threshold, span: format.duration(rule.overMs) });
    case 'outside-band':
      return t('rule.is.outside-band', { metric });
    case 'forecast':
      return t('rule.is.forecast', {
        metric,
        bound: boundText(format, rule, rule.bound),
        span: format.duration(rule.threshold),
      });
    default: {
      const { window } = rule;
      const over = window
        ? ` · ${t(`rule.${window.aggregate}`)} ${format.duration(window.overMs)}`
        : '';
      const words = { metric, threshold };
      return (
        (rule.kind === 'above' ? t('alert.wasAbove', words) : t('rule.is.below', words)) + over
      );
    }
  }
}

export function targetsText(t: Translate, targets: TargetSelection | undefined): string {
  return targetsInput(targets) || t('rule.allHosts');
}
