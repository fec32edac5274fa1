import { metricInfo, type AlertState, type Attributes } from '@openmanager/protocol';
import type { Rule } from './rule.ts';

/** Why an alert entered its state, where the state alone does not say it. */
export type Cause = 'value' | 'series-gone' | 'host-removed' | 'rule-removed';

export interface SummaryInput {
  readonly rule: Rule | undefined;
  readonly metric: string;
  readonly attributes: Attributes;
  readonly hostname: string;
  readonly state: AlertState;
  readonly value: number;
  readonly cause: Cause;
}

/** One English sentence such as "CPU at 93 % on web-1 (above 85 %)". */
export function summarise(input: SummaryInput): string {
  const { hostname, rule, cause } = input;
  const name = nameOf(input.metric, input.attributes);
  if (cause === 'host-removed') return `${hostname} was removed`;
  if (cause === 'rule-removed' || !rule)
    return `${name} on ${hostname} is no longer judged: the rule was removed`;
  if (cause === 'series-gone') return `${name} is gone from ${hostname}`;
  const over = input.state === 'resolved' || input.state === 'inactive';
  if (rule.kind === 'absent')
    return over
      ? `${hostname} sends samples again after ${formatDuration(input.value)}`
      : `${hostname} has been silent for ${formatDuration(input.value)}`;
  const value = formatValue(rule.metric, input.value);
  return over
    ? `${name} back to ${value} on ${hostname} (below ${formatValue(rule.metric, rule.clear)})`
    : `${name} at ${value} on ${hostname} (above ${formatValue(rule.metric, rule.threshold)})`;
}

const names: Readonly<Record<string, string>> = {
  'system.cpu.utilization': 'CPU',
  'system.memory.utilization': 'Memory',
  'system.filesystem.utilization': 'Disk',
  'host.silence': 'Silence',
};

/** Attributes that say by themselves which one is meant; the others would only make the sentence long. */
const telling: readonly string[] = [
  'system.filesystem.mountpoint',
  'network.interface.name',
  'system.device',
  'hw.name',
];

function nameOf(metric: string, attributes: Attributes): string {
  const name = Object.hasOwn(names, metric) ? (names[metric] as string) : metric;
  const attribute = telling.find((candidate) => Object.hasOwn(attributes, candidate));
  if (attribute !== undefined) return `${name} ${attributes[attribute]}`;
  const rest = Object.entries(attributes).map(([key, value]) => `${key}=${value}`);
  return rest.length === 0 ? name : `${name} (${rest.join(', ')})`;
}

const units: Readonly<Record<string, string>> = {
  By: ' B',
  'By/s': ' B/s',
  '1/s': '/s',
  s: ' s',
  Cel: ' °C',
};

function formatValue(metric: string, value: number): string {
  const { unit } = metricInfo(metric);
  const known = Object.hasOwn(names, metric) || metric.endsWith('.utilization');
  if (unit === '1' && known) return `${trim(value * 100, 3)} %`;
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
