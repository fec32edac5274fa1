export { openPastFrames } from './past-frames.ts';
export { WebSocketManager } from './manager.ts';
export type { Timers } from './timers.ts';
