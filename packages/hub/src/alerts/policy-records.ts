import { collection, type Collection } from '../records/index.ts';

/** Singleton settings by key: `routing`, and `vapid`, the hub's key pair for Web Push. */
export const policyRecords: Collection<unknown> = collection<unknown>('alert-policy');
