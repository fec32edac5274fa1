/** What the stages of the engine hand to one another. Types only: the stages import this and not each other's. */
import type { Alert, Attributes } from '@openmanager/protocol';
import type { AbsentRule, Guard, MissingRule, SeriesRule } from '../model/rule.ts';
import type { Condition } from './transition.ts';
import type { RateWindow, SlidingWindow } from './window.ts';

/** What a sample says to a rule: the figure that is compared, and the two that are shown. */
export interface Reading {
  /** Compared with the rule's threshold and clear. */
  readonly measure: number;
  readonly value: number;
  readonly threshold: number;
}

/** Why an alert entered its state, where the state alone does not say it. */
export type Cause =
  | 'value'
  | 'series-gone'
  | 'target-removed'
  | 'rule-removed'
  | 'rule-changed'
  | 'guard';

interface InstanceCommon {
  /** Names the instance within its target. */
  readonly key: string;
  readonly attributes: Attributes;
  condition: Condition;
  /** As last told; undefined before the first change. */
  alert: Alert | undefined;
  /** When the condition last held. */
  aboveMs: number;
  /** As last judged; undefined since a restart. */
  latest: Reading | undefined;
  flapping: number | undefined;
  /** How long it has to be clear because it flaps. */
  quietMs: number;
  /** The rule or the target has another severity, name or sentence than the alert tells. */
  isStale: boolean;
  /** The rule judges otherwise than when the alert began. */
  isAnew: boolean;
  /** Until when the hub before this one lived, where it left the instance pending; undefined once that was looked at. */
  leftMs: number | undefined;
}

/** A rule about one series of one target that is pending or firing. Inactive ones are not kept. */
export interface SeriesInstance extends InstanceCommon {
  readonly kind: 'series';
  rule: SeriesRule;
  /** Time of the newest sample that had this series; undefined since a restart. */
  presentMs: number | undefined;
}

/** A target that is silent, or whose samples lack a metric. */
export interface SilenceInstance extends InstanceCommon {
  readonly kind: 'silence';
  rule: AbsentRule | MissingRule;
}

export type Instance = SeriesInstance | SilenceInstance;

/** What is kept of a rule and a series of one target from sample to sample. */
export interface Slot {
  readonly window: SlidingWindow | RateWindow | undefined;
  /** Pending or firing. */
  instance: SeriesInstance | undefined;
  seenMs: number;
}

/** A rule and one series of a key array that it is about. */
export interface Match {
  /** Place in the key array. */
  readonly index: number;
  readonly seriesKey: string;
  /** Place of the series to divide by; −1 when there is none. */
  readonly perIndex: number;
  readonly guards: readonly { readonly guard: Guard; readonly index: number }[];
  readonly rule: SeriesRule;
  readonly attributes: Attributes;
  /** Names rule and series within one target. */
  readonly instanceKey: string;
  readonly slot: Slot;
}

/** What one key array of one target means to the rules. */
export interface Plan {
  readonly matches: readonly Match[];
  /** Rules about missing series, with the places where one would be. */
  readonly missing: readonly { readonly rule: MissingRule; readonly indexes: readonly number[] }[];
}

/** What is known of the change that an alert is to tell. */
export interface Change {
  readonly reading: Reading;
  readonly sampleTimeMs: number;
  readonly cause: Cause;
}

export function instanceKey(ruleId: string, key: string): string {
  return `${ruleId}\n${key}`;
}
