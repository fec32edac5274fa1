import * as v from 'valibot';
import { expect, test } from 'vitest';
import { audienceOf, parseRuleFile, ruleSchema, upgradeNotify, type Rule } from '../index.ts';

const rule = {
  id: 'busy',
  kind: 'above',
  metric: 'system.cpu.utilization',
  scope: 'total',
  threshold: '85%',
  clear: '80%',
  for: '0s',
  severity: 'warning',
};

test.each([
  [undefined, 'everyone'],
  ['nobody', 'nobody'],
  ['browsers', 'browsers'],
  ['everyone', 'everyone'],
  // As rule files had it before.
  [false, 'nobody'],
  [true, 'everyone'],
])('notify: %s in a rule file tells %s', (notify, audience) => {
  const { rules, errors } = parseRuleFile([
    { ...rule, ...(notify === undefined ? {} : { notify }) },
  ]);
  expect(errors).toEqual([]);
  expect(audienceOf(rules[0])).toBe(audience);
});

test('any other word is named as wrong, in files and over the API', () => {
  expect(parseRuleFile([{ ...rule, notify: 'somebody' }]).errors[0]).toMatch(/^rules\.0\.notify: /);
  const [valid] = parseRuleFile([rule]).rules as [Rule];
  expect(v.safeParse(ruleSchema, { ...valid, notify: true }).success).toBe(false);
});

test('an alert whose rule is gone is everybody’s', () => {
  expect(audienceOf(undefined)).toBe('everyone');
  expect(upgradeNotify(undefined)).toBeUndefined();
});
