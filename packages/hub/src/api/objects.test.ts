import { unknownHost, type Target } from '@openmanager/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HubHarness } from '../../test/kit/hub-harness.ts';
import { alert, anomaly } from './examples.ts';
import { objectOf, otherParameters } from './objects.ts';

const host: Target = { ...alert.target, labels: { team: 'shop' } };
const context = {
  target: (id: string) => (id === host.id ? host : undefined),
  alerts: () => [alert],
  anomaly: (id: string) => (id === anomaly.id ? anomaly : undefined),
};

let harness: HubHarness;
beforeAll(async () => {
  harness = await HubHarness.open();
});
afterAll(() => harness.close());

test.each([
  ['hostId', host.id],
  ['alertId', alert.id],
  ['anomalyId', anomaly.id],
])('%s leads to the target, with its labels', (name, id) => {
  expect(objectOf({ [name]: id }, context)).toEqual({ kind: 'target', target: host });
  const unknown = objectOf({ [name]: 'nobody' }, context);
  const target = unknownHost(name === 'hostId' ? 'nobody' : '');
  expect(unknown).toEqual({ kind: 'target', target });
});

test('of what is of no target the id is told, and nothing of a route about everything', () => {
  expect(objectOf({ ruleId: 'cpu-high' }, context)).toEqual({ kind: 'rule', id: 'cpu-high' });
  expect(objectOf({ name: 'instance' }, context)).toBeUndefined();
  expect(objectOf(undefined, context)).toBeUndefined();
});

test('every parameter in a path of the API names an object', async () => {
  const { body } = await harness.client().send('/api/v1/openapi.json');
  const { paths } = body as { paths: Readonly<Record<string, object>> };
  const names = new Set(
    Object.keys(paths).flatMap((path) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)),
  );
  expect(names.size).toBeGreaterThan(5);
  for (const name of names)
    if (!otherParameters.includes(name ?? ''))
      expect(objectOf({ [name ?? '']: 'x' }, context)).toBeDefined();
});
