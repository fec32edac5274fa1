export { authorize, grants, whoIs, type Grant, type Who } from './authorize.ts';
export { Auth, type AuthOptions, type SignedIn, type UserSubject } from './auth.ts';
export type { AgentRecord, AgentSeen } from './agents.ts';
export { RecordMap } from './record-map.ts';
