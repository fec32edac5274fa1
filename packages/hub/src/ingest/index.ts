export type { AgentLimits } from './agent-limits.ts';
export { AgentIngest, type AgentIngestOptions } from './agent-ingest.ts';
export type { IngestStats } from './ingest-counters.ts';
