/** Parameters of Prometheus's HTTP API, from the address or a form. */
import { parsePrometheusDuration } from '@openmanager/protocol/durations';
import * as v from 'valibot';

/** Furthest time a Date can hold. */
const MAX_TIME_MS = 8.64e15;

function timeMs(text: string): number {
  const ms = /^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(text)
    ? Math.round(Number(text) * 1000)
    : Date.parse(text);
  return Math.abs(ms) <= MAX_TIME_MS ? ms : Number.NaN;
}

function durationMs(text: string): number {
  if (/^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(text)) return Math.round(Number(text) * 1000);
  return parsePrometheusDuration(text) ?? Number.NaN;
}

type Parser<T> = v.GenericSchema<unknown, T>;

const time: Parser<number> = v.pipe(
  v.string(),
  v.check((text) => !Number.isNaN(timeMs(text)), 'cannot be parsed to a valid timestamp'),
  v.transform(timeMs),
);

const duration: Parser<number> = v.pipe(
  v.string(),
  v.check((text) => !Number.isNaN(durationMs(text)), 'cannot be parsed to a valid duration'),
  v.transform(durationMs),
);

const limit: Parser<number> = v.optional(
  v.pipe(v.string(), v.regex(/^\d{1,9}$/, 'must be a whole number'), v.transform(Number)),
  '0',
);

const query: Parser<string> = v.string();

const matches: Parser<readonly string[]> = v.optional(
  v.pipe(
    v.union([v.array(v.string()), v.string()]),
    v.transform((given) => (typeof given === 'string' ? [given] : given)),
    v.maxLength(100, 'must be at most 100'),
  ),
  [],
);

export interface InstantParameters {
  readonly query: string;
  readonly time?: number | undefined;
  readonly timeout?: number | undefined;
}

/** What valibot says of a parameter that is not there is about keys of objects. */
export function messageOf(issue: v.BaseIssue<unknown>): string {
  return issue.received === 'undefined' ? 'is missing' : issue.message;
}

export const instantParameters: Parser<InstantParameters> = v.object({
  query,
  time: v.optional(time),
  timeout: v.optional(duration),
});

export interface RangeParameters {
  readonly query: string;
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly timeout?: number | undefined;
}

export const rangeParameters: Parser<RangeParameters> = v.object({
  query,
  start: time,
  end: time,
  step: duration,
  timeout: v.optional(duration),
});

export interface CatalogueParameters {
  readonly 'match[]': readonly string[];
  readonly limit: number;
}

export const catalogueParameters: Parser<CatalogueParameters> = v.object({
  'match[]': matches,
  limit,
});

export interface MetadataParameters {
  readonly metric?: string | undefined;
  readonly limit: number;
}

export const metadataParameters: Parser<MetadataParameters> = v.object({
  metric: v.optional(v.string()),
  limit,
});
