/** Numbers, durations and strings as PromQL writes them (https://prometheus.io/docs/prometheus/latest/querying/basics/). */
import { parsePrometheusDuration, SECOND_MS } from '@openmanager/protocol/durations';
import { PromqlError } from './promql-error.ts';

/** `1h30m` or seconds, in ms; undefined for other text. */
export function parseDurationMs(text: string): number | undefined {
  const seconds = parseNumber(text);
  if (seconds === undefined) return parsePrometheusDuration(text);
  return Number.isFinite(seconds) ? Math.round(seconds * SECOND_MS) : undefined;
}

/** A float as Go's strconv reads it, hexadecimal and octal integers included; undefined for other text. */
export function parseNumber(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1;
  const body = text.replace(/^[+-]/, '');
  if (/^inf(inity)?$/i.test(body)) return sign * Infinity;
  if (/^nan$/i.test(body)) return Number.NaN;
  if (/^0x[0-9a-f_]+$/i.test(body)) return sign * Number(body.replaceAll('_', ''));
  if (/^(\d[\d_]*\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(body))
    return sign * Number(body.replaceAll('_', ''));
  return undefined;
}

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

/** The text of a quoted literal, escapes as in Go; backticks have none. */
export function unquote(literal: string): string {
  const inner = literal.slice(1, -1);
  if (literal.startsWith('`')) return inner;
  return inner.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gs,
    (whole, x, u, long, octal, simple) => {
      const hex = (x ?? u ?? long) as string | undefined;
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal as string, 8));
      const known = SIMPLE[simple as string];
      if (known === undefined)
        throw new PromqlError('bad_data', `parse error: unknown escape sequence ${whole}`);
      return known;
    },
  );
}
