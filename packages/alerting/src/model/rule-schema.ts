import {
  audiences,
  matchersSchema,
  metricNameSchema,
  severities,
  targetKinds,
} from '@openmanager/protocol';
import * as v from 'valibot';
import {
  aggregates,
  signOf,
  type Rule,
  type SeriesRule,
  type TargetSelection,
  type TargetSelector,
  type Where,
} from './rule.ts';
import { checkTemplate } from './template.ts';

/** Bounds on what one rule may hold, and on how many there may be. */
export const ruleLimits = {
  /** Of an engine: more than a hub keeps of its own, for the default rules come on top. */
  rules: 12_000,
  overrides: 100,
  guards: 8,
  selectors: 1_000,
  labels: 32,
  patterns: 64,
  text: 1_000,
  /** Seven days. */
  windowMs: 604_800_000,
  /** Ten years: a longer one is a slip, and its end might be no date any more. */
  durationMs: 315_619_200_000,
} as const;

const text = v.pipe(v.string(), v.maxLength(ruleLimits.text));
const finite = v.pipe(v.number(), v.finite());
const duration = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(ruleLimits.durationMs));
const span = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(ruleLimits.windowMs));
const labels = v.pipe(
  v.record(v.pipe(text, v.regex(/^[a-zA-Z_][a-zA-Z0-9_.]*$/, 'must be a label name')), text),
  v.check((all) => Object.keys(all).length <= ruleLimits.labels, 'has too many labels'),
);
const patterns = v.union([
  text,
  v.pipe(v.array(text), v.minLength(1), v.maxLength(ruleLimits.patterns)),
]);
const where: v.GenericSchema<unknown, Where> = v.pipe(v.record(text, patterns), v.title('Where'));
const selector: v.GenericSchema<unknown, TargetSelector> = v.pipe(
  v.strictObject({
    kinds: v.optional(v.pipe(v.array(v.picklist(targetKinds)), v.minLength(1))),
    target: v.optional(v.pipe(text, v.minLength(1))),
    labels: v.optional(v.pipe(matchersSchema, v.minLength(1))),
  }),
  // One that selects everything would be made by a slip.
  v.check(
    (given) => Object.keys(given).length > 0,
    'takes at least one of kinds, target and labels',
  ),
  v.title('TargetSelector'),
);
const targets: v.GenericSchema<unknown, TargetSelection> = v.pipe(
  v.union([
    v.literal('all'),
    v.pipe(v.array(selector), v.minLength(1), v.maxLength(ruleLimits.selectors)),
  ]),
  v.title('TargetSelection'),
);
const webAddress = v.pipe(
  text,
  v.url('must be an address'),
  v.regex(/^https?:\/\//i, 'must be an http or https address'),
);
const template = v.pipe(
  text,
  v.rawCheck(({ dataset, addIssue }) => {
    const unknown = dataset.typed ? checkTemplate(dataset.value) : undefined;
    if (unknown !== undefined) addIssue({ message: `has no placeholder {{${unknown}}}` });
  }),
);

const common = {
  ruleId: v.pipe(
    v.string(),
    v.regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'must be lower-case words joined by hyphens'),
  ),
  severity: v.picklist(severities),
  forMs: duration,
  clearForMs: v.optional(duration),
  keepFiringForMs: v.optional(duration),
  targets: v.optional(targets),
  notify: v.optional(v.picklist(audiences)),
  notifyAfterMs: v.optional(duration),
  labels: v.optional(labels),
  summary: v.optional(template),
  runbookUrl: v.optional(webAddress),
  enabled: v.optional(v.boolean()),
};

const referenceEntries = {
  metric: metricNameSchema,
  shared: v.optional(v.boolean()),
  attributes: v.optional(v.record(text, text)),
};

const reference = v.pipe(v.strictObject(referenceEntries), v.title('SeriesReference'));

const guard = v.pipe(
  v.pipe(
    v.strictObject({
      ...referenceEntries,
      above: v.optional(finite),
      below: v.optional(finite),
      clear: v.optional(finite),
    }),
    v.check(
      ({ above, below }) => (above === undefined) !== (below === undefined),
      'takes one of above and below',
    ),
  ),
  v.title('Guard'),
);

const window = v.pipe(
  v.pipe(
    v.strictObject({
      aggregate: v.picklist(aggregates),
      overMs: span,
      percentile: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
    }),
    v.forward(
      v.check(
        ({ aggregate, percentile }) => (aggregate === 'percentile') === (percentile !== undefined),
        'goes with the aggregate percentile, and only with it',
      ),
      ['percentile'],
    ),
  ),
  v.title('Window'),
);

