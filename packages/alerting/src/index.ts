export { defaultRules } from './rule/defaults.ts';
export {
  AlertEngine,
  type EngineOptions,
  type ExpectedHost,
  type Observation,
} from './rule/engine.ts';
export { flappingDefaults, type FlappingOptions } from './rule/flapping.ts';
export type { Foresight } from './rule/foresight.ts';
export type { JudgedAlert } from './rule/instance.ts';
export {
  ruleInfo,
  SILENCE_METRIC,
  type AboveRule,
  type AbsentRule,
  type Rule,
  type SeriesRule,
} from './rule/rule.ts';
export { issuesOf, ruleLimits, ruleSchema, rulesSchema } from './rule/schema.ts';
export { fits, selectsHost, selectsSeries } from './rule/selection.ts';
export { formatDuration, formatValue } from './rule/summary.ts';
