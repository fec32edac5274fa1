export { HubClock, type ClockChange } from './hub-clock.ts';
export { tellClock } from './tell-clock.ts';
export { HubPulse, type LoopLag } from './hub-pulse.ts';
