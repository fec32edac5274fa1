/** What a backtest needs to read for its rule. */
import type { Rule } from '@openmanager/alerting';
import { metricOfKey } from '@openmanager/protocol';
import type { ForesightQuestion } from '../ports/index.ts';

/** The foresight that the rule needs; undefined for rules about values alone. */
export function foresightQuestion(rule: Rule): ForesightQuestion | undefined {
  return rule.kind === 'outside-band' || rule.kind === 'forecast' ? rule : undefined;
}

/** Series that the rule evaluates. For a rule about silence any series of the target will do. */
export function keysOf(rule: Rule, keys: readonly string[]): readonly string[] {
  if (rule.kind === 'absent') return keys.slice(0, 1);
  if (rule.kind === 'missing') {
    const named = keys.filter((key) => metricOfKey(key) === rule.metric);
    return [...named, ...keys.filter((key) => !named.includes(key)).slice(0, 1)];
  }
  const metrics = new Set([
    rule.metric,
    ...(rule.per ? [rule.per.metric] : []),
    ...(rule.guards ?? []).map(({ metric }) => metric),
  ]);
  const found = keys.filter((key) => metrics.has(metricOfKey(key)));
  return found.some((key) => metricOfKey(key) === rule.metric) ? found : [];
}
