import type { MessageTopic, Role, Target } from '@openmanager/protocol';

/** Who asks. */
export type Subject =
  | { readonly kind: 'anonymous' }
  | {
      readonly kind: 'user';
      readonly userId: string;
      readonly name: string;
      readonly role: Role;
      readonly sessionId: string;
    }
  | { readonly kind: 'token'; readonly tokenId: string }
  | { readonly kind: 'agent'; readonly agentId: string };

/** What is asked, as `object:verb`. The one list of everything that can be done. */
export type Action =
  | 'health:read'
  | 'session:read'
  | 'password:change'
  | 'topic:subscribe'
  | 'history:read'
  | 'history:import'
  | 'store:backup'
  | 'store:trust-clock'
  | 'host:read'
  | 'host:remove'
  | 'host:tag'
  | 'alert:read'
  | 'alert:acknowledge'
  | 'rule:read'
  | 'rule:write'
  | 'silence:read'
  | 'silence:write'
  | 'receiver:read'
  | 'receiver:write'
  | 'push:subscribe'
  | 'event:read'
  | 'anomaly:read'
  | 'anomaly:judge'
  | 'system:read'
  | 'agent:read'
  | 'agent:enrol'
  | 'agent:revoke'
  | 'agent:push'
  | 'code:create'
  | 'token:read'
  | 'token:create'
  | 'token:revoke';

/** What an action is about. A target comes with its labels, so that a right can be limited to some of them. */
export type ActionObject =
  | { readonly kind: 'target'; readonly target: Target }
  | { readonly kind: 'topic'; readonly topic: MessageTopic | 'fleet' }
  | { readonly kind: SettingKind; readonly id: string };

/** What is of no target. An agent that is not known as a host yet is none either. */
export const settingKinds = ['agent', 'rule', 'silence', 'receiver', 'token'] as const;
export type SettingKind = (typeof settingKinds)[number];

/**
 * Throws ProtocolError `unauthenticated` or `forbidden`. Without an object the action is about all there is of its
 * kind, such as every host in a list.
 */
export type Authorize = (subject: Subject, action: Action, object?: ActionObject) => void;

/** One text per person, token and agent, whatever they are connected by; for bounds of each. */
export function subjectKey(subject: Subject): string {
  if (subject.kind === 'user') return `user ${subject.userId}`;
  if (subject.kind === 'token') return `token ${subject.tokenId}`;
  return subject.kind === 'agent' ? `agent ${subject.agentId}` : 'anonymous';
}
