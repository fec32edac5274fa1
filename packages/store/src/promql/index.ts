export { answerInstant, answerRange, MAX_POINTS_PER_SERIES, stepsOf } from './answer.ts';
export { exposedLabels, exposedName, knownAttribute, knownMetric, unitOf } from './names.ts';
export { PromqlDefaults, PromqlEngine, type PromqlOptions } from './promql-engine.ts';
export { PromqlError, type PromqlErrorType } from './promql-error.ts';
export type { Question } from './questions.ts';
