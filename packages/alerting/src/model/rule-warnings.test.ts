import { metricInfo, metrics } from '@openmanager/protocol';
import { expect, test } from 'vitest';
import { defaultRules, ruleWarnings, type MetricKnowledge, type Rule } from '../index.ts';

const known: MetricKnowledge = {
  names: [...Object.keys(metrics), 'shop.orders'],
  attributes: (metric) =>
    metric === 'shop.orders'
      ? ['shop']
      : metricInfo(metric).description === ''
        ? undefined
        : metricInfo(metric).attributes,
};
const rule = {
  kind: 'above',
  ruleId: 'r',
  metric: 'system.memory.utilization',
  scope: 'total',
  threshold: 0.9,
  clear: 0.8,
  forMs: 0,
  severity: 'warning',
} as const;
const DISK = 'system.filesystem.utilization';
const told = (given: Rule): string[] =>
  ruleWarnings(given, known).map(({ code, field, hint }) => `${code} ${field} ${hint}`.trim());

test('the default rules are meant as they are', () => {
  for (const given of defaultRules) expect([given.ruleId, told(given)]).toEqual([given.ruleId, []]);
});

test.each<[string, Partial<Rule>, string[]]>([
  ['nothing', {}, []],
  [
    'a slip in a metric',
    { metric: 'system.memory.utilizaton' },
    ['unknown-metric-like metric system.memory.utilization'],
  ],
  ['a metric that nobody has', { metric: 'node_load1' }, ['unknown-metric metric']],
  ['a metric that was seen', { metric: 'shop.orders', threshold: 90, clear: 80 } as never, []],
  ['per cent', { threshold: 90, clear: 80 } as never, ['share-beyond-one threshold 0.9']],
  [
    'per cent in clear alone',
    { kind: 'below', clear: 20 } as never,
    ['share-beyond-one clear 0.2'],
  ],
  [
    'per cent in an override',
    { overrides: [{ threshold: 95 }] } as never,
    ['share-beyond-one overrides.0.threshold 0.95'],
  ],
  [
    'per cent in a guard',
    { guards: [{ metric: 'system.cpu.utilization', above: 50 }] } as never,
    ['share-beyond-one guards.0.above 0.5'],
  ],
  ['a share of a share', { threshold: 2, per: { metric: 'system.cpu.utilization' } } as never, []],
  [
    'an attribute that series do not have',
    { metric: DISK, scope: 'each', where: { mountpoint: '/' } } as never,
    [
      'unknown-attribute where.mountpoint system.filesystem.mountpoint, system.device, system.filesystem.type',
    ],
  ],
  [
    'one in an override, and one in a guard',
    {
      metric: DISK,
      scope: 'each',
      overrides: [{ where: { device: 'sda' }, threshold: 0.95 }],
      guards: [{ metric: 'system.filesystem.usage', attributes: { state: 'free' }, below: 1e9 }],
    } as never,
    [
      expect.stringContaining('unknown-attribute overrides.0.where.device') as never,
      expect.stringContaining('unknown-attribute guards.0.attributes.state') as never,
    ],
  ],
  ['each of one', { scope: 'each' }, ['each-without-attributes scope']],
  [
    'where without each',
    { metric: DISK, where: { 'system.device': 'sda' } } as never,
    ['where-without-each where'],
  ],
  [
    'a label that every alert has',
    { labels: { target: 'x', team: 'shop' } },
    ['reserved-label labels.target'],
  ],
  [
    'a slip in a guard',
    { guards: [{ metric: 'system.cpu.utilisation', above: 0.5 }] } as never,
    ['unknown-metric-like guards.0.metric system.cpu.utilization'],
  ],
])('%s', (_, change, expected) => {
  expect(told({ ...rule, ...change } as Rule)).toEqual(expected);
});
