import type { Language, Unit } from '@openmanager/protocol';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '@openmanager/protocol/durations';
import { alertMessages } from './languages.ts';

/** Text of values for one language. Every method takes base units and answers an em dash for NaN. */
export interface Format {
  readonly language: Language;
  /** The language as it is written where the reader is: `en-GB`. */
  readonly locale: string;
  /** 0.123 → 12.3% */
  percent(ratio: number, decimals?: number): string;
  /** 1536 → 1.5 KiB */
  bytes(bytes: number): string;
  /** 1536 → 1.5 KiB/s */
  byteRate(bytesPerSecond: number): string;
  number(value: number, decimals?: number): string;
  /** A long span, in its two largest units: 3 d 4 h. */
  duration(ms: number): string;
  /** A round trip or an age: 0.8 ms, 12 ms, 3.2 s. */
  latency(ms: number): string;
  /** 5 minutes ago; `now` below one second. */
  ago(timeMs: number, nowMs: number): string;
  /** 14:03:05 */
  time(timeMs: number): string;
  /** 14:03 */
  hourMinute(timeMs: number): string;
  /** 23 Nov, 14:03:05 */
  dateTime(timeMs: number): string;
  /** 23 Nov */
  date(timeMs: number): string;
  /** A value of the catalogue's unit. */
  value(value: number, unit: Unit): string;
  /** As `value`, with the decimals a range of `step` needs: for axis marks. */
  axis(value: number, unit: Unit, step: number): string;
  compare(a: string, b: string): number;
}

export const noValue = '–';
/** Between a number and its unit, so that they are not torn apart at a line's end. */
const NBSP = '\u00a0';
const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Divides by 1024 until the number has at most three digits before the point. */
export function scaleBytes(bytes: number): {
  readonly value: number;
  readonly unit: string;
  readonly power: number;
} {
  let value = Math.abs(bytes);
  let power = 0;
  while (value >= 999.5 && power < BYTE_UNITS.length - 1) {
    value /= 1024;
    power++;
  }
  return { value: bytes < 0 ? -value : value, unit: BYTE_UNITS[power] as string, power };
}

