import { defaultRules, issuesOf, ruleSchema, type Rule } from '@openmanager/alerting';
import { audiences } from '@openmanager/protocol';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { lostFields, ruleKinds, withKind, type RuleKind } from './rule-kind.ts';

const text = fc.stringMatching(/^[a-z]{1,8}$/);
const ms = fc.integer({ min: 0, max: 1e8 });
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });
const where = fc.dictionary(text, fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 })), {
  maxKeys: 3,
});
const value = fc.integer({ min: -1e6, max: 1e6 }).map((number) => number / 1000);
const severity = fc.constantFrom('info', 'warning', 'critical');
const reference = { metric: fc.constant('system.cpu.utilization'), shared: maybe(fc.boolean()) };

/** Everything a rule of any kind may say; the schema decides which of it a kind has. */
const everything = {
  ruleId: text,
  severity,
  forMs: ms,
  clearForMs: maybe(ms),
  keepFiringForMs: maybe(ms),
  targets: maybe(
    fc.oneof(
      fc.constant('all'),
      fc.array(fc.record({ target: text, kinds: fc.constant(['host']) }), { maxLength: 2 }),
    ),
  ),
  notify: maybe(fc.constantFrom(...audiences)),
  notifyAfterMs: maybe(ms),
  labels: maybe(fc.dictionary(text, text, { maxKeys: 3 })),
  summary: maybe(fc.constant('{{host}} is busy')),
  runbookUrl: maybe(fc.constant('https://example.org/')),
  enabled: maybe(fc.boolean()),
  metric: fc.constantFrom('system.cpu.utilization', 'system.filesystem.utilization'),
  scope: fc.constantFrom('total', 'each'),
  where: maybe(where),
  per: maybe(fc.record(reference)),
  window: maybe(
    fc.record({ aggregate: fc.constantFrom('avg', 'max'), overMs: fc.constant(60_000) }),
  ),
  guards: maybe(fc.array(fc.record({ ...reference, above: value }), { maxLength: 3 })),
  overrides: maybe(
    fc.array(
      fc.record({
        where: maybe(where),
        threshold: maybe(value),
        clear: maybe(value),
        forMs: maybe(ms),
        severity: maybe(severity),
      }),
      { maxLength: 3 },
    ),
  ),
  threshold: value,
  clear: value,
  direction: fc.constantFrom('above', 'below'),
  overMs: fc.integer({ min: 1, max: 1e8 }),
  side: fc.constantFrom('both', 'above', 'below'),
  bound: value,
  intervals: fc.integer({ min: 1, max: 9 }),
};

/** As JSON would have it: what is undefined is not there. */
const plain = <T>(given: T): T => JSON.parse(JSON.stringify(given)) as T;
const parse = (rule: unknown): string[] =>
  issuesOf(v.safeParse(ruleSchema, rule).issues ?? []).map((issue) => issue.split(':')[0] ?? '');

/** Valid rules of the kind: what the schema refuses is left out, and the bounds are put on their sides. */
function validRule(kind: RuleKind, given: Record<string, unknown>): Rule | undefined {
  let rule: Record<string, unknown> = plain({ kind, ...given });
  for (let turn = 0; turn < 40; turn++) {
    const [field] = parse(rule);
    if (field === undefined) return rule as unknown as Rule;
    const [name = '', index, inner] = field.split('.');
    if (inner === 'clear' || (name === 'clear' && kind !== 'missing' && kind !== 'absent')) {
      const at = Number(index);
      const overrides = (rule['overrides'] as Record<string, unknown>[] | undefined)?.map(
        (one, i) =>
          inner !== undefined && i === at
            ? { ...one, clear: one['threshold'] ?? rule['threshold'] }
            : one,
      );
      rule = { ...rule, ...(inner === undefined ? { clear: rule['threshold'] } : { overrides }) };
    } else {
      const { [name]: _, ...rest } = rule;
      rule = rest;
    }
  }
  return undefined;
}

