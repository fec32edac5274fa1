export { AgentIngest, type AgentIngestOptions } from './agent-ingest.ts';
export type { IngestFigures } from './figures.ts';
