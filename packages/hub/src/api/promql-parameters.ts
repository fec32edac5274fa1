/** Parameters of Prometheus's HTTP API, from the address or a form. */
import { parsePrometheusDuration } from '@openmanager/protocol/durations';
import * as v from 'valibot';
import { name, names, whole, type Parser } from './query.ts';

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

const time: Parser<number> = v.pipe(
  v.string(),
  v.examples(['2025-12-01T00:00:00Z']),
  v.check((text) => !Number.isNaN(timeMs(text)), 'cannot be parsed to a valid timestamp'),
  v.transform(timeMs),
  v.description('Unix seconds or RFC 3339'),
);

const duration: Parser<number> = v.pipe(
  v.string(),
  v.examples(['5m']),
  v.check((text) => !Number.isNaN(durationMs(text)), 'cannot be parsed to a valid duration'),
  v.transform(durationMs),
  v.description('Seconds, or a duration such as 5m'),
);

const limit: Parser<number> = v.optional(
  whole({ max: 999_999_999, description: 'Entries of the answer, 0 for all' }),
  '0',
);

const query: Parser<string> = v.pipe(
  v.string(),
  v.description('PromQL'),
  v.examples(['avg by (instance) (system_cpu_utilization_ratio)']),
);

const matches: Parser<readonly string[]> = v.optional(
  names(100, 'Selectors of series', ['{__name__=~"system_cpu_.*"}']),
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
  metric: v.optional(name('Exposed name of a metric', 'system_cpu_utilization_ratio')),
  limit,
});
