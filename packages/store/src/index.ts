export * from './metric-store.ts';
export { openStore } from './open-store.ts';