const override = v.pipe(
  v.strictObject({
    targets: v.optional(targets),
    where: v.optional(where),
    threshold: v.optional(finite),
    clear: v.optional(finite),
    forMs: v.optional(duration),
    severity: v.optional(v.picklist(severities)),
    enabled: v.optional(v.boolean()),
  }),
  v.title('Override'),
);

const ofSeries = {
  ...common,
  metric: metricNameSchema,
  scope: v.picklist(['total', 'each']),
  where: v.optional(where),
  per: v.optional(reference),
  window: v.optional(window),
  guards: v.optional(v.pipe(v.array(guard), v.maxLength(ruleLimits.guards))),
  overrides: v.optional(v.pipe(v.array(override), v.maxLength(ruleLimits.overrides))),
  threshold: finite,
  clear: finite,
};

const intervals = v.pipe(v.number(), v.integer(), v.minValue(1));
const direction = v.picklist(['above', 'below']);

const variants = v.variant('kind', [
  v.pipe(v.strictObject({ kind: v.literal('above'), ...ofSeries }), v.title('AboveRule')),
  v.pipe(v.strictObject({ kind: v.literal('below'), ...ofSeries }), v.title('BelowRule')),
  v.pipe(
    v.strictObject({ kind: v.literal('rate'), ...ofSeries, direction, overMs: span }),
    v.title('RateRule'),
  ),
  v.pipe(
    v.strictObject({
      kind: v.literal('outside-band'),
      ...ofSeries,
      side: v.picklist(['both', 'above', 'below']),
    }),
    v.title('BandRule'),
  ),
  v.pipe(
    v.strictObject({ kind: v.literal('forecast'), ...ofSeries, direction, bound: finite }),
    v.title('ForecastRule'),
  ),
  v.pipe(
    v.strictObject({
      kind: v.literal('missing'),
      ...common,
      metric: metricNameSchema,
      where: v.optional(where),
      intervals,
    }),
    v.title('MissingRule'),
  ),
  v.pipe(
    v.strictObject({ kind: v.literal('absent'), ...common, intervals }),
    v.title('AbsentRule'),
  ),
]);

/** Says which bound is on the wrong side of its threshold, if one is. */
function wrongClear(rule: SeriesRule, threshold: number, clear: number): string | undefined {
  const sign = signOf(rule);
  if (sign * clear <= sign * threshold) return undefined;
  return sign > 0 ? 'must not be above the threshold' : 'must not be below the threshold';
}

export const ruleSchema: v.GenericSchema<unknown, Rule> = v.pipe(
  v.pipe(
    variants,
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed || dataset.value.kind === 'absent' || dataset.value.kind === 'missing')
        return;
      const rule: SeriesRule = dataset.value;
      const path = (
        keys: readonly (string | number)[],
      ): [v.IssuePathItem, ...v.IssuePathItem[]] => {
        let input: unknown = rule;
        return keys.map((key): v.IssuePathItem => {
          const item = { type: 'unknown', origin: 'value', input, key, value: undefined } as const;
          input = (input as Record<string | number, unknown>)[key];
          return item;
        }) as [v.IssuePathItem, ...v.IssuePathItem[]];
      };
      const message = wrongClear(rule, rule.threshold, rule.clear);
      if (message !== undefined) addIssue({ message, path: path(['clear']) });
      for (const [index, over] of (rule.overrides ?? []).entries()) {
        const wrong = wrongClear(rule, over.threshold ?? rule.threshold, over.clear ?? rule.clear);
        if (wrong !== undefined)
          addIssue({ message: wrong, path: path(['overrides', index, 'clear']) });
      }
      if (rule.window !== undefined && (rule.kind === 'rate' || rule.kind === 'forecast'))
        addIssue({ message: `does not go with kind ${rule.kind}`, path: path(['window']) });
      if (rule.per !== undefined && (rule.kind === 'outside-band' || rule.kind === 'forecast'))
        addIssue({ message: `does not go with kind ${rule.kind}`, path: path(['per']) });
    }),
  ),
  v.title('Rule'),
);

export const rulesSchema: v.GenericSchema<unknown, Rule[]> = v.pipe(
  v.array(ruleSchema),
  v.maxLength(ruleLimits.rules),
  v.check(
    (rules) => new Set(rules.map((rule) => rule.ruleId)).size === rules.length,
    'two rules have one id',
  ),
);

/** Each thing wrong with the input as `field: what`. */
export function issuesOf(issues: readonly v.BaseIssue<unknown>[]): string[] {
  return issues.map((issue) => {
    const field = v.getDotPath(issue);
    return field === null ? issue.message : `${field}: ${issue.message}`;
  });
}