export function createFormat(language: Language, region: string = language): Format {
  const locale = region.startsWith(language) ? region : language;
  const numbers = [0, 1, 2, 3].map(
    (digits) =>
      new Intl.NumberFormat(locale, {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      }),
  );
  const number = (value: number, decimals = 0): string =>
    Number.isFinite(value)
      ? (numbers[Math.min(decimals, 3)] as Intl.NumberFormat).format(value)
      : noValue;
  const clock = new Intl.DateTimeFormat(locale, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  const short = new Intl.DateTimeFormat(locale, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const day = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric' });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'always', style: 'short' });
  const now = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const collator = new Intl.Collator(locale, { numeric: true, sensitivity: 'base' });
  const words = alertMessages[language];

  const bytes = (value: number): string => {
    if (!Number.isFinite(value)) return noValue;
    const scaled = scaleBytes(value);
    const size = Math.abs(scaled.value);
    return `${number(scaled.value, scaled.power === 0 || size >= 99.95 ? 0 : 1)}${NBSP}${scaled.unit}`;
  };
  const percent = (ratio: number, decimals = 1): string =>
    Number.isFinite(ratio) ? `${number(ratio * 100, decimals)}%` : noValue;

  const duration = (ms: number): string => {
    if (!Number.isFinite(ms)) return noValue;
    const span = Math.max(0, ms);
    const parts: [count: number, unit: string][] = [
      [Math.floor(span / DAY_MS), words['unit.day']],
      [Math.floor(span / HOUR_MS) % 24, words['unit.hour']],
      [Math.floor(span / MINUTE_MS) % 60, words['unit.minute']],
      [Math.floor(span / SECOND_MS) % 60, words['unit.second']],
    ];
    const first = parts.findIndex(([count]) => count > 0);
    if (first < 0) return `0${words['unit.second']}`;
    return parts
      .slice(first, first + 2)
      .filter(([count]) => count > 0)
      .map(([count, unit]) => `${number(count)}${unit}`)
      .join(' ');
  };

  const format: Format = {
    language,
    locale,
    percent,
    bytes,
    number,
    duration,
    byteRate: (value) => (Number.isFinite(value) ? `${bytes(value)}/s` : noValue),
    latency(ms) {
      if (!Number.isFinite(ms)) return noValue;
      if (ms < 9.95) return `${number(ms, 1)}${NBSP}ms`;
      if (ms < 999.5) return `${number(ms)}${NBSP}ms`;
      return ms < 99_950 ? `${number(ms / 1000, 1)}${NBSP}s` : duration(ms);
    },
    ago(timeMs, nowMs) {
      const age = Math.max(0, Math.round((nowMs - timeMs) / SECOND_MS) * SECOND_MS);
      if (age < SECOND_MS) return now.format(0, 'second');
      if (age < MINUTE_MS) return relative.format(-age / SECOND_MS, 'second');
      if (age < HOUR_MS) return relative.format(-Math.floor(age / MINUTE_MS), 'minute');
      if (age < DAY_MS) return relative.format(-Math.floor(age / HOUR_MS), 'hour');
      return relative.format(-Math.floor(age / DAY_MS), 'day');
    },
    time: (timeMs) => clock.format(timeMs),
    hourMinute: (timeMs) => short.format(timeMs),
    date: (timeMs) => day.format(timeMs),
    dateTime: (timeMs) => `${day.format(timeMs)} ${clock.format(timeMs)}`,
    value(value, unit) {
      if (!Number.isFinite(value)) return noValue;
      switch (unit) {
        case '1':
          return percent(value);
        case 'By':
          return bytes(value);
        case 'By/s':
          return `${bytes(value)}/s`;
        case '1/s':
          return `${number(value, value < 99.95 ? 1 : 0)}/s`;
        case 's':
          return Math.abs(value) < 1 ? format.latency(value * 1000) : duration(value * 1000);
        case 'ms':
          return Math.abs(value) < 1000 ? format.latency(value) : duration(value);
        case 'Cel':
          return `${number(value, 1)}${NBSP}°C`;
        case '{thread}':
          return number(value, 2);
        case '{operation}':
          return number(value, 1);
        case 'Hz':
          return `${number(value / 1e9, 2)}${NBSP}GHz`;
        case 'V':
        case 'A':
          return `${number(value, 2)}${NBSP}${unit}`;
        case 'W':
          return `${number(value, 1)}${NBSP}W`;
        case 'rpm':
          return `${number(value)}${NBSP}rpm`;
        default:
          return number(value);
      }
    },
    axis(value, unit, step) {
      if (!Number.isFinite(value)) return '';
      const decimalsFor = (width: number): number =>
        width >= 0.9995 ? 0 : width >= 0.09995 ? 1 : 2;
      switch (unit) {
        case '1':
          return percent(value, decimalsFor(step * 100));
        case 'By':
        case 'By/s': {
          const { power, value: scaled, unit: name } = scaleBytes(value);
          const text = `${number(scaled, value === 0 ? 0 : decimalsFor(step / 1024 ** power))}${NBSP}${name}`;
          return unit === 'By/s' ? `${text}/s` : text;
        }
        case 'Cel':
          return `${number(value, decimalsFor(step))}°`;
        case '1/s':
          return `${number(value, decimalsFor(step))}/s`;
        case 's':
          return `${number(value * 1000, decimalsFor(step * 1000))}${NBSP}ms`;
        case 'Hz':
          return `${number(value / 1e9, decimalsFor(step / 1e9))}${NBSP}GHz`;
        case 'V':
        case 'A':
        case 'W':
          return `${number(value, decimalsFor(step))}${NBSP}${unit}`;
        default:
          return number(value, decimalsFor(step));
      }
    },
    compare: (a, b) => collator.compare(a, b),
  };
  return format;
}
