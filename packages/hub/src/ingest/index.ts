export { AGENT_PATH, AgentIngest, refuse, type AgentIngestOptions } from './agent-ingest.ts';
export type { IngestFigures } from './figures.ts';
export { RecentValues } from './measure.ts';
