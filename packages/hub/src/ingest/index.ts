export { AgentIngest, refuse, type AgentIngestOptions } from './agent-ingest.ts';
export type { IngestFigures } from './figures.ts';
