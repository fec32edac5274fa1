/** Spans of time: in ms, and as text. An entry of its own without any import, so that everyone can use it. */
export const SECOND_MS = 1000;
export const MINUTE_MS: number = 60 * SECOND_MS;
export const HOUR_MS: number = 60 * MINUTE_MS;
export const DAY_MS: number = 24 * HOUR_MS;
export const WEEK_MS: number = 7 * DAY_MS;

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: SECOND_MS,
  m: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
  w: WEEK_MS,
  y: 365 * DAY_MS,
};

/** Of `90s`, `1.5h`, `1h30m`, as rules, settings and forms take them, in ms; undefined for other text. */
export function parseDuration(text: string): number | undefined {
  return /^(\d+(\.\d+)?(ms|[smhd]))+$/.test(text) ? Math.round(sumOf(text)) : undefined;
}

/**
 * Of `1w2d` or `1h30m`: Prometheus's durations have whole numbers, units in falling order, and weeks and years
 * (https://prometheus.io/docs/prometheus/latest/querying/basics/#float-literals-and-time-durations).
 */
export function parsePrometheusDuration(text: string): number | undefined {
  const form = /^(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m(?!s))?(?:\d+s)?(?:\d+ms)?$/;
  return text !== '' && form.test(text) ? sumOf(text) : undefined;
}

function sumOf(text: string): number {
  let ms = 0;
  for (const [, count, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwy])/g))
    ms += Number(count) * (UNIT_MS[unit] ?? 0);
  return ms;
}

/** Shortest text that `parseDuration` reads as these ms. */
export function durationText(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's']) {
    const count = ms / (UNIT_MS[unit] as number);
    if (Number.isInteger(count) && (count > 0 || unit === 's')) return `${count}${unit}`;
  }
  return `${ms}ms`;
}
