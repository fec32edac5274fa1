export * from './exposed-names.ts';
export * from './exposition.ts';
export * from './metric-store.ts';
export type * from './series-history.ts';
