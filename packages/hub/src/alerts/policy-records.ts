import { collection, type Collection } from '../records/index.ts';

/** Settings of which there is one each: `routing`, and `vapid`, the hub's keys for Web Push. */
export const policyRecords: Collection<unknown> = collection<unknown>('alert-policy');
