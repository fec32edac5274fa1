/**
 * Prometheus names of our series, by OpenTelemetry's rules of translation
 * (https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/), so `system.memory.usage` in
 * bytes is `system_memory_usage_bytes`. `instance` is the host's name, `host` its id, `job` is always the same.
 */
import { metrics, parseSeriesKey, type MetricName, type Unit } from '@openmanager/protocol';
import type { Labels } from './exposition.ts';

export const JOB = 'openmanager';

/** Labels that say where a series is from; attributes of these names, and of those made of them, are `exported_…`. */
const OWN_LABEL = /^(?:exported_)*(?:host|instance|job)$/;

const SUFFIX: Readonly<Record<Unit, string>> = {
  '1': '_ratio',
  By: '_bytes',
  'By/s': '_bytes_per_second',
  '1/s': '_per_second',
  s: '_seconds',
  ms: '_milliseconds',
  Cel: '_celsius',
  '{process}': '',
  '{unit}': '',
  '{thread}': '',
  '{cpu}': '',
  Hz: '_hertz',
  V: '_volts',
  A: '_amperes',
  W: '_watts',
  rpm: '_rpm',
  bit: '_bits',
  '{file}': '',
  '{connection}': '',
  '{operation}': '',
  '{error}': '',
  '{disk}': '',
  '{state}': '',
};

/** Unit of an exposed metric for its metadata, in words; empty for a count. */
export function unitOf(metric: MetricName): string {
  return SUFFIX[metrics[metric].unit].slice(1).replaceAll('_per_', ' per ');
}

export function exposedName(metric: string): string {
  const name = metric.replaceAll(/[^a-zA-Z0-9_:]/gu, '_').replace(/^(?=\d)/, '_');
  if (!Object.hasOwn(metrics, metric)) return name;
  return name + SUFFIX[metrics[metric as MetricName].unit];
}

function exposedLabel(attribute: string): string {
  const name = attribute.replaceAll(/[^a-zA-Z0-9_]/gu, '_').replace(/^(?=\d)/, '_');
  return OWN_LABEL.test(name) ? `exported_${name}` : name;
}

/** `__name__` and attributes; a key of another form is a name without attributes. */
export function exposedLabels(key: string): Labels {
  const { metric, attributes } = parsed(key);
  const labels = new Map([['__name__', exposedName(metric)]]);
  for (const [name, value] of Object.entries(attributes))
    if (value !== '') labels.set(exposedLabel(name), value);
  return labels;
}

/** `exposedLabels` of a host's series with `host`, `instance` and `job`. */
export function hostLabels(hostId: string, instance: string, key: string): Labels {
  return new Map(exposedLabels(key)).set('host', hostId).set('instance', instance).set('job', JOB);
}

function parsed(key: string): ReturnType<typeof parseSeriesKey> {
  try {
    return parseSeriesKey(key);
  } catch {
    return { metric: key, attributes: {} };
  }
}

const known: ReadonlyMap<string, MetricName> = new Map(
  (Object.keys(metrics) as MetricName[]).map((metric) => [exposedName(metric), metric]),
);

/** The catalogue's metric behind an exposed name. */
export function knownMetric(name: string): MetricName | undefined {
  return known.get(name);
}

/** Attribute of a metric behind a label, where the catalogue has it. */
export function knownAttribute(metric: MetricName, label: string): string {
  return metrics[metric].attributes.find((attribute) => exposedLabel(attribute) === label) ?? label;
}

/** A regular expression for metrics that may be exposed under this name; it may match others too. */
export function metricPattern(name: string): string {
  // By number: a backslash before a sign that needs none is an error in patterns of Unicode.
  const others = name.replaceAll(/[^a-zA-Z0-9]/gu, (sign) =>
    sign === '_' ? '[^a-zA-Z0-9]' : `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`,
  );
  const metric = known.get(name);
  return metric === undefined ? others : `${metric.replaceAll('.', '\\.')}|${others}`;
}
