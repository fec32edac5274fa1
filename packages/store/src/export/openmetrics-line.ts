/**
 * Lines of the OpenMetrics text format (https://prometheus.io/docs/specs/om/open_metrics_spec/), and of the older
 * Prometheus text format as far as they are alike.
 */
import { StoreError } from '../contract/store-error.ts';
import { showNumber } from '../contract/exposition.ts';
import type { Labels } from '../contract/exposition.ts';

export interface ReadSample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
  readonly timeMs: number;
}

/** Longest line, characters. */
export const MAX_LINE_LENGTH = 65_536;

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\\n]|\\.)*)"\s*(,?)/y;
const REST = /^\s+(\S+)\s+(\S+)(?:\s+#\s.*)?\s*$/;

/** A sample; `end` for the last line; undefined for comments and empty lines. Throws `invalid`. */
export function readLine(line: string, number: number): ReadSample | 'end' | undefined {
  const wrong = (what: string): StoreError => new StoreError('invalid', `line ${number}: ${what}`);
  if (line.length > MAX_LINE_LENGTH) throw wrong(`has more than ${MAX_LINE_LENGTH} characters`);
  if (line === '# EOF') return 'end';
  if (line.trim() === '' || line.startsWith('#')) return undefined;
  NAME.lastIndex = 0;
  const name = NAME.exec(line)?.[0];
  if (name === undefined) throw wrong('does not begin with the name of a metric');
  let at = name.length;
  const labels = new Map<string, string>();
  if (line[at] === '{') {
    at++;
    for (;;) {
      if (/^\s*}/.test(line.slice(at, at + 20))) break;
      LABEL.lastIndex = at;
      const match = LABEL.exec(line);
      if (!match) throw wrong(`the labels cannot be read from character ${at + 1} on`);
      const [whole, label, text, comma] = match;
      if (labels.has(label as string)) throw wrong(`label "${label as string}" is there twice`);
      labels.set(label as string, unescaped(text as string));
      at += whole.length;
      if (comma === '' && line[at] !== '}')
        throw wrong(`a comma or a brace is missing at character ${at + 1}`);
    }
    at = line.indexOf('}', at) + 1;
  }
  const rest = REST.exec(line.slice(at));
  if (!rest) throw wrong('needs a value and a timestamp in seconds');
  const value = numberOf(rest[1] as string);
  if (value === undefined) throw wrong(`the value "${rest[1] as string}" is not a number`);
  const seconds = Number(rest[2]);
  const timeMs = Math.round(seconds * 1000);
  if (!Number.isFinite(seconds) || timeMs < 0 || timeMs > 8.64e15)
    throw wrong(`the timestamp "${rest[2] as string}" is not a time in seconds since 1970`);
  return { name, labels, value, timeMs };
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, sign: string) => (sign === 'n' ? '\n' : sign));
}

function numberOf(text: string): number | undefined {
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  const value = Number(text);
  return Number.isNaN(value) ? undefined : value;
}

/** `{a="b"} ` or nothing, for the same series again and again. */
export function labelText(labels: Labels): string {
  const parts = [...labels]
    .filter(([name]) => name !== '__name__')
    .map(
      ([name, value]) =>
        `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
    );
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

export function sampleLine(name: string, labels: string, value: number, timeMs: number): string {
  return `${name}${labels} ${showNumber(value)} ${timeMs / 1000}\n`;
}
