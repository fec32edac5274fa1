/**
 * Lines of the OpenMetrics text format (https://prometheus.io/docs/specs/om/open_metrics_spec/), and of the older
 * Prometheus text format as far as they are alike.
 */
import { DAY_MS } from '@openmanager/protocol/durations';
import { StoreError } from '../contract/store-error.ts';
import { showNumber } from '../contract/exposition.ts';
import type { Labels } from '../contract/exposition.ts';
import { metricTypes, type MetricFact } from '../contract/metric-facts.ts';

export interface ReadSample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
  readonly timeMs: number;
}

/** `# TYPE`, `# UNIT` or `# HELP`: one fact about the metric family `name`. */
export interface ReadFact {
  readonly name: string;
  readonly fact: Partial<MetricFact>;
}

/** Longest line, characters. */
export const MAX_LINE_LENGTH = 65_536;
/** Samples further ahead of now are refused: their times are in another unit. */
const MAX_AHEAD_MS = 100 * 365.25 * DAY_MS;

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL = /[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\\n]|\\.)*)"[ \t]*(,?)/y;
const REST = /^[ \t]+([^ \t]+)[ \t]+([^ \t]+)(?:[ \t]+#[ \t].*)?[ \t]*$/;
const FACT = /^#[ \t]+(TYPE|UNIT|HELP)(?:[ \t]+([^ \t]+)(?:[ \t](.*))?)?$/;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** A sample or a fact; `end` for the last line; undefined for comments and empty lines. Throws `invalid`. */
export function readLine(
  line: string,
  number: number,
  nowMs: number,
): ReadSample | ReadFact | 'end' | undefined {
  const wrong = (what: string): StoreError => new StoreError('invalid', `line ${number}: ${what}`);
  if (line.length > MAX_LINE_LENGTH) throw wrong(`has more than ${MAX_LINE_LENGTH} characters`);
  if (line === '# EOF') return 'end';
  if (line.includes('\r') && line.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').includes('\r'))
    throw wrong('has a carriage return in it; lines end with a line feed');
  if (line.trim() === '') return undefined;
  if (line.startsWith('#')) return factOf(line, wrong);
  NAME.lastIndex = 0;
  const name = NAME.exec(line)?.[0];
  if (name === undefined) throw wrong('does not begin with the name of a metric');
  let at = name.length;
  const labels = new Map<string, string>();
  if (line[at] === '{') {
    at++;
    for (;;) {
      if (/^[ \t]*}/.test(line.slice(at, at + 20))) break;
      LABEL.lastIndex = at;
      const match = LABEL.exec(line);
      if (!match) throw wrong(`the labels cannot be read from character ${at + 1} on`);
      const [whole, label, text, comma] = match;
      if (label === '__name__') throw wrong('a label "__name__" beside the name is not taken');
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
  return { name, labels, value, timeMs: timeOf(rest[2] as string, nowMs, wrong) };
}

function timeOf(text: string, nowMs: number, wrong: (what: string) => StoreError): number {
  const seconds = DECIMAL.test(text) ? Number(text) : Number.NaN;
  const timeMs = Math.round(seconds * 1000);
  if (!Number.isFinite(timeMs) || timeMs < 0)
    throw wrong(`the timestamp "${text}" is not a time in seconds since 1970`);
  if (timeMs <= nowMs + MAX_AHEAD_MS) return timeMs;
  const unit = [
    ['milliseconds', 1e3],
    ['microseconds', 1e6],
    ['nanoseconds', 1e9],
  ].find(([, of]) => timeMs / Number(of) <= nowMs + MAX_AHEAD_MS)?.[0];
  throw wrong(
    `the timestamp "${text}" is more than 100 years ahead; timestamps are in seconds${unit === undefined ? '' : `, and this looks like ${unit}`}`,
  );
}

function factOf(line: string, wrong: (what: string) => StoreError): ReadFact | undefined {
  const match = FACT.exec(line);
  if (!match) return undefined;
  const [, what, name, text = ''] = match;
  NAME.lastIndex = 0;
  if (name === undefined || NAME.exec(name)?.[0] !== name)
    throw wrong(`# ${what as string} names no metric`);
  if (what === 'HELP') return { name, fact: { help: unescaped(text) } };
  if (what === 'UNIT') return { name, fact: { unit: text.trim() } };
  const type = metricTypes.find(
    (one) => one === (text.trim() === 'untyped' ? 'unknown' : text.trim()),
  );
  if (!type) throw wrong(`"${text}" is no type of a metric`);
  return { name, fact: { type } };
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, sign: string) => (sign === 'n' ? '\n' : sign));
}

export function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function numberOf(text: string): number | undefined {
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^[+-]?nan$/i.test(text)) return Number.NaN;
  return DECIMAL.test(text) ? Number(text) : undefined;
}

/** `{a="b"} ` or nothing, for the same series again and again. */
export function labelText(labels: Labels): string {
  const parts = [...labels]
    .filter(([name]) => name !== '__name__')
    .map(([name, value]) => `${name}="${escaped(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

export function sampleLine(name: string, labels: string, value: number, timeMs: number): string {
  return `${name}${labels} ${showNumber(value)} ${timeMs / 1000}\n`;
}
