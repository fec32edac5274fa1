/** What stood out, in words. */
import {
  metricInfo,
  metricOfKey,
  parseSeriesKey,
  type Anomaly,
  type Unit,
} from '@openmanager/protocol';
import { attributesLabel } from '@openmanager/texts';
import { metricLabel } from './metric-label.ts';
import type { Format } from '@openmanager/texts';
import type { Translate } from '../i18n/locale.ts';

/** `Disk space /var` */
export function seriesLabel(t: Translate, key: string): string {
  const { metric, attributes } = parseSeriesKey(key);
  const device = attributesLabel(attributes);
  const name = metricLabel(t, metric);
  return device === '' ? name : `${name} ${device}`;
}

export function seriesUnit(key: string): Unit {
  return metricInfo(metricOfKey(key)).unit;
}

/** A value of the series in its unit. */
export function seriesValue(format: Format, key: string, value: number): string {
  return format.value(value, seriesUnit(key));
}

/** Why the value stands out: `highest for this hour in 3 weeks`. */
export function reasonText(
  t: Translate,
  format: Format,
  { key, reason, contributors = [] }: Pick<Anomaly, 'key' | 'reason' | 'contributors'>,
): string {
  const { code, direction = 'high', spanMs = 0 } = reason;
  const span = format.duration(spanMs);
  const value = (given: number | undefined): string => seriesValue(format, key, given ?? 0);
  switch (code) {
    case 'slot-record':
      return t(`anomaly.slotRecord.${direction}`, { span, usual: value(reason.usual) });
    case 'range-record':
      return t(`anomaly.rangeRecord.${direction}`, { span });
    case 'slot-spread':
      return t('anomaly.slotSpread', { span });
    case 'spread':
      return t('anomaly.spread', { factor: format.number(reason.factor ?? 1, 1) });
    case 'off-profile':
      return t(`anomaly.offProfile.${direction}`, { expected: value(reason.expected) });
    case 'jump':
      return t(`anomaly.jump.${direction}`, { expected: value(reason.expected) });
    case 'frozen':
      return t('anomaly.frozen', { value: value(reason.value) });
    default:
      return t('anomaly.host', {
        others: contributors
          .slice(1, 4)
          .map((one) => seriesLabel(t, one.key))
          .join(', '),
      });
  }
}
