/** Alerts in words: plain text, never HTML. */
import {
  metricInfo,
  metricName,
  SILENCE_METRIC,
  visible,
  type Alert,
  type Attributes,
  type Language,
} from '@openmanager/protocol';
import { createFormat, type Format } from './format.ts';
import type { AlertMessages } from './en/common.ts';
import { alertMessages, preferredLanguage } from './languages.ts';
import { formatMessage, type MessageValues } from './message.ts';

/** A message about alerts. */
export function alertMessage(
  language: Language,
  id: keyof AlertMessages,
  values?: MessageValues,
): string {
  return formatMessage(language, alertMessages[language][id], values);
}

/** What tells one device from another, e.g. `/var` or `eth0`; empty for a series of the whole host. */
export function attributesLabel(attributes: Attributes): string {
  const mount = attributes['system.filesystem.mountpoint'];
  return visible(mount ?? Object.values(attributes).join(' '));
}

/** `Disk space /var` */
function seriesName(language: Language, metric: string, attributes: Attributes): string {
  const device = attributesLabel(attributes);
  const name = metricName(metric, language);
  return device === '' ? name : `${name} ${device}`;
}

/** What is wrong, without the host: `CPU 93.2% (limit 85%)`. */
export function alertSentence(format: Format, alert: Alert): string {
  const { language } = format;
  const over = alert.state === 'resolved';
  if (alert.metric === SILENCE_METRIC)
    return over
      ? alertMessage(language, 'alert.wasSilent')
      : alertMessage(language, 'alert.silent', { span: format.duration(alert.value) });
  const { unit } = metricInfo(alert.metric);
  const metric = seriesName(language, alert.metric, alert.attributes);
  const threshold =
    unit === '1' ? format.percent(alert.threshold, 0) : format.value(alert.threshold, unit);
  // The value of a resolved alert is the one that ended it, which would read as if it had fired there.
  if (over) return alertMessage(language, 'alert.wasAbove', { metric, threshold });
  const value = format.value(alert.value, unit);
  const sentence = alertMessage(language, 'alert.above', { metric, value, threshold });
  return alert.flapping === undefined
    ? sentence
    : `${sentence} · ${alertMessage(language, 'alert.flapping', { count: alert.flapping })}`;
}

export interface NotificationText {
  readonly title: string;
  readonly body: string;
  /** BCP 47 language of both. */
  readonly lang: Language;
}

/** What a notification says in the language of a browser, or in English. */
export function notificationText(alert: Alert, browserLanguage: string): NotificationText {
  const lang = preferredLanguage([browserLanguage]);
  const severity = alertMessage(lang, `severity.${alert.severity}`);
  return {
    lang,
    title: alertMessage(lang, 'alert.title', { severity, host: visible(alert.target.name) }),
    // Of a metric nobody named the hub's own sentence says more than we could.
    body:
      metricInfo(alert.metric).name.en === ''
        ? alert.summary
        : alertSentence(createFormat(lang), alert),
  };
}
