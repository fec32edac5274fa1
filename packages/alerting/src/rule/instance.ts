import { seriesKey, seriesSetId, type Alert, type Attributes } from '@openmanager/protocol';
import { SILENCE_METRIC, type AbsentRule, type AboveRule, type Rule } from './rule.ts';
import { instanceKey, type Match } from './series-index.ts';
import { summarise, type Cause } from './summary.ts';
import type { Condition } from './transition.ts';

interface About {
  /** Names the instance within its host. */
  readonly key: string;
  readonly attributes: Attributes;
  condition: Condition;
  /** As last told; undefined before the first change. */
  alert: Alert | undefined;
}

/** A rule about one series of one host that is pending or firing. Inactive ones are not kept. */
export interface SeriesInstance extends About {
  readonly kind: 'above';
  readonly rule: AboveRule;
  /** Time of the newest sample that had this series; undefined since a restart. */
  presentMs: number | undefined;
}

export interface SilenceInstance extends About {
  readonly kind: 'absent';
  readonly rule: AbsentRule;
}

export type Instance = SeriesInstance | SilenceInstance;

const INACTIVE: Condition = { state: 'inactive' };
const none: Attributes = Object.freeze({});

export function seriesInstance(match: Match): SeriesInstance {
  return {
    kind: 'above',
    rule: match.rule,
    key: match.instanceKey,
    attributes: match.attributes,
    condition: INACTIVE,
    alert: undefined,
    presentMs: undefined,
  };
}

export function silenceInstance(rule: AbsentRule): SilenceInstance {
  return {
    kind: 'absent',
    rule,
    key: rule.ruleId,
    attributes: none,
    condition: INACTIVE,
    alert: undefined,
  };
}

/** An instance as an earlier run left it; undefined when the rule is gone or about something else by now. */
export function restoredInstance(rule: Rule | undefined, alert: Alert): Instance | undefined {
  const condition = conditionOf(alert);
  if (!rule || !condition || alert.metric !== metricOf(rule)) return undefined;
  const { attributes } = alert;
  if (rule.kind === 'absent')
    return { kind: 'absent', rule, key: rule.ruleId, attributes, condition, alert };
  const key = instanceKey(rule.ruleId, seriesKey(alert.metric, attributes));
  return { kind: 'above', rule, key, attributes, condition, alert, presentMs: undefined };
}

function conditionOf(alert: Alert): Condition | undefined {
  const { activeAtMs, firedAtMs = activeAtMs } = alert;
  if (alert.state === 'pending') return { state: 'pending', activeAtMs };
  if (alert.state === 'firing') return { state: 'firing', activeAtMs, firedAtMs };
  return undefined;
}

export function metricOf(rule: Rule): string {
  return rule.kind === 'absent' ? SILENCE_METRIC : rule.metric;
}

/** What is known of the change that an alert is to tell. */
export interface Change {
  readonly hostId: string;
  readonly hostname: string;
  readonly value: number;
  readonly threshold: number;
  readonly sampleTimeMs: number;
  readonly cause: Cause;
}

/** The alert that tells `condition`, which must not be the first, inactive, one. */
export function alertOf(instance: Instance, condition: Condition, change: Change): Alert {
  const { rule, attributes } = instance;
  const { hostId, hostname, value, threshold, sampleTimeMs } = change;
  const metric = metricOf(rule);
  const activeAtMs =
    condition.state === 'inactive'
      ? (instance.alert?.activeAtMs ?? sampleTimeMs)
      : condition.activeAtMs;
  return {
    // With the time, so that a second alert of the same series does not overwrite the record of the first.
    id: `${seriesSetId([rule.ruleId, hostId, instance.key])}-${activeAtMs.toString(36)}`,
    ruleId: rule.ruleId,
    hostId,
    hostname,
    severity: rule.severity,
    state: condition.state,
    metric,
    attributes,
    value,
    threshold,
    activeAtMs,
    ...('firedAtMs' in condition ? { firedAtMs: condition.firedAtMs } : {}),
    ...('resolvedAtMs' in condition ? { resolvedAtMs: condition.resolvedAtMs } : {}),
    sampleTimeMs,
    summary: summarise({
      rule,
      metric,
      attributes,
      hostname,
      state: condition.state,
      value,
      cause: change.cause,
    }),
  };
}

/** The end of an alert whose rule or host is no longer there. */
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
  return { ...alert, ...ended, summary: summarise({ ...alert, ...ended, rule, cause }) };
}
