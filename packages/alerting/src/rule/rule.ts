import * as v from 'valibot';
import { metricNameSchema, severities, type RuleInfo, type Severity } from '@openmanager/protocol';

/** Metric under which alerts about a silent host are listed; its unit is ms since the last sample. */
export const SILENCE_METRIC = 'host.silence';

interface Common {
  readonly ruleId: string;
  readonly severity: Severity;
  /** How long the condition must hold before the alert fires; 0 fires at the first sample. */
  readonly forMs: number;
}

/** Judges each sample of a metric. */
export interface AboveRule extends Common {
  readonly kind: 'above';
  readonly metric: string;
  /**
   * `total`: the one series without attributes. `each`: every series with attributes, each with an alert of
   * its own, so that the headline over all of them does not tell the same thing twice.
   */
  readonly scope: 'total' | 'each';
  /** The condition begins above this, in the metric's base unit. */
  readonly threshold: number;
  /** The condition ends below this; between the two nothing changes. */
  readonly clear: number;
}

/** Notices a host that sends no samples. */
export interface AbsentRule extends Common {
  readonly kind: 'absent';
  /** Sample intervals without a sample after which the condition begins. */
  readonly intervals: number;
}

export type Rule = AboveRule | AbsentRule;

const common = {
  ruleId: v.pipe(
    v.string(),
    v.regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'must be lower-case words joined by hyphens'),
  ),
  severity: v.picklist(severities),
  forMs: v.pipe(v.number(), v.integer(), v.minValue(0)),
};

const ruleSchema: v.GenericSchema<unknown, Rule> = v.variant('kind', [
  v.pipe(
    v.object({
      kind: v.literal('above'),
      ...common,
      metric: metricNameSchema,
      scope: v.picklist(['total', 'each']),
      threshold: v.pipe(v.number(), v.finite()),
      clear: v.pipe(v.number(), v.finite()),
    }),
    v.forward(
      v.check((rule) => rule.clear <= rule.threshold, 'must not be above the threshold'),
      ['clear'],
    ),
  ),
  v.object({
    kind: v.literal('absent'),
    ...common,
    intervals: v.pipe(v.number(), v.integer(), v.minValue(1)),
  }),
]);

export const rulesSchema: v.GenericSchema<unknown, Rule[]> = v.pipe(
  v.array(ruleSchema),
  v.check(
    (rules) => new Set(rules.map((rule) => rule.ruleId)).size === rules.length,
    'two rules have one id',
  ),
);

/** The rule as the API lists it. */
export function ruleInfo(rule: Rule): RuleInfo {
  const { ruleId, severity, forMs } = rule;
  const condition =
    rule.kind === 'absent'
      ? ({
          condition: 'absent',
          metric: SILENCE_METRIC,
          threshold: rule.intervals,
          clear: 0,
        } as const)
      : ({
          condition: 'above',
          metric: rule.metric,
          threshold: rule.threshold,
          clear: rule.clear,
        } as const);
  return { ruleId, severity, forMs, ...condition };
}
