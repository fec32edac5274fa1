/** What an import says of its metrics, as Prometheus' metadata has it. */

export const metricTypes = [
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'stateset',
  'info',
  'summary',
  'unknown',
] as const;
export type MetricType = (typeof metricTypes)[number];

export interface MetricFact {
  readonly type: MetricType;
  readonly help: string;
  readonly unit: string;
}

/** Collection of the facts about imported metrics, by the name of their family. */
export const IMPORTED_METRICS = 'imported-metrics';

const SUFFIXES: Readonly<Partial<Record<MetricType, readonly string[]>>> = {
  counter: ['_total', '_created'],
  histogram: ['_bucket', '_count', '_sum', '_created'],
  gaugehistogram: ['_bucket', '_gcount', '_gsum'],
  summary: ['_count', '_sum', '_created'],
  info: ['_info'],
};

/** The family that a sample's name belongs to; the name itself where none is known. */
export function familyOf(name: string, facts: ReadonlyMap<string, MetricFact>): string {
  if (facts.has(name)) return name;
  const suffix = /_[a-z]+$/.exec(name)?.[0];
  if (suffix === undefined) return name;
  const family = name.slice(0, -suffix.length);
  const type = facts.get(family)?.type;
  return type !== undefined && SUFFIXES[type]?.includes(suffix) ? family : name;
}
