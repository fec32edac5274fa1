export { PromqlDefaults, PromqlEngine, type PromqlOptions } from './promql-engine.ts';
export { PromqlError, type PromqlErrorType } from './promql-error.ts';
export type { Question } from './questions.ts';
