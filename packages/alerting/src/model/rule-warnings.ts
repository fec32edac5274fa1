/** What is allowed in a rule and yet hardly meant: it would never fire, or always, and nobody would notice. */
import { metricInfo } from '@openmanager/protocol';
import * as v from 'valibot';
import { isSeriesRule, type Rule, type Where } from './rule.ts';

export const ruleWarningCodes = [
  'unknown-metric',
  'unknown-metric-like',
  'share-beyond-one',
  'unknown-attribute',
  'each-without-attributes',
  'where-without-each',
  'reserved-label',
] as const;

export interface RuleWarning {
  readonly code: (typeof ruleWarningCodes)[number];
  /** Path of the field, such as `guards.0.metric`. */
  readonly field: string;
  /** What stands there. */
  readonly value: string;
  /** What may be meant, or can be written instead; empty where there is nothing to say. */
  readonly hint: string;
}

export const ruleWarningSchema: v.GenericSchema<unknown, RuleWarning> = v.pipe(
  v.object({
    code: v.picklist(ruleWarningCodes),
    field: v.string(),
    value: v.string(),
    hint: v.string(),
  }),
  v.title('RuleWarning'),
);

/** What is known of metrics, by whoever asks. */
export interface MetricKnowledge {
  /** All names; for suggestions. */
  readonly names: readonly string[];
  /** Attributes that its series may have; undefined for a metric that nobody has seen. */
  attributes(metric: string): readonly string[] | undefined;
}

/** Labels that every alert has; a rule's own of the same name would never be seen. */
const RESERVED: ReadonlySet<string> = new Set([
  'rule',
  'severity',
  'metric',
  'target',
  'targetId',
  'kind',
  'host',
  'hostId',
]);

export function ruleWarnings(rule: Rule, known: MetricKnowledge): readonly RuleWarning[] {
  const found: RuleWarning[] = [];
  const add = (code: RuleWarning['code'], field: string, value: string, hint = ''): void =>
    void found.push({ code, field, value, hint });
  const metric = (field: string, name: string): void => {
    if (known.attributes(name)) return;
    const like = nearest(name, known.names);
    if (like === undefined) add('unknown-metric', field, name);
    else add('unknown-metric-like', field, name, like);
  };
  const attributes = (field: string, name: string, given: readonly string[]): void => {
    const there = known.attributes(name);
    for (const attribute of there ? given : [])
      if (!there?.includes(attribute))
        add('unknown-attribute', `${field}.${attribute}`, name, there?.join(', '));
  };
  const where = (field: string, name: string, given: Where | undefined): void =>
    attributes(field, name, Object.keys(given ?? {}));
  /** Of the bounds of one place, the first that no share reaches. */
  const share = <B extends string>(
    field: string,
    name: string,
    bounds: { readonly [K in B]?: number | undefined },
    ...of: readonly B[]
  ): void => {
    if (metricInfo(name).unit !== '1') return;
    const bound = of.find((one) => Math.abs(bounds[one] ?? 0) > 1);
    if (bound === undefined) return;
    const value = bounds[bound] ?? 0;
    add('share-beyond-one', `${field}${bound}`, String(value), String(value / 100));
  };

  for (const label of Object.keys(rule.labels ?? {}))
    if (RESERVED.has(label)) add('reserved-label', `labels.${label}`, label);
  if (rule.kind === 'absent') return found;
  metric('metric', rule.metric);
  where('where', rule.metric, rule.where);
  if (!isSeriesRule(rule)) return found;
  const isEach = rule.scope === 'each';
  if (isEach && known.attributes(rule.metric)?.length === 0)
    add('each-without-attributes', 'scope', rule.metric);
  if (!isEach && (rule.where || rule.overrides?.some((one) => one.where)))
    add('where-without-each', 'where', rule.scope);
  const judgesShare = !rule.per && rule.kind !== 'outside-band' && rule.kind !== 'forecast';
  if (rule.kind === 'forecast') share('', rule.metric, rule, 'bound');
  else if (judgesShare) share('', rule.metric, rule, 'threshold', 'clear');
  for (const [at, over] of (rule.overrides ?? []).entries()) {
    where(`overrides.${at}.where`, rule.metric, over.where);
    if (judgesShare) share(`overrides.${at}.`, rule.metric, over, 'threshold', 'clear');
  }
  for (const [field, reference] of [
    ...(rule.per ? ([['per', rule.per]] as const) : []),
    ...(rule.guards ?? []).map((guard, at) => [`guards.${at}`, guard] as const),
  ]) {
    metric(`${field}.metric`, reference.metric);
    attributes(`${field}.attributes`, reference.metric, Object.keys(reference.attributes ?? {}));
  }
  for (const [at, guard] of (rule.guards ?? []).entries())
    share(`guards.${at}.`, guard.metric, guard, 'above', 'below', 'clear');
  return found;
}

/** Letters that may differ between a slip and what was meant. */
const SLIPS = 3;

/** The name that is meant, if one is near enough. */
function nearest(name: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = SLIPS + 1;
  for (const candidate of names) {
    if (Math.abs(candidate.length - name.length) >= least) continue;
    const distance = distanceOf(name, candidate, least);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Levenshtein's distance, as far as it is below `most`. */
function distanceOf(one: string, other: string, most: number): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const change = (row[j - 1] as number) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    if (Math.min(...next) >= most) return most;
    row = next;
  }
  return row[other.length] as number;
}
