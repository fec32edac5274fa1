/** Parses a backtest request and selects the series it needs. */
import { DAY_MS, HOUR_MS } from '@openmanager/protocol/durations';
import { issuesOf, ruleSchema, type Rule } from '@openmanager/alerting';
import { metricOfKey, ProtocolError } from '@openmanager/protocol';
import * as v from 'valibot';
import type { ForesightQuestion } from '../ports/index.ts';

const spanSchema = v.object({
  rangeMs: v.pipe(v.number(), v.integer(), v.minValue(HOUR_MS), v.maxValue(30 * DAY_MS)),
  targetIds: v.optional(v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(10_000))),
  rule: v.unknown(),
});

export interface BacktestInput {
  readonly rule: Rule;
  readonly rangeMs: number;
  /** All when undefined. */
  readonly targetIds: readonly string[] | undefined;
}

/** Throws `invalid-input`. */
export function parseBacktest(input: unknown): BacktestInput {
  const span = v.safeParse(spanSchema, input);
  if (!span.success) throw invalid(span.issues);
  const rule = v.safeParse(ruleSchema, span.output.rule);
  if (!rule.success) throw invalid(rule.issues, 'rule.');
  return { rule: rule.output, rangeMs: span.output.rangeMs, targetIds: span.output.targetIds };
}

function invalid(
  issues: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]],
  under = '',
): ProtocolError {
  const field = v.getDotPath(issues[0]);
  return new ProtocolError(
    'invalid-input',
    `${under}${issuesOf(issues)[0] ?? ''}`,
    field === null ? undefined : `${under}${field}`,
  );
}

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