const rules = (kind: RuleKind): fc.Arbitrary<Rule> =>
  fc
    .record(everything)
    .map((given) => validRule(kind, given))
    .filter((rule): rule is Rule => rule !== undefined);
const anyRule = fc.constantFrom(...ruleKinds).chain(rules);
const anyKind = fc.constantFrom(...ruleKinds);
const common = [
  'ruleId',
  'severity',
  'forMs',
  'clearForMs',
  'keepFiringForMs',
  'targets',
  'notify',
  'notifyAfterMs',
  'labels',
  'summary',
  'runbookUrl',
  'enabled',
] as const;

describe('a rule of another kind', () => {
  test('is one that the hub takes, with every field that all kinds have, and every other that both have', () => {
    fc.assert(
      fc.property(anyRule, anyKind, (rule, kind) => {
        const next = withKind(rule, kind);
        expect(parse(plain(next))).toEqual([]);
        for (const field of common) expect(next[field]).toEqual(rule[field]);
        const before = rule as unknown as Record<string, unknown>;
        const after = next as unknown as Record<string, unknown>;
        for (const field of ['metric', 'scope', 'where', 'guards', 'direction', 'intervals'])
          if (before[field] !== undefined && after[field] !== undefined && rule.kind !== 'below')
            expect(after[field]).toEqual(before[field]);
      }),
      { numRuns: 400 },
    );
  });

  test('has every field of the former one, or the field is named', () => {
    fc.assert(
      fc.property(anyRule, anyKind, (rule, kind) => {
        const next = withKind(rule, kind) as unknown as Record<string, unknown>;
        const named = lostFields(next as unknown as Rule, [rule]);
        const starts = withKind({ ...withKind(rule, 'absent') }, rule.kind) as unknown as Record<
          string,
          unknown
        >;
        for (const [field, was] of Object.entries(rule)) {
          if (field === 'kind' || next[field] !== undefined) continue;
          if (starts[field] !== was) expect(named).toContain(field);
        }
      }),
      { numRuns: 400 },
    );
  });

  test('is what it was when the former kind is chosen again', () => {
    fc.assert(
      fc.property(anyRule, anyKind, anyKind, (rule, first, second) => {
        fc.pre(first !== rule.kind && second !== rule.kind && first !== second);
        const there = withKind(rule, first);
        const further = withKind(there, second, [rule]);
        const back = withKind(further, rule.kind, [rule, there]);
        // The last bounds of one meaning count, so that `clear` may be as far away on the other side and back.
        const rest = (one: Rule): unknown =>
          plain({ ...one, threshold: 0, clear: 0, overrides: undefined });
        expect(rest(back)).toEqual(rest(rule));
        expect(lostFields(back, [rule])).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  test.each(defaultRules)('of its own kind is itself: $ruleId', (rule) => {
    expect(withKind(rule, rule.kind)).toEqual(rule);
    expect(lostFields(rule, [rule])).toEqual([]);
  });
});

test('bounds that mean something else are named, those of overrides too', () => {
  const rule: Rule = {
    ruleId: 'full',
    kind: 'above',
    severity: 'warning',
    forMs: 0,
    metric: 'system.filesystem.utilization',
    scope: 'each',
    threshold: 0.95,
    clear: 0.9,
    overrides: [{ targets: 'all', threshold: 0.99, forMs: 5 }],
  };
  const forecast = withKind(rule, 'forecast');
  expect(forecast).toMatchObject({
    threshold: 86_400_000,
    clear: 172_800_000,
    overrides: [{ targets: 'all', forMs: 5 }],
  });
  expect(lostFields(forecast, [rule])).toEqual(['threshold', 'clear', 'overrides.0.threshold']);
  expect(withKind(forecast, 'above', [rule])).toEqual(rule);
  // What ends above now ended below: as far away, on the other side.
  expect(withKind(rule, 'below')).toMatchObject({
    threshold: 0.95,
    clear: 1,
    overrides: [{ threshold: 0.99, clear: 1.08 }],
  });
});
