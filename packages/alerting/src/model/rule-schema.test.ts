import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { defaultRules, issuesOf, ruleLimits, rulesSchema, ruleSchema } from '../index.ts';
import { checkTemplate, fillTemplate } from './template.ts';
import { rig } from '../../test/kit.ts';

const good = {
  kind: 'above',
  ruleId: 'cpu',
  severity: 'warning',
  forMs: 0,
  metric: 'system.cpu.utilization',
  scope: 'total',
  threshold: 0.9,
  clear: 0.8,
};

function wrong(change: Readonly<Record<string, unknown>>): string[] {
  const result = v.safeParse(ruleSchema, { ...good, ...change });
  return result.success ? [] : issuesOf(result.issues);
}

describe('a rule that cannot work is refused by the name of its field', () => {
  test.each([
    [{ clear: 0.95 }, 'clear: must not be above the threshold'],
    [{ kind: 'below', clear: 0.5 }, 'clear: must not be below the threshold'],
    [{ threshold: Number.NaN }, 'threshold:'],
    [{ treshold: 1 }, 'treshold:'],
    [{ forMs: -1 }, 'forMs:'],
    [{ metric: 'CPU' }, 'metric: must be a dotted lower-case metric name'],
    [{ window: { aggregate: 'avg', overMs: 0 } }, 'window.overMs:'],
    [{ window: { aggregate: 'percentile', overMs: 1 } }, 'window.percentile: goes with'],
    [{ window: { aggregate: 'avg', overMs: 1, percentile: 0.5 } }, 'window.percentile: goes with'],
    [{ guards: [{ metric: 'a', above: 1, below: 2 }] }, 'guards.0: takes one of above and below'],
    [{ overrides: [{ threshold: 0.5 }] }, 'overrides.0.clear: must not be above the threshold'],
    [{ summary: '{{hots}} is slow' }, 'summary: has no placeholder {{hots}}'],
    [{ runbookUrl: 'javascript:alert(1)' }, 'runbookUrl: must be an http or https address'],
    [{ labels: { 'a b': 'c' } }, 'labels.a b: must be a label name'],
    [{ targets: [{ tag: 'x' }] }, 'targets'],
    [{ targets: [] }, 'targets'],
    [{ targets: [{}] }, 'targets'],
    [{ targets: [{ kinds: ['server'] }] }, 'targets'],
    [{ kind: 'rate', direction: 'up', overMs: 1_000 }, 'direction:'],
    [
      {
        kind: 'forecast',
        direction: 'above',
        bound: 1,
        clear: 2,
        window: { aggregate: 'avg', overMs: 1 },
      },
      'window: does not go with kind forecast',
    ],
  ])('%j', (change, said) => {
    expect(wrong(change).join('\n')).toContain(said);
  });

  test('and a good one is taken as it is', () => {
    expect(wrong({})).toEqual([]);
    expect(v.parse(rulesSchema, defaultRules)).toEqual(defaultRules);
  });

  test('bounds are reached', () => {
    const labels = (count: number): Record<string, string> =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${index}`, 'x']));
    expect(wrong({ labels: labels(ruleLimits.labels) })).toEqual([]);
    expect(wrong({ labels: labels(ruleLimits.labels + 1) })).toHaveLength(1);
    const many = <T>(length: number, make: () => T): T[] => Array.from({ length }, make);
    const guards = (count: number): unknown[] => many(count, () => ({ metric: 'a', above: 1 }));
    expect(wrong({ guards: guards(ruleLimits.guards) })).toEqual([]);
    expect(wrong({ guards: guards(ruleLimits.guards + 1) })).toHaveLength(1);
    expect(wrong({ overrides: many(ruleLimits.overrides + 1, () => ({})) })).toHaveLength(1);
    const rules = Array.from({ length: ruleLimits.rules + 1 }, (_, i) => ({
      ...good,
      ruleId: `r${i}`,
    }));
    expect(v.safeParse(rulesSchema, rules.slice(1)).success).toBe(true);
    expect(v.safeParse(rulesSchema, rules).success).toBe(false);
  });
});

describe('templates', () => {
  const values = {
    target: 't',
    targetId: 't',
    kind: 'host',
    host: '{{severity}} <b>',
    hostId: 'h',
    rule: 'r',
    metric: 'm',
    series: 's',
    severity: 'info',
    state: 'firing',
    value: '1',
    threshold: '2',
    clear: '3',
    attributes: { 'system.device': 'sda' },
    labels: { team: 'ops' },
  } as const;

  test('what stands for a placeholder is not looked at again', () => {
    expect(
      fillTemplate(
        '{{host}} {{ attributes.system.device }} {{labels.team}} {{labels.constructor}}.',
        values,
      ),
    ).toBe('{{severity}} <b> sda ops .');
    expect(checkTemplate('{{host}} {{attributes.a.b}}')).toBeUndefined();
    expect(checkTemplate('{{#if host}}')).toBe('#if host');
  });

  test('the sentence of a rule is its own while it fires', () => {
    const { observe } = rig([
      {
        kind: 'above',
        ruleId: 'slow',
        severity: 'info',
        forMs: 0,
        metric: 'system.cpu.utilization',
        scope: 'total',
        threshold: 0.9,
        clear: 0.8,
        labels: { team: 'ops' },
        summary: '{{labels.team}}: {{host}} is at {{value}}, bound {{threshold}}',
      },
    ]);
    expect(observe(0, { 'system.cpu.utilization': 0.95 })[0]?.summary).toBe(
      'ops: web-1 is at 95 %, bound 90 %',
    );
    expect(observe(5_000, { 'system.cpu.utilization': 0.5 })[0]?.summary).toBe(
      'CPU back to 50 % on web-1 (below 80 %)',
    );
  });
});
