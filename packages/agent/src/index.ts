export { startAgent } from './agent.ts';
export { AgentError, type AgentErrorCode } from './agent-error.ts';
export type { CollectedFacts, Collector, Sample, SampleOptions } from './collect/collector.ts';
export { enroll, type EnrollOptions } from './identity/enroll.ts';
export { type Identity, loadIdentity } from './identity/identity.ts';
export { defaultStateFolder } from './identity/state-folder.ts';
export type { Log, LogLevel } from './log.ts';
export { agentDefaults, type AgentStats, type AgentOptions, type RunningAgent } from './options.ts';
export { systemTiming, type Timing } from './timing.ts';
