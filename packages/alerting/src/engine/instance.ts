import { seriesKey, seriesSetId, type Alert, type Attributes } from '@openmanager/protocol';
import type { Reading } from './measure.ts';
import { instanceKey, type Match } from './plan.ts';
import {
  isSeriesRule,
  metricOf,
  type AbsentRule,
  type MissingRule,
  type Rule,
  type SeriesRule,
} from '../model/rule.ts';
import { effectiveRule, type SelectableHost } from '../model/selection.ts';
import { summarise, type Cause } from './summary.ts';
import { stateOf, type Condition } from './transition.ts';

interface About {
  /** Names the instance within its host. */
  readonly key: string;
  readonly attributes: Attributes;
  condition: Condition;
  /** As last told; undefined before the first change. */
  alert: Alert | undefined;
  /** When the condition last held. */
  aboveMs: number;
  /** As last judged; undefined since a restart. */
  latest: Reading | undefined;
  flapping: number | undefined;
}

/** A rule about one series of one host that is pending or firing. Inactive ones are not kept. */
export interface SeriesInstance extends About {
  readonly kind: 'series';
  rule: SeriesRule;
  /** Time of the newest sample that had this series; undefined since a restart. */
  presentMs: number | undefined;
}

/** A host that is silent, or whose samples lack a metric. */
export interface SilenceInstance extends About {
  readonly kind: 'silence';
  rule: AbsentRule | MissingRule;
}

export type Instance = SeriesInstance | SilenceInstance;

const INACTIVE: Condition = { state: 'inactive' };
const none: Attributes = Object.freeze({});
const fresh = {
  condition: INACTIVE,
  alert: undefined,
  aboveMs: Number.NEGATIVE_INFINITY,
  latest: undefined,
  flapping: undefined,
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
  host: SelectableHost,
): Instance | undefined {
  const condition = conditionOf(alert);
  const { attributes } = alert;
  if (!general || !condition || alert.metric !== metricOf(general)) return undefined;
  const rule = effectiveRule(general, host, attributes);
  if (!rule) return undefined;
  const shared = {
    ...fresh,
    key: keyOfAlert(rule, alert),
    attributes,
    condition,
    alert,
    aboveMs: alert.sampleTimeMs,
    flapping: alert.flapping,
  };
  return isSeriesRule(rule)
    ? { ...shared, kind: 'series', rule, presentMs: undefined }
    : { ...shared, kind: 'silence', rule };
}

function conditionOf(alert: Alert): Condition | undefined {
  const { activeAtMs, firedAtMs = activeAtMs } = alert;
  if (alert.state === 'pending') return { state: 'pending', activeAtMs };
  if (alert.state === 'firing') return { state: 'firing', activeAtMs, firedAtMs };
  return undefined;
}

/** What is known of the change that an alert is to tell. */
export interface Change {
  readonly hostId: string;
  readonly hostname: string;
  readonly reading: Reading;
  readonly sampleTimeMs: number;
  readonly cause: Cause;
}

/** The alert that tells `condition`, which must not be the first, inactive, one. */
export function alertOf(instance: Instance, condition: Condition, change: Change): Alert {
  const { rule, attributes, flapping } = instance;
  const { hostId, hostname, reading, sampleTimeMs } = change;
  const metric = metricOf(rule);
  const state = stateOf(condition);
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
      hostId,
      hostname,
      state,
      reading,
      cause: change.cause,
      flapping,
    }),
    ...(flapping === undefined ? {} : { flapping }),
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
  const { value, threshold } = alert;
  return {
    ...alert,
    ...ended,
    summary: summarise({
      ...alert,
      ...ended,
      rule,
      cause,
      reading: { value, threshold, measure: value },
      flapping: undefined,
    }),
  };
}
