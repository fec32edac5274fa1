/**
 * A series is a metric and its attributes. Its key is the canonical text of both, in the form
 * `metric{name="value",…}` with names sorted, so that equal series have equal keys.
 */
import * as v from 'valibot';
import { ProtocolError } from './errors.ts';
import { limits } from './limits.ts';

export type Attributes = Readonly<Record<string, string>>;

export interface Series {
  readonly metric: string;
  readonly attributes: Attributes;
}

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(limits.nameLength));

export const metricNameSchema: v.GenericSchema<string> = v.pipe(
  name,
  v.regex(/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$/, 'must be a dotted lower-case metric name'),
);

export const attributesSchema: v.GenericSchema<Attributes> = v.pipe(
  v.record(
    v.pipe(name, v.regex(/^[a-z][a-z0-9_.]*$/, 'must be a dotted lower-case attribute name')),
    v.pipe(v.string(), v.maxLength(limits.nameLength)),
  ),
  v.check(
    (attributes) => Object.keys(attributes).length <= limits.attributesPerSeries,
    'has too many attributes',
  ),
);

export const seriesSchema: v.GenericSchema<Series> = v.object({
  metric: metricNameSchema,
  attributes: attributesSchema,
});

const noAttributes: Attributes = Object.freeze({});

export function seriesKey(metric: string, attributes: Attributes = noAttributes): string {
  const names = Object.keys(attributes);
  if (names.length === 0) return metric;
  names.sort();
  return `${metric}{${names.map((key) => `${key}=${JSON.stringify(attributes[key])}`).join(',')}}`;
}

/** Wider than what agents may send: imported series keep the names of their labels. */
const ATTRIBUTE = /([a-zA-Z_][a-zA-Z0-9_.]*)=("(?:[^"\\]|\\.)*")(?:,|$)/y;

/** The inverse of seriesKey; throws `invalid-input` for text that seriesKey never makes. */
export function parseSeriesKey(key: string): Series {
  const brace = key.indexOf('{');
  if (brace < 0) return { metric: key, attributes: noAttributes };
  if (!key.endsWith('}'))
    throw new ProtocolError('invalid-input', 'unfinished series key', 'series');
  const inner = key.slice(brace + 1, -1);
  const attributes: Record<string, string> = {};
  ATTRIBUTE.lastIndex = 0;
  while (ATTRIBUTE.lastIndex < inner.length) {
    const match = ATTRIBUTE.exec(inner);
    if (!match) throw new ProtocolError('invalid-input', 'malformed series key', 'series');
    attributes[match[1] as string] = JSON.parse(match[2] as string) as string;
  }
  return { metric: key.slice(0, brace), attributes };
}

/** The metric of a series key. */
export function metricOfKey(key: string): string {
  const brace = key.indexOf('{');
  return brace < 0 ? key : key.slice(0, brace);
}

/** An ordered list of series under an identifier made from its content, so that it is sent once. */
export interface SeriesSet {
  /** 16 lower-case hexadecimal digits, from `seriesSetId`. */
  readonly id: string;
  readonly keys: readonly string[];
}

/** A 64-bit hash of the keys in order; names a set within one host, and is not for security. */
export function seriesSetId(keys: readonly string[]): string {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (const key of keys) {
    for (let index = 0; index < key.length; index++) {
      const unit = key.charCodeAt(index);
      a = Math.imul(a ^ unit, 0x01000193);
      b = Math.imul(b ^ unit, 0x85ebca6b) ^ (b >>> 15);
    }
    a = Math.imul(a ^ 0xff, 0x01000193);
    b = Math.imul(b ^ 0xfe, 0x85ebca6b) ^ (b >>> 15);
  }
  return hex(a) + hex(b);
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}

export function seriesSet(keys: readonly string[]): SeriesSet {
  return { id: seriesSetId(keys), keys };
}
