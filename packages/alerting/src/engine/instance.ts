import {
  seriesKey,
  seriesSetId,
  targetRef,
  type Alert,
  type Attributes,
} from '@openmanager/protocol';
import {
  instanceKey,
  type Cause,
  type Change,
  type Instance,
  type Match,
  type SeriesInstance,
  type SilenceInstance,
} from './model.ts';
import {
  isSeriesRule,
  metricOf,
  type AbsentRule,
  type MissingRule,
  type Rule,
} from '../model/rule.ts';
import { effectiveRule, type SelectableTarget } from '../model/selection.ts';
import { summarise } from './summary.ts';
import { stateOf, type Condition } from './transition.ts';

const INACTIVE: Condition = { state: 'inactive' };
const none: Attributes = Object.freeze({});
const fresh = {
  condition: INACTIVE,
  alert: undefined,
  aboveMs: Number.NEGATIVE_INFINITY,
  latest: undefined,
  flapping: undefined,
  quietMs: 0,
  isStale: false,
  isAnew: false,
  leftMs: undefined,
} as const;

export function seriesInstance(match: Match): SeriesInstance {
  return {
    ...fresh,
    kind: 'series',
    rule: match.rule,
    key: match.instanceKey,
    attributes: match.attributes,
    presentMs: undefined,
  };
}

export function silenceInstance(rule: AbsentRule | MissingRule): SilenceInstance {
  return { ...fresh, kind: 'silence', rule, key: rule.ruleId, attributes: none };
}

/** The key of the instance that an alert came from. */
export function keyOfAlert(rule: Rule, alert: Alert): string {
  return isSeriesRule(rule)
    ? instanceKey(rule.ruleId, seriesKey(alert.metric, alert.attributes))
    : rule.ruleId;
}

/** An instance as an earlier run left it; undefined when the rule is gone or about something else by now. */
export function restoredInstance(
  general: Rule | undefined,
  alert: Alert,
  target: SelectableTarget,
): Instance | undefined {
  const condition = conditionOf(alert);
  const { attributes } = alert;
  if (!general || !condition || alert.metric !== metricOf(general)) return undefined;
  const rule = effectiveRule(general, target, attributes);
  if (!rule) return undefined;
  const shared = {
    ...fresh,
    key: keyOfAlert(rule, alert),
    attributes,
    condition,
    alert,
    aboveMs: alert.sampleTimeMs,
    flapping: alert.flapping,
    isStale:
      alert.severity !== rule.severity ||
      alert.target.name !== target.target.name ||
      alert.summary !== summaryNow(alert, rule, target),
    isAnew:
      'threshold' in rule && saysThreshold.has(rule.kind) && alert.threshold !== rule.threshold,
  };
  return isSeriesRule(rule)
    ? { ...shared, kind: 'series', rule, presentMs: undefined }
    : { ...shared, kind: 'silence', rule };
}

/** How the rule, which may have been edited since, tells of the alert as it was told last. */
function summaryNow(alert: Alert, rule: Rule, { target, labels }: SelectableTarget): string {
  const { metric, attributes, state, value, threshold, flapping } = alert;
  const reading = { value, threshold, measure: value };
  return summarise({
    rule,
    metric,
    attributes,
    target,
    labels,
    state,
    reading,
    cause: 'value',
    flapping,
  });
}

/** Kinds of rules whose alerts carry the threshold of the rule. */
const saysThreshold: ReadonlySet<Rule['kind']> = new Set(['above', 'below', 'rate']);

function conditionOf(alert: Alert): Condition | undefined {
  const { activeAtMs, firedAtMs = activeAtMs } = alert;
  if (alert.state === 'pending') return { state: 'pending', activeAtMs };
  if (alert.state === 'firing') return { state: 'firing', activeAtMs, firedAtMs };
  return undefined;
}

/** The alert that tells `condition`, which must not be the first, inactive, one. */
export function alertOf(
  instance: Instance,
  { target, labels }: SelectableTarget,
  condition: Condition,
  change: Change,
): Alert {
  const { rule, attributes, flapping } = instance;
  const { reading, sampleTimeMs } = change;
  const metric = metricOf(rule);
  const state = stateOf(condition);
  const activeAtMs =
    condition.state === 'inactive'
      ? (instance.alert?.activeAtMs ?? sampleTimeMs)
      : condition.activeAtMs;
  return {
    // With the time, so that a second alert of the same series does not overwrite the record of the first.
    id: `${seriesSetId([rule.ruleId, target.id, instance.key])}-${activeAtMs.toString(36)}`,
    ruleId: rule.ruleId,
    target: targetRef(target),
    severity: rule.severity,
    state,
    metric,
    attributes,
    value: reading.value,
    threshold: reading.threshold,
    activeAtMs,
    ...('firedAtMs' in condition ? { firedAtMs: condition.firedAtMs } : {}),
    ...('resolvedAtMs' in condition ? { resolvedAtMs: condition.resolvedAtMs } : {}),
    sampleTimeMs,
    summary: summarise({
      rule,
      metric,
      attributes,
      target,
      labels,
      state,
      reading,
      cause: change.cause,
      flapping,
    }),
    ...(flapping === undefined ? {} : { flapping }),
  };
}

/** The end of an alert whose rule or target is no longer there. */
export function endedAlert(
  alert: Alert,
  atMs: number,
  cause: Cause,
  rule: Rule | undefined,
): Alert {
  const ended =
    alert.state === 'firing'
      ? ({ state: 'resolved', resolvedAtMs: atMs } as const)
      : ({ state: 'inactive' } as const);
  const { value, threshold } = alert;
  return {
    ...alert,
    ...ended,
    summary: summarise({
      ...alert,
      ...ended,
      rule,
      cause,
      labels: {},
      reading: { value, threshold, measure: value },
      flapping: undefined,
    }),
  };
}
