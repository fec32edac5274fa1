export { Layout, type Change } from './layout.ts';
export { Part, type PartOptions } from './part.ts';
export { WebSocketManager } from './manager.ts';
export type { Timers } from './timers.ts';
