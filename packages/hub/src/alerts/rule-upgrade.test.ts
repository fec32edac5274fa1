import { ruleSchema, type Rule } from '@openmanager/alerting';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { upgradeRule } from './upgrade.ts';

const rule: Rule = {
  kind: 'above',
  ruleId: 'busy',
  metric: 'system.cpu.utilization',
  scope: 'total',
  threshold: 0.9,
  clear: 0.8,
  forMs: 0,
  severity: 'warning',
};

test.each([
  [{ notify: false }, { notify: 'nobody' }],
  [{ notify: true }, { notify: 'everyone' }],
  [{}, {}],
  [
    { hosts: { tags: ['db'] }, notify: false, overrides: [{ hosts: { host: 'web-1' } }] },
    {
      targets: [{ labels: [{ name: 'db', op: '~', value: '*' }] }],
      notify: 'nobody',
      overrides: [{ targets: [{ kinds: ['host'], target: 'web-1' }] }],
    },
  ],
])('a stored rule with %j', (before, after) => {
  const upgraded = upgradeRule({ ...rule, ...before } as unknown as Rule);
  expect(upgraded).toEqual({ ...rule, ...after });
  expect(v.parse(ruleSchema, upgraded)).toEqual(upgraded);
  expect(upgradeRule(upgraded)).toEqual(upgraded);
});
