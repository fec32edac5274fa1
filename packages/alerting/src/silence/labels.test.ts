import { matchesAll, type Target } from '@openmanager/protocol';
import { expect, test } from 'vitest';
import { alert } from '../../test/dispatch-kit.ts';
import { labelsOf, type Rule } from '../index.ts';

const host: Target = { id: 'web100000000', kind: 'host', name: 'web-1', labels: { os: 'linux' } };
const container: Target = {
  id: 'box',
  kind: 'container',
  name: 'nginx',
  parent: host.id,
  labels: { team: 'shop', image: 'nginx:1', rule: 'mine' },
};
const lookup = (id: string): Target | undefined => [host, container].find((one) => one.id === id);
const rule = { ruleId: 'r', labels: { team: 'ops', kind: 'x' } } as unknown as Rule;
const fired = alert({
  id: 'a',
  ruleId: 'r',
  target: { id: 'box', kind: 'container', name: 'nginx' },
  metric: 'container.memory.usage',
  attributes: { image: 'attribute', 'container.state': 'running' },
});

test('what nothing replaces, then the rule, the target and the series', () => {
  expect(labelsOf(fired, rule, lookup)).toEqual({
    rule: 'r',
    severity: 'critical',
    metric: 'container.memory.usage',
    target: 'nginx',
    targetId: 'box',
    kind: 'container',
    host: 'web-1',
    hostId: 'web100000000',
    team: 'ops',
    image: 'nginx:1',
    'container.state': 'running',
  });
});

test('a silence by host, made before there were targets, holds for the host and what runs on it', () => {
  const holds = (one: typeof fired): boolean =>
    matchesAll([{ name: 'host', op: '=', value: 'web-1' }], labelsOf(one, undefined, lookup));
  expect(holds(fired)).toBe(true);
  expect(holds(alert({ id: 'b' }))).toBe(true);
  expect(holds(alert({ id: 'c', target: { id: 'x', kind: 'container', name: 'web-1' } }))).toBe(
    false,
  );
});

test('of a target that is gone what the alert says of it is known', () => {
  expect(labelsOf(alert({ id: 'b' }), undefined, () => undefined)).toMatchObject({
    target: 'web-1',
    kind: 'host',
    host: 'web-1',
    hostId: 'web100000000',
  });
});
