import {
  metricInfo,
  metricName,
  seriesKey,
  visible,
  type AlertState,
  type Attributes,
  type Labels,
  type TargetRef,
} from '@openmanager/protocol';
import type { Cause, Reading } from './model.ts';
import { isSeriesRule, signOf, type Rule, type SeriesRule } from '../model/rule.ts';
import { fillTemplate } from '../model/template.ts';
import { shareText, spanText, trim, valueText } from './value-text.ts';

export interface SummaryInput {
  readonly rule: Rule | undefined;
  readonly metric: string;
  readonly attributes: Attributes;
  readonly target: TargetRef;
  /** The target's, for templates. */
  readonly labels: Labels;
  readonly state: AlertState;
  readonly reading: Reading;
  readonly cause: Cause;
  readonly flapping: number | undefined;
}

/** One English sentence such as "CPU at 93 % on web-1 (above 85 %)". */
export function summarise(input: SummaryInput): string {
  // Names of devices and hosts are those of machines: a summary is one line whatever they are.
  return visible(sentence(input));
}

function sentence(input: SummaryInput): string {
  const { rule, cause, flapping } = input;
  const target = input.target.name;
  const name = nameOf(input.metric, input.attributes);
  if (cause === 'target-removed') return `${target} was removed`;
  if (cause === 'rule-removed' || !rule)
    return `${name} on ${target} is no longer judged: the rule was removed`;
  if (cause === 'rule-changed')
    return `${name} on ${target} at ${formatMeasureOf(rule, input.reading.value)} is within the rule as it is now`;
  if (cause === 'series-gone') return `${name} is gone from ${target}`;
  const over = input.state === 'resolved' || input.state === 'inactive';
  const said =
    rule.summary !== undefined && !over ? filled(rule.summary, rule, input) : told(rule, input);
  return flapping === undefined || over
    ? said
    : `${said}; flapping, fired ${flapping} times lately`;
}

function told(rule: Rule, input: SummaryInput): string {
  const { reading, cause } = input;
  const target = input.target.name;
  const over = input.state === 'resolved' || input.state === 'inactive';
  const name = nameOf(input.metric, input.attributes);
  if (rule.kind === 'absent')
    return over
      ? `${target} sends samples again after ${spanText(reading.value)}`
      : `${target} has been silent for ${spanText(reading.value)}`;
  if (rule.kind === 'missing')
    return over
      ? `${name} is there again on ${target}`
      : `${name} has been missing on ${target} for ${spanText(reading.value)}`;
  const value = formatMeasure(rule, reading.value);
  if (rule.kind === 'forecast') {
    const bound = valueText(rule.metric, rule.bound);
    return over
      ? `${name} at ${value} on ${target} is not expected to reach ${bound} soon any more`
      : `${name} at ${value} on ${target} is expected to reach ${bound} in ${spanText(reading.measure)}`;
  }
  if (rule.kind === 'outside-band')
    return over
      ? `${name} back to ${value} on ${target}, as expected`
      : `${name} at ${value} on ${target} (expected ${reading.value < reading.threshold ? 'at least' : 'at most'} ${formatMeasure(rule, reading.threshold)})`;
  const [worse, better] = signOf(rule) > 0 ? ['above', 'below'] : ['below', 'above'];
  const word = rule.kind === 'rate' ? 'changes by' : 'at';
  if (over && cause === 'guard')
    return `${name} ${word} ${value} on ${target}, no longer of concern`;
  return over
    ? `${name} back to ${value} on ${target} (${better} ${formatMeasure(rule, rule.clear)})`
    : `${name} ${word} ${value} on ${target} (${worse} ${formatMeasure(rule, rule.threshold)})`;
}

function filled(template: string, rule: Rule, input: SummaryInput): string {
  const { attributes, labels, reading, target } = input;
  const silent = rule.kind === 'absent' || rule.kind === 'missing';
  const shown = (value: number): string => (silent ? spanText(value) : formatMeasure(rule, value));
  return fillTemplate(template, {
    target: target.name,
    targetId: target.id,
    kind: target.kind,
    host: labels['host'] ?? '',
    hostId: labels['hostId'] ?? '',
    rule: rule.ruleId,
    metric: input.metric,
    series: seriesKey(input.metric, attributes),
    severity: rule.severity,
    state: input.state,
    value: shown(reading.value),
    threshold: shown(reading.threshold),
    clear: silent ? '' : rule.kind === 'forecast' ? spanText(rule.clear) : shown(rule.clear),
    attributes,
    labels: { ...labels, ...rule.labels },
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

function formatMeasureOf(rule: Rule, value: number): string {
  return isSeriesRule(rule) ? formatMeasure(rule, value) : spanText(value);
}

/** A figure as the rule judges it: a share where one series is divided by another of the same unit. */
function formatMeasure(rule: SeriesRule, value: number): string {
  if (rule.kind === 'rate') return `${valueText(rule.metric, value)} per second`;
  if (!rule.per) return valueText(rule.metric, value);
  const same = metricInfo(rule.metric).unit === metricInfo(rule.per.metric).unit;
  return same ? shareText(value) : trim(value, 4);
}
