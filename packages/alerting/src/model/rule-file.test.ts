import { expect, test } from 'vitest';
import { parseRuleFile } from '../index.ts';

const rule = {
  id: 'full',
  kind: 'above',
  metric: 'system.cpu.utilization',
  scope: 'total',
  threshold: '90%',
  clear: '80%',
  for: '0s',
  severity: 'warning',
};

test('targets are written as people say them', () => {
  const labels = ['db', 'team=shop', 'env!=dev', 'zone~a*|b*', 'rack !~ x', 'empty='];
  const { rules, errors } = parseRuleFile([
    {
      ...rule,
      targets: [{ kinds: ['host'], labels }, { target: 'web-1' }],
      overrides: [
        { targets: [{ labels: ['db'] }], threshold: '95%', clear: '95%' },
        { targets: 'all', severity: 'info' },
      ],
    },
  ]);
  expect(errors).toEqual([]);
  expect(rules[0]?.targets).toEqual([
    {
      kinds: ['host'],
      labels: [
        { name: 'db', op: '~', value: '*' },
        { name: 'team', op: '=', value: 'shop' },
        { name: 'env', op: '!=', value: 'dev' },
        { name: 'zone', op: '~', value: 'a*|b*' },
        { name: 'rack', op: '!~', value: 'x' },
        { name: 'empty', op: '=', value: '' },
      ],
    },
    { target: 'web-1' },
  ]);
  expect(rules[0] && 'overrides' in rules[0] && rules[0].overrides).toMatchObject([
    { targets: [{ labels: [{ name: 'db', op: '~', value: '*' }] }] },
    { targets: 'all' },
  ]);
});

test('what is no matcher, and the selection of before, are named', () => {
  const errorsOf = (change: object): string =>
    parseRuleFile([{ ...rule, ...change }]).errors.join();
  expect(errorsOf({ targets: [{ labels: ['=x'] }] })).toContain('rules.0.targets');
  expect(errorsOf({ targets: [{ labels: [' '] }] })).toContain('rules.0.targets');
  expect(errorsOf({ targets: [{ tags: ['db'] }] })).toContain('rules.0.targets');
  expect(errorsOf({ targets: { labels: ['db'] } })).toContain('rules.0.targets');
  expect(errorsOf({ hosts: { tags: ['db'] } })).toContain('rules.0.hosts');
});
