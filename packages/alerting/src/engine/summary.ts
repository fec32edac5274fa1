import {
  metricInfo,
  metricName,
  seriesKey,
  type AlertState,
  type Attributes,
  type Unit,
} from '@openmanager/protocol';
import type { Reading } from './measure.ts';
import { signOf, type Rule, type SeriesRule } from '../model/rule.ts';
import { fillTemplate } from '../model/template.ts';

/** Why an alert entered its state, where the state alone does not say it. */
export type Cause = 'value' | 'series-gone' | 'host-removed' | 'rule-removed' | 'guard';

export interface SummaryInput {
  readonly rule: Rule | undefined;
  readonly metric: string;
  readonly attributes: Attributes;
  readonly hostId: string;
  readonly hostname: string;
  readonly state: AlertState;
  readonly reading: Reading;
  readonly cause: Cause;
  readonly flapping: number | undefined;
}

/** One English sentence such as "CPU at 93 % on web-1 (above 85 %)". */
export function summarise(input: SummaryInput): string {
  const { hostname, rule, cause, flapping } = input;
  const name = nameOf(input.metric, input.attributes);
  if (cause === 'host-removed') return `${hostname} was removed`;
  if (cause === 'rule-removed' || !rule)
    return `${name} on ${hostname} is no longer judged: the rule was removed`;
  if (cause === 'series-gone') return `${name} is gone from ${hostname}`;
  const over = input.state === 'resolved' || input.state === 'inactive';
  const said =
    rule.summary !== undefined && !over ? filled(rule.summary, rule, input) : told(rule, input);
  return flapping === undefined || over
    ? said
    : `${said}; flapping, fired ${flapping} times lately`;
}

function told(rule: Rule, input: SummaryInput): string {
  const { hostname, reading, cause } = input;
  const over = input.state === 'resolved' || input.state === 'inactive';
  const name = nameOf(input.metric, input.attributes);
  if (rule.kind === 'absent')
    return over
      ? `${hostname} sends samples again after ${formatDuration(reading.value)}`
      : `${hostname} has been silent for ${formatDuration(reading.value)}`;
  if (rule.kind === 'missing')
    return over
      ? `${name} is there again on ${hostname}`
      : `${name} has been missing on ${hostname} for ${formatDuration(reading.value)}`;
  const value = formatMeasure(rule, reading.value);
  if (rule.kind === 'forecast') {
    const bound = formatValue(rule.metric, rule.bound);
    return over
      ? `${name} at ${value} on ${hostname} is not expected to reach ${bound} soon any more`
      : `${name} at ${value} on ${hostname} is expected to reach ${bound} in ${formatDuration(reading.measure)}`;
  }
  if (rule.kind === 'outside-band')
    return over
      ? `${name} back to ${value} on ${hostname}, as expected`
      : `${name} at ${value} on ${hostname} (expected ${reading.value < reading.threshold ? 'at least' : 'at most'} ${formatMeasure(rule, reading.threshold)})`;
  const [worse, better] = signOf(rule) > 0 ? ['above', 'below'] : ['below', 'above'];
  const word = rule.kind === 'rate' ? 'changes by' : 'at';
  if (over && cause === 'guard')
    return `${name} ${word} ${value} on ${hostname}, no longer of concern`;
  return over
    ? `${name} back to ${value} on ${hostname} (${better} ${formatMeasure(rule, rule.clear)})`
    : `${name} ${word} ${value} on ${hostname} (${worse} ${formatMeasure(rule, rule.threshold)})`;
}

function filled(template: string, rule: Rule, input: SummaryInput): string {
  const { attributes, reading } = input;
  const silent = rule.kind === 'absent' || rule.kind === 'missing';
  const shown = (value: number): string =>
    silent ? formatDuration(value) : formatMeasure(rule, value);
  return fillTemplate(template, {
    host: input.hostname,
    hostId: input.hostId,
    rule: rule.ruleId,
    metric: input.metric,
    series: seriesKey(input.metric, attributes),
    severity: rule.severity,
    state: input.state,
    value: shown(reading.value),
    threshold: shown(reading.threshold),
    clear: silent ? '' : rule.kind === 'forecast' ? formatDuration(rule.clear) : shown(rule.clear),
    attributes,
    labels: rule.labels ?? {},
  });
}

/** Attributes that say by themselves which one is meant; the others would only make the sentence long. */
const telling: readonly string[] = [
  'system.filesystem.mountpoint',
  'network.interface.name',
  'system.device',
  'container.name',
  'hw.name',
  'cpu.mode',
];

function nameOf(metric: string, attributes: Attributes): string {
  const name = metricName(metric, 'en');
  const attribute = telling.find((candidate) => Object.hasOwn(attributes, candidate));
  if (attribute !== undefined) return `${name} ${attributes[attribute]}`;
  const rest = Object.entries(attributes).map(([key, value]) => `${key}=${value}`);
  return rest.length === 0 ? name : `${name} (${rest.join(', ')})`;
}

const units: Partial<Record<Unit, string>> = {
  By: ' B',
  'By/s': ' B/s',
  '1/s': '/s',
  s: ' s',
  Cel: ' °C',
};

/** A figure as the rule judges it: a share where one series is divided by another of the same unit. */
function formatMeasure(rule: SeriesRule, value: number): string {
  if (rule.kind === 'rate') return `${formatValue(rule.metric, value)} per second`;
  if (!rule.per) return formatValue(rule.metric, value);
  const same = metricInfo(rule.metric).unit === metricInfo(rule.per.metric).unit;
  return same ? `${trim(value * 100, 3)} %` : trim(value, 4);
}

function formatValue(metric: string, value: number): string {
  const { unit } = metricInfo(metric);
  if (unit === '1') return `${trim(value * 100, 3)} %`;
  return `${trim(value, 4)}${units[unit] ?? ''}`;
}

/** At most so many significant digits, without exponent or trailing zeros. */
function trim(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}

function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
