export { defaultRules } from './rule/defaults.ts';
export { AlertEngine, type ExpectedHost, type Observation } from './rule/engine.ts';
export {
  ruleInfo,
  rulesSchema,
  SILENCE_METRIC,
  type AboveRule,
  type AbsentRule,
  type Rule,
} from './rule/rule.ts';
