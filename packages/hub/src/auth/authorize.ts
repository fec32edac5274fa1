/** Who may do what: the whole policy in one table. */
import { ProtocolError } from '@openmanager/protocol';
import type { Action, ActionObject, Authorize, Subject } from '../ports/index.ts';

/** Columns of the table: kinds of subjects, users by their role. */
export type Who = 'anonymous' | 'viewer' | 'admin' | 'token' | 'agent';

/** `own`: only when the object is the subject itself. */
export type Grant = 'yes' | 'no' | 'own';

const everyone = {
  anonymous: 'yes',
  viewer: 'yes',
  admin: 'yes',
  token: 'yes',
  agent: 'yes',
} as const;
const users = { anonymous: 'no', viewer: 'yes', admin: 'yes', token: 'no', agent: 'no' } as const;
const readers = {
  anonymous: 'no',
  viewer: 'yes',
  admin: 'yes',
  token: 'yes',
  agent: 'no',
} as const;
const admins = { anonymous: 'no', viewer: 'no', admin: 'yes', token: 'no', agent: 'no' } as const;

export const grants: Readonly<Record<Action, Readonly<Record<Who, Grant>>>> = {
  'health:read': everyone,
  'session:read': users,
  'password:change': users,
  'topic:subscribe': readers,
  'history:read': readers,
  'history:import': admins,
  // It holds hashes of passwords and tokens.
  'store:backup': admins,
  'store:trust-clock': admins,
  'host:read': readers,
  'host:remove': admins,
  'host:tag': admins,
  'alert:read': readers,
  'alert:acknowledge': users,
  'rule:read': readers,
  'rule:write': admins,
  'silence:read': readers,
  'silence:write': admins,
  'receiver:read': admins,
  'receiver:write': admins,
  'push:subscribe': users,
  'event:read': readers,
  'anomaly:read': readers,
  'anomaly:judge': users,
  'system:read': readers,
  'agent:read': users,
  // The enrolment code is the credential.
  'agent:enrol': everyone,
  'agent:revoke': admins,
  'agent:push': { anonymous: 'no', viewer: 'no', admin: 'no', token: 'no', agent: 'own' },
  'code:create': admins,
  'token:read': admins,
  'token:create': admins,
  'token:revoke': admins,
};

export function whoIs(subject: Subject): Who {
  return subject.kind === 'user' ? subject.role : subject.kind;
}

function isSelf(subject: Subject, object: ActionObject | undefined): boolean {
  return subject.kind === 'agent' && object?.kind === 'agent' && object.id === subject.agentId;
}

export const authorize: Authorize = (subject, action, object) => {
  const grant = grants[action][whoIs(subject)];
  if (grant === 'yes' || (grant === 'own' && isSelf(subject, object))) return;
  throw new ProtocolError(subject.kind === 'anonymous' ? 'unauthenticated' : 'forbidden');
};
