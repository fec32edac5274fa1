export * from './contract/index.ts';
export { openStore, StoreDefaults, type EmbeddedStore } from './thread/open-store.ts';
export * from './remote/index.ts';
export * from './export/index.ts';
