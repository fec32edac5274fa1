import { targetKinds, type ProtocolError, type Target } from '@openmanager/protocol';
import { expect, test } from 'vitest';
import { authorize, grants, type Who } from './index.ts';
import { settingKinds, type Action, type ActionObject, type Subject } from '../ports/index.ts';

const subjects: Record<Who, Subject> = {
  anonymous: { kind: 'anonymous' },
  viewer: { kind: 'user', userId: 'viewer000000', name: 'v', role: 'viewer', sessionId: 's' },
  admin: { kind: 'user', userId: 'admin0000000', name: 'a', role: 'admin', sessionId: 's' },
  token: { kind: 'token', tokenId: 'token0000000' },
  agent: { kind: 'agent', agentId: 'agent0000000' },
};

type Verdict = 'allowed' | 'unauthenticated' | 'forbidden';

/** Written out a second time, by hand, so that a change of the policy is a change of two places. */
const expected: Record<Action, readonly [Verdict, Verdict, Verdict, Verdict, Verdict]> = {
  'health:read': ['allowed', 'allowed', 'allowed', 'allowed', 'allowed'],
  'session:read': ['unauthenticated', 'allowed', 'allowed', 'forbidden', 'forbidden'],
  'password:change': ['unauthenticated', 'allowed', 'allowed', 'forbidden', 'forbidden'],
  'topic:subscribe': ['unauthenticated', 'allowed', 'allowed', 'allowed', 'forbidden'],
  'history:read': ['unauthenticated', 'allowed', 'allowed', 'allowed', 'forbidden'],
  'history:import': ['unauthenticated', 'forbidden', 'allowed', 'forbidden', 'forbidden'],
  'store:backup': ['unauthenticated', 'forbidden', 'allowed', 'forbidden', 'forbidden'],
  'store:trust-clock': ['unauthenticated', 'forbidden', 'allowed', 'forbidden', 'forbidden'],
  'host:read': ['unauthenticated', 'allowed', 'allowed', 'allowed', 'forbidden'],
  'host:remove': ['unauthenticated', 'forbidden', 'allowed', 'forbidden', 'forbidden'],
  'host:tag': ['unauthenticated', 'forbidden', 'allowed', 'forbidden', 'forbidden'],
  'alert:read': ['unauthenticated', 'allowed', 'allowed', 'allowed', 'forbidden'],
  'alert:acknowledge': ['unauthenticated', 'allowed', 'allowed', 'forbidden', 'forbidden'],
  'rule:read': ['unauthenticated', 'allowed', 'allowed', 'allowed', 'forbidden'],
  'rule:write': ['unauthenticated', 'forbidden', 'allowed', 'forbidden', 'forbidden'],
  'silence:read': ['unauthenticated', 'allowed', 'allowed', 'allowed', 'forbidden'],
  'silence:write': ['unauthenticated', 'forbidden', 'allowed', 'forbidden', 'forbidden'],
  'receiver:read': ['unauthenticated', 'forbidden', 'allowed', 'forbidden', 'forbidden'],
  'receiver:write': ['unauthenticated', 'forbidden', 'allowed', 'forbidden', 'forbidden'],
  'push:subscribe': ['unauthenticated', 'allowed', 'allowed', 'forbidden', 'forbidden'],
  'anomaly:read': ['unauthenticated', 'allowed', 'allowed', 'allowed', 'forbidden'],
  'anomaly:judge': ['unauthenticated', 'allowed', 'allowed', 'forbidden', 'forbidden'],
  'event:read': ['unauthenticated', 'allowed', 'allowed', 'allowed', 'forbidden'],
  'system:read': ['unauthenticated', 'allowed', 'allowed', 'allowed', 'forbidden'],
  'agent:read': ['unauthenticated', 'allowed', 'allowed', 'forbidden', 'forbidden'],
  'agent:enrol': ['allowed', 'allowed', 'allowed', 'allowed', 'allowed'],
  'agent:revoke': ['unauthenticated', 'forbidden', 'allowed', 'forbidden', 'forbidden'],
  'agent:push': ['unauthenticated', 'forbidden', 'forbidden', 'forbidden', 'forbidden'],
  'code:create': ['unauthenticated', 'forbidden', 'allowed', 'forbidden', 'forbidden'],
  'token:read': ['unauthenticated', 'forbidden', 'allowed', 'forbidden', 'forbidden'],
  'token:create': ['unauthenticated', 'forbidden', 'allowed', 'forbidden', 'forbidden'],
  'token:revoke': ['unauthenticated', 'forbidden', 'allowed', 'forbidden', 'forbidden'],
};
const columns: readonly Who[] = ['anonymous', 'viewer', 'admin', 'token', 'agent'];

function verdict(who: Who, action: Action, object?: ActionObject): Verdict {
  try {
    authorize(subjects[who], action, object);
    return 'allowed';
  } catch (error) {
    return (error as ProtocolError).code as Verdict;
  }
}

const target = (kind: Target['kind']): ActionObject => ({
  kind: 'target',
  // The id of every subject: it is a key to nothing but the agent's own samples.
  target: { id: 'agent0000000', kind, name: 'web-1', labels: { team: 'shop' } },
});
/** What an action may be about: all, topics, targets of each kind, settings. */
const objects: readonly (ActionObject | undefined)[] = [
  undefined,
  { kind: 'topic', topic: 'fleet' },
  { kind: 'topic', topic: 'alerts' },
  ...targetKinds.map(target),
  ...settingKinds.map((kind) => ({ kind, id: 'somebody' })),
];

test('every action is decided for every kind of subject and object', () => {
  expect(Object.keys(grants).toSorted()).toEqual(Object.keys(expected).toSorted());
  for (const [action, row] of Object.entries(expected) as [Action, readonly Verdict[]][])
    for (const object of objects)
      expect([action, object, ...columns.map((who) => verdict(who, action, object))]).toEqual([
        action,
        object,
        ...row,
      ]);
});

test('an agent pushes for itself only', () => {
  expect(verdict('agent', 'agent:push', { kind: 'agent', id: 'agent0000000' })).toBe('allowed');
  expect(verdict('agent', 'agent:push', { kind: 'agent', id: 'agent1111111' })).toBe('forbidden');
  expect(verdict('agent', 'agent:push')).toBe('forbidden');
  // The id of another kind of subject is no key to this.
  expect(verdict('token', 'agent:push', { kind: 'token', id: 'token0000000' })).toBe('forbidden');
});
