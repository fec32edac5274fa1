export { HubClock } from './hub-clock.ts';
export { tellClock } from './tell-clock.ts';
export { HubLag } from './hub-lag.ts';
export { HubPulse } from './hub-pulse.ts';
