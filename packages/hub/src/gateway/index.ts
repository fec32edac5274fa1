export { WebSocketManager } from './manager.ts';
export {
  gatewayDefaults,
  type GatewayLimits,
  type GatewayLog,
  type GatewayOptions,
} from './options.ts';
export { judgeOrigin, type OriginVerdict } from './origin.ts';
export type { Timers } from './timers.ts';
