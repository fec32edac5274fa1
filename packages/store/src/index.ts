export type * from './history.ts';
export * from './metric-store.ts';
export { openStore, StoreDefaults } from './open-store.ts';
