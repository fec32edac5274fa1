export * from './condition.ts';
export * from './exposed-names.ts';
export * from './exposition.ts';
export * from './metric-store.ts';
export type * from './options.ts';
export type * from './records.ts';
export type * from './series-history.ts';
export * from './store-error.ts';
