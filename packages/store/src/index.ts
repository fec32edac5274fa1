export type * from './history.ts';
export * from './metric-store.ts';
export { openStore, StoreDefaults, type EmbeddedStore } from './open-store.ts';
export * from './promql/index.ts';
export * from './remote/index.ts';
export * from './export/index.ts';
