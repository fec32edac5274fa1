/**
 * A rule that becomes one of another kind. What both kinds have stays as it is; what the new kind lacks is named by
 * `lostFields` before it is saved, and comes back with the former kind.
 */
import { DAY_MS } from '@openmanager/protocol/durations';
import type { Override, Rule } from '@openmanager/alerting/model';

export type RuleKind = Rule['kind'];
type RuleOf<K extends RuleKind> = Extract<Rule, { readonly kind: K }>;
/** Any fields of rules of any kind. */
export type RuleChange = { [K in RuleKind]: Partial<Omit<RuleOf<K>, 'kind'>> }[RuleKind];
type RequiredOf<R> = { [F in keyof R]-?: undefined extends R[F] ? never : F }[keyof R];

const common = {
  ruleId: true,
  severity: true,
  forMs: true,
  clearForMs: true,
  keepFiringForMs: true,
  targets: true,
  notify: true,
  notifyAfterMs: true,
  labels: true,
  summary: true,
  runbookUrl: true,
  enabled: true,
} as const;
const ofSeries = {
  ...common,
  metric: true,
  scope: true,
  where: true,
  threshold: true,
  clear: true,
  per: true,
  window: true,
  guards: true,
  overrides: true,
} as const;

/**
 * The fields of each kind; false where the hub refuses it for that kind. The type is the schema's: a new field there is
 * a compile error here until the table states which kinds keep it.
 */
const fieldsOf: {
  readonly [K in RuleKind]: Readonly<Record<Exclude<keyof RuleOf<K>, 'kind'>, boolean>>;
} = {
  above: ofSeries,
  below: ofSeries,
  rate: { ...ofSeries, window: false, direction: true, overMs: true },
  'outside-band': { ...ofSeries, per: false, side: true },
  forecast: { ...ofSeries, window: false, per: false, direction: true, bound: true },
  missing: { ...common, metric: true, where: true, intervals: true },
  absent: { ...common, intervals: true },
};

const cpu = { metric: 'system.cpu.utilization', scope: 'total' } as const;
/** How the fields begin that a kind cannot do without. */
const startOf: {
  readonly [K in RuleKind]: Omit<
    Pick<RuleOf<K>, RequiredOf<RuleOf<K>>>,
    'kind' | 'ruleId' | 'severity' | 'forMs'
  >;
} = {
  above: { ...cpu, threshold: 0.9, clear: 0.8 },
  below: { ...cpu, threshold: 0.1, clear: 0.2 },
  rate: { ...cpu, threshold: 0.9, clear: 0.8, direction: 'above', overMs: 300_000 },
  'outside-band': { ...cpu, threshold: 0.5, clear: 0, side: 'both' },
  forecast: {
    ...cpu,
    direction: 'above',
    bound: 0.95,
    threshold: DAY_MS,
    clear: 172_800_000,
  },
  missing: { metric: cpu.metric, intervals: 3 },
  absent: { intervals: 3 },
};

/** What `threshold` and `clear` measure: numbers of one meaning say nothing in another. */
const meaningOf: Readonly<Record<RuleKind, 'value' | 'width' | 'time' | undefined>> = {
  above: 'value',
  below: 'value',
  rate: 'value',
  'outside-band': 'width',
  forecast: 'time',
  missing: undefined,
  absent: undefined,
};

type Fields = Readonly<Record<string, unknown>>;
const isBound = (field: string): boolean => field === 'threshold' || field === 'clear';
const fields = (rule: Rule): Fields => rule as unknown as Fields;

export const ruleKinds: readonly RuleKind[] = Object.keys(fieldsOf) as RuleKind[];

/** Whether rules of `kind` have the field, in the sense that it has in `other`. */
function has(kind: RuleKind, field: string, other: RuleKind): boolean {
  return (
    (fieldsOf[kind] as Readonly<Record<string, boolean>>)[field] === true &&
    (!isBound(field) || meaningOf[kind] === meaningOf[other])
  );
}

