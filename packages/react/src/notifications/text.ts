import { metricInfo, type Alert } from '@openmanager/protocol';

export interface NotificationText {
  readonly title: string;
  readonly body: string;
  /** BCP 47 language of both. */
  readonly lang: 'en' | 'ko';
}

/** The metric of alerts about a host that sends nothing; its value is ms. */
const SILENCE = 'host.silence';

/** Names of the metrics alerts are usually about; others are called by their own name. */
const names: Readonly<Record<string, { readonly en: string; readonly ko: string }>> = {
  'system.cpu.utilization': { en: 'CPU', ko: 'CPU 사용률' },
  'system.memory.utilization': { en: 'Memory', ko: '메모리 사용률' },
  'system.filesystem.utilization': { en: 'Disk space', ko: '디스크 사용률' },
  'system.filesystem.inodes.utilization': { en: 'Inodes', ko: 'inode 사용률' },
  'system.paging.utilization': { en: 'Swap', ko: '스왑 사용률' },
  'system.disk.io_time': { en: 'Disk busy', ko: '디스크 사용 시간' },
  'system.linux.cpu.load_1m': { en: 'Load', ko: '부하' },
  'hw.temperature': { en: 'Temperature', ko: '온도' },
};

/** What a notification says, in Korean for a Korean browser and English for others. Plain text, never HTML. */
export function notificationText(alert: Alert, language: string): NotificationText {
  const lang = /^ko\b/i.test(language) ? 'ko' : 'en';
  const where = Object.values(alert.attributes).filter((value) => value !== '');
  const at = where.length === 0 ? '' : ` (${where.join(', ')})`;
  if (alert.metric === SILENCE)
    return { lang, title: title(alert, lang), body: silenceText(alert, lang) };
  if (!Object.hasOwn(names, alert.metric) && metricInfo(alert.metric).description === '')
    // Nothing we have words for.
    return { lang, title: title(alert, lang), body: alert.summary };
  const name = names[alert.metric]?.[lang] ?? alert.metric;
  const value = format(alert.value, alert.metric, lang);
  const threshold = format(alert.threshold, alert.metric, lang);
  const body =
    lang === 'ko'
      ? `${name}${at} ${value} · 기준 ${threshold}`
      : `${name}${at} is ${value}, threshold ${threshold}`;
  return { lang, title: title(alert, lang), body };
}

function silenceText(alert: Alert, lang: 'en' | 'ko'): string {
  const seconds = Math.round(alert.value / 1000);
  return lang === 'ko' ? `${seconds}초 동안 데이터가 오지 않습니다` : `No data for ${seconds} s`;
}

const severityNames = {
  en: { info: 'Notice', warning: 'Warning', critical: 'Critical' },
  ko: { info: '알림', warning: '경고', critical: '위험' },
} as const;

function title(alert: Alert, lang: 'en' | 'ko'): string {
  return `${severityNames[lang][alert.severity]}: ${alert.target.name}`;
}

function format(value: number, metric: string, lang: 'en' | 'ko'): string {
  const { unit } = metricInfo(metric);
  if (unit === '1')
    return new Intl.NumberFormat(lang, { style: 'percent', maximumFractionDigits: 1 }).format(
      value,
    );
  const text = new Intl.NumberFormat(lang, {
    notation: 'compact',
    maximumFractionDigits: 1,
  }).format(value);
  if (unit === 'Cel') return `${text} °C`;
  if (unit === 'By' || unit === 'By/s') return `${text}${unit === 'By' ? 'B' : 'B/s'}`;
  return unit === 's' ? `${text} s` : text;
}
