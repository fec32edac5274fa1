export type { DispatchCounts } from './dispatch/counts.ts';
export { audienceOf, upgradeNotify } from './model/audience.ts';
export { defaultRules } from './model/default-rules.ts';
export {
  AlertEngine,
  type EngineOptions,
  type ExpectedTarget,
  type Observation,
} from './engine/engine.ts';
export { flappingDefaults, type FlappingOptions } from './engine/flapping.ts';
export type { Foresight } from './engine/foresight.ts';
export {
  ruleInfo,
  type AboveRule,
  type AbsentRule,
  type Rule,
  type SeriesRule,
  type TargetSelection,
  type TargetSelector,
} from './model/rule.ts';
export { ruleEntrySchema, type RuleEntry } from './model/rule-entry.ts';
export { issuesOf, ruleLimits, ruleSchema, rulesSchema } from './model/rule-schema.ts';
export { selectsSeries, selectsTarget } from './model/selection.ts';
export {
  Dispatcher,
  dispatchCollections,
  type DispatchChange,
  type DispatchOptions,
  type DispatchRecords,
} from './dispatch/dispatcher.ts';
export { BROWSERS, type DispatchPolicy } from './dispatch/policy.ts';
export { alertFactsSchema, type AlertFacts, type AlertFactsEntry } from './dispatch/facts.ts';
export type { GroupRecord, MemberRecord } from './dispatch/group.ts';
export { defaultInhibitions, inhibitionSchema, type Inhibition } from './dispatch/inhibit.ts';
export { notificationEntrySchema, type NotificationEntry } from './dispatch/log.ts';
export type { Acknowledgement, NotifiedAlert, Notification } from './dispatch/notification.ts';
export { outcomeSchema, retryDefaults, type Outcome, type RetryOptions } from './dispatch/retry.ts';
export {
  receiversOf,
  routeDefaults,
  routeLimits,
  routeSchema,
  type Route,
} from './dispatch/route.ts';
export { routingSchema, type Routing } from './dispatch/routing.ts';
export { labelsOf } from './silence/labels.ts';
export { scheduleSchema, windowAt, type Schedule } from './silence/schedule.ts';
export {
  isActive,
  silencedBy,
  silenceInputSchema,
  silenceLimits,
  silencePreviewSchema,
  silenceSchema,
  type Silence,
  type SilenceInput,
  type SilencePreview,
} from './silence/silence.ts';
export {
  backtest,
  type BacktestOptions,
  type LearningForesight,
  type BacktestResult,
  type Fire,
  type TargetHistory,
} from './backtest/backtest.ts';
export {
  backtestAnswerSchema,
  backtestInputSchema,
  type BacktestAnswer,
  type BacktestInput,
} from './backtest/request.ts';
export { runRuleTests, type CaseResult } from './backtest/rule-test.ts';
export { parseRuleFile, writtenField, type ParsedRules } from './model/rule-file.ts';
export {
  importPrometheus,
  type NotImported,
  type PrometheusImport,
  type ChangedRule,
} from './model/prometheus-rules.ts';
export {
  receiverInfoSchema,
  receiverInputSchema,
  receiverKinds,
  receiverSettingsSchema,
  secretsOf,
  goesElsewhere,
  splitSecrets,
  type ReceiverInfo,
  type ReceiverInput,
  type ReceiverKind,
  type ReceiverSettings,
  type ShownSettings,
} from './notify/settings.ts';
export { pushSubscriptionSchema, type PushSubscription } from './notify/web-push/settings.ts';
export { ruleWarnings, type MetricKnowledge, type RuleWarning } from './model/rule-warnings.ts';
