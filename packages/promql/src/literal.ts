/** Numbers, durations and strings as PromQL writes them (https://prometheus.io/docs/prometheus/latest/querying/basics/). */
import { parsePrometheusDuration, SECOND_MS } from '@openmanager/protocol/durations';
import { PromqlError } from './promql-error.ts';

/** `1h30m` or seconds, in ms; undefined for other text. */
export function parseDurationMs(text: string): number | undefined {
  const seconds = parseNumber(text);
  if (seconds === undefined) return parsePrometheusDuration(text);
  return Number.isFinite(seconds) ? Math.round(seconds * SECOND_MS) : undefined;
}

/** A number as Go reads it: `017` is octal, `0x1f` hexadecimal, `08` decimal; undefined for other text and beyond floats. */
export function parseNumber(text: string): number | undefined {
  if (/__|_$|_[.e]|\._/i.test(text)) return undefined;
  const body = text.replaceAll('_', '');
  if (/^0x[\da-f]+$/i.test(body)) return Number(body);
  if (/^0[0-7]+$/.test(body)) return Number.parseInt(body, 8);
  const value = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(body) ? Number(body) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
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
