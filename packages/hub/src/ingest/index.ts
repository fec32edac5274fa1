export { AgentIngest, refuse, type AgentIngestOptions } from './agent-ingest.ts';
export type { IngestStats } from './ingest-counters.ts';
