/**
 * Types of what the REST API says about alerts, for pages and other clients. Nothing of this package, nor of Node, is in
 * what a browser loads by it.
 */
export type { BacktestAnswer, BacktestInput } from './backtest/request.ts';
export type { AlertFactsEntry } from './dispatch/facts.ts';
export type { NotificationEntry } from './dispatch/log.ts';
export type { Outcome } from './dispatch/retry.ts';
export type { Escalation, Route } from './dispatch/route.ts';
export type { Routing } from './dispatch/routing.ts';
export type { RuleEntry } from './model/rule-entry.ts';
export type { RuleWarning } from './model/rule-warnings.ts';
export type { Override, Rule, TargetSelection, TargetSelector, Where } from './model/rule.ts';
export type { KindSettings, ReceiverInfo, ReceiverInput, ReceiverKind } from './notify/settings.ts';
export type { Schedule, Weekday } from './silence/schedule.ts';
export type { Silence, SilenceInput } from './silence/silence.ts';
