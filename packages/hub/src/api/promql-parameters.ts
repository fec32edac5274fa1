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

const positive: Parser<number> = v.pipe(
  duration,
  v.check((ms) => ms > 0, 'must be greater than 0'),
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
  readonly lookback_delta?: number | undefined;
  readonly limit: number;
}

/** What valibot says of a parameter that is not there is about keys of objects. */
export function messageOf(issue: v.BaseIssue<unknown>): string {
  return issue.received === 'undefined' ? 'is missing' : issue.message;
}

export const instantParameters: Parser<InstantParameters> = v.object({
  query,
  time: v.optional(time),
  timeout: v.optional(positive),
  lookback_delta: v.optional(positive),
  limit,
});

export interface RangeParameters {
  readonly query: string;
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly timeout?: number | undefined;
  readonly lookback_delta?: number | undefined;
  readonly limit: number;
}

export const rangeParameters: Parser<RangeParameters> = v.object({
  query,
  start: time,
  end: time,
  step: duration,
  timeout: v.optional(positive),
  lookback_delta: v.optional(positive),
  limit,
});

export interface CatalogueParameters {
  readonly 'match[]': readonly string[];
  readonly limit: number;
  readonly start?: number | undefined;
  readonly end?: number | undefined;
}

export const catalogueParameters: Parser<CatalogueParameters> = v.object({
  'match[]': matches,
  limit,
  start: v.optional(time),
  end: v.optional(time),
});

export const textParameters: Parser<{ readonly query: string }> = v.object({ query });

export interface ExemplarParameters {
  readonly query: string;
  readonly start?: number | undefined;
  readonly end?: number | undefined;
}

export const exemplarParameters: Parser<ExemplarParameters> = v.object({
  query,
  start: v.optional(time),
  end: v.optional(time),
});

export const countParameters: Parser<{ readonly limit: number }> = v.object({
  limit: v.optional(whole({ min: 1, max: 10_000, description: 'Entries of each list' }), '10'),
});

export const targetParameters: Parser<{
  readonly state: 'active' | 'dropped' | 'any';
}> = v.object({ state: v.optional(v.picklist(['active', 'dropped', 'any']), 'any') });

export interface MetadataParameters {
  readonly metric?: string | undefined;
  readonly limit: number;
}

export const metadataParameters: Parser<MetadataParameters> = v.object({
  metric: v.optional(name('Exposed name of a metric', 'system_cpu_utilization_ratio')),
  limit,
});

export const statusParameters: Parser<{ readonly name: string }> = v.object({
  name: name('What to tell of', 'config'),
});
