/**
 * What the REST API says about alerts, for pages and other clients: types only, so that nothing of this package (nor of
 * Node) is in what a browser loads.
 */
import type { BacktestResult, Fire } from './backtest/backtest.ts';
import type { AlertFacts } from './dispatch/dispatcher.ts';
import type { Inhibition } from './dispatch/inhibit.ts';
import type { Route } from './dispatch/route.ts';
import type { Rule } from './model/rule.ts';
import type { ReceiverKind, SettingsOf } from './notify/receiver.ts';

export type { NotificationEntry } from './dispatch/log.ts';
export type { Outcome } from './dispatch/retry.ts';
export type { Escalation, Route } from './dispatch/route.ts';
export type { HostSelection, Override, Rule, Where } from './model/rule.ts';
export type { ReceiverKind, SettingsOf } from './notify/receiver.ts';
export type { Matcher, MatcherOperator } from './silence/matcher.ts';
export type { Schedule, Weekday } from './silence/schedule.ts';
export type { Silence } from './silence/silence.ts';

/** A rule and where it comes from. */
export interface RuleEntry {
  readonly rule: Rule;
  /** `default`: as it comes. `changed`: a default somebody changed. `own`: made here. */
  readonly origin: 'default' | 'changed' | 'own';
}

/** What a rule would have done on stored history. */
export interface BacktestReport {
  readonly fromMs: number;
  readonly toMs: number;
  /** Hosts with history of the rule's metrics. */
  readonly hosts: number;
  /** The widest step of the history that was read, 0 for samples as they came: what is shorter may be missed. */
  readonly stepMs: number;
  /** The newest; `resolvedAtMs` is null while it would still fire. */
  readonly fires: readonly (Omit<Fire, 'resolvedAtMs'> & {
    readonly resolvedAtMs: number | null;
  })[];
  readonly fireCount: number;
  readonly flaps: number;
  readonly firingMs: number;
  readonly suggestion: BacktestResult['suggestion'] | null;
}

/** Settings that may lack fields: secrets are never shown, and a form fills in one field after another. */
export type PartialSettings = {
  readonly [K in ReceiverKind]: Partial<SettingsOf<K>> & Pick<SettingsOf<K>, 'kind'>;
}[ReceiverKind];

export interface ReceiverEntry {
  readonly receiverId: string;
  /** Without the secrets. */
  readonly settings: PartialSettings;
  /** Names of the secrets that are set. */
  readonly secretsSet: readonly string[];
}

/** Who is told of which alerts. */
export interface Routing {
  readonly route: Route;
  readonly inhibitions: readonly Inhibition[];
  /** Hosts that messages may go to although their addresses are private. */
  readonly allowHosts: readonly string[];
  /** Address of this hub for links in messages. */
  readonly hubUrl?: string | undefined;
}

/** What is true of a pending or firing alert beside its state. */
export interface AlertFactsEntry extends AlertFacts {
  readonly alertId: string;
}
