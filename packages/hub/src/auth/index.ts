export { authorize, grants, type Who } from './authorize.ts';
export { Auth } from './auth.ts';
export type { AgentSeen } from './agents.ts';
export { RecordMap } from '../records/record-map.ts';
