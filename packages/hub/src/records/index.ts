export { collection, type Collection } from './collection.ts';
export { Journal } from './journal.ts';
export { LogKeys, timeKey } from './log-keys.ts';
export { RecordMap } from './record-map.ts';
export { withTarget } from './upgrade.ts';