/** `former` are rules that this one was while it was edited, the latest last: what it lost there comes back. */
export function withKind(rule: Rule, kind: RuleKind, former: readonly Rule[] = []): Rule {
  const versions = [...former, rule];
  const next: Record<string, unknown> = { kind };
  const falling = kind === 'rate' && rule.kind === 'below' ? { direction: 'below' } : {};
  const start: Fields = { ...startOf[kind], ...falling };
  for (const [field, kept] of Object.entries(fieldsOf[kind])) {
    const source = versions.findLast((one) => has(one.kind, field, kind));
    const value = (source && fields(source)[field]) ?? start[field];
    if (kept && value !== undefined) next[field] = value;
  }
  if (Array.isArray(next['overrides']))
    next['overrides'] = overridesFor(kind, next['overrides'] as Override[], versions);
  return onItsSide(next as unknown as Rule);
}

const placeOf = ({ targets, where }: Override): string => JSON.stringify([targets, where]);

/** Overrides with the bounds that they have in this kind's meaning, if any. */
function overridesFor(
  kind: RuleKind,
  overrides: readonly Override[],
  versions: readonly Rule[],
): Override[] {
  const source = versions.findLast((one) => has(one.kind, 'threshold', kind));
  const known = new Map(
    ((source && (fields(source)['overrides'] as readonly Override[] | undefined)) ?? []).map(
      (override) => [placeOf(override), override],
    ),
  );
  return overrides.map((override) => {
    const { threshold: _, clear: __, ...rest } = override;
    const { threshold, clear } = known.get(placeOf(override)) ?? {};
    return {
      ...rest,
      ...(threshold === undefined ? {} : { threshold }),
      ...(clear === undefined ? {} : { clear }),
    };
  });
}

/** With each `clear` on the side of its threshold where the condition ends, as far from it as before. */
function onItsSide(rule: Rule): Rule {
  if (!('threshold' in rule)) return rule;
  const falls =
    rule.kind === 'below' ||
    rule.kind === 'forecast' ||
    (rule.kind === 'rate' && rule.direction === 'below');
  const side = (threshold: number, clear: number): number => {
    if (falls ? clear >= threshold : clear <= threshold) return clear;
    const mirrored = Number((2 * threshold - clear).toPrecision(12));
    return (falls ? mirrored >= threshold : mirrored <= threshold) ? mirrored : threshold;
  };
  const overrides = rule.overrides?.map((override) => {
    if (override.threshold === undefined && override.clear === undefined) return override;
    const threshold = override.threshold ?? rule.threshold;
    const before = override.clear ?? rule.clear;
    const clear = side(threshold, before);
    return clear === before ? override : { ...override, clear };
  });
  return {
    ...rule,
    clear: side(rule.threshold, rule.clear),
    ...(overrides === undefined ? {} : { overrides }),
  };
}

/** Names of what `former` had and `rule` cannot keep. What has the value that it starts with is not missed. */
export function lostFields(rule: Rule, former: readonly Rule[]): string[] {
  const lost = new Set<string>();
  for (const one of former) {
    for (const [field, value] of Object.entries(fields(one))) {
      if (field === 'kind' || value === undefined || has(rule.kind, field, one.kind)) continue;
      if ((startOf[one.kind] as Fields)[field] !== value) lost.add(field);
    }
    const now = 'overrides' in rule ? (rule.overrides ?? []) : [];
    for (const [index, override] of ('overrides' in one ? (one.overrides ?? []) : []).entries())
      for (const bound of ['threshold', 'clear'] as const)
        if (
          override[bound] !== undefined &&
          now[index] !== undefined &&
          !has(rule.kind, bound, one.kind)
        )
          lost.add(`overrides.${index}.${bound}`);
  }
  return [...lost];
}

/** The rule with other values of some fields of its kind. */
export function changed(rule: Rule, part: RuleChange): Rule {
  return { ...rule, ...part };
}

/** The rule without a field that it can do without. */
export function without(rule: Rule, field: 'runbookUrl' | 'summary'): Rule {
  const { [field]: _, ...rest } = rule;
  return rest;
}
