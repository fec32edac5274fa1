import type { Role } from '@openmanager/protocol';

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

/** Throws ProtocolError `unauthenticated` or `forbidden`; `object` is the id the action is about, if any. */
export type Authorize = (subject: Subject, action: Action, object?: string) => void;
