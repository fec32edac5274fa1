import * as v from 'valibot';
import { attributesSchema, type Attributes } from '../series.ts';
import { targetRefSchema, type TargetRef } from './target.ts';

export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

export const alertStates = ['inactive', 'pending', 'firing', 'resolved'] as const;
export type AlertState = (typeof alertStates)[number];

/** Whom a rule tells. `browsers`: open pages and Web Push. `everyone`: these, and the other receivers of the routing. */
export const audiences = ['nobody', 'browsers', 'everyone'] as const;
export type Audience = (typeof audiences)[number];

/**
 * Why nobody is told for now of an alert whose rule tells somebody. `silenced`: by a silence. `inhibited`: by another
 * alert. `acknowledged`: somebody has taken it on. `too-early`: the rule wants it to last longer first. `off-hours`:
 * outside of the active times of all its routes. `fired-again`: the same rule and series were told moments ago.
 */
export const muteReasons = [
  'silenced',
  'inhibited',
  'acknowledged',
  'too-early',
  'off-hours',
  'fired-again',
] as const;
export type MuteReason = (typeof muteReasons)[number];

/** Whether somebody is told of an alert, decided by the hub for receivers, Web Push and open pages alike. */
export interface NotifyDecision {
  /** Whom the rule tells. */
  readonly to: Audience;
  /** Why they are not told for now. Those that were told before are told when it resolves all the same. */
  readonly muted?: MuteReason | undefined;
  /** When that ends by itself, epoch ms; left out where nobody knows. */
  readonly untilMs?: number | undefined;
  /** Id of the silence, or of the alert that inhibits. */
  readonly by?: string | undefined;
}

export const notifyDecisionSchema: v.GenericSchema<unknown, NotifyDecision> = v.object({
  to: v.picklist(audiences),
  muted: v.optional(v.picklist(muteReasons)),
  untilMs: v.optional(v.number()),
  by: v.optional(v.string()),
});

/** Whether pages and Web Push may ring for it now. Alerts of a replay carry no decision and are told. */
export function tellsBrowsers({ notify }: Pick<Alert, 'notify'>): boolean {
  return notify === undefined || (notify.to !== 'nobody' && notify.muted === undefined);
}

/** One alert instance: a rule and the series it is about, with the times of its states in epoch ms. */
export interface Alert {
  /** Stable while the instance lives: rule and series. */
  readonly id: string;
  readonly ruleId: string;
  /** What the series is of, named as it was called then. */
  readonly target: TargetRef;
  readonly severity: Severity;
  readonly state: AlertState;
  readonly metric: string;
  readonly attributes: Attributes;
  /** The value last judged, in the metric's base unit; for a silent host, ms of silence. */
  readonly value: number;
  readonly threshold: number;
  readonly activeAtMs: number;
  readonly firedAtMs?: number | undefined;
  readonly resolvedAtMs?: number | undefined;
  /** Time of the sample that caused the newest state. */
  readonly sampleTimeMs: number;
  /** It fires and resolves again and again: how often it fired lately. It stays until it was quiet for a while. */
  readonly flapping?: number | undefined;
  /** While it fires, on the wire. An alert comes again when this changes, with nothing else changed. */
  readonly notify?: NotifyDecision | undefined;
  /** English sentence for logs and webhooks; screens make their own from the other fields. */
  readonly summary: string;
}

export const alertSchema: v.GenericSchema<unknown, Alert> = v.pipe(
  v.object({
    id: v.string(),
    ruleId: v.string(),
    target: targetRefSchema,
    severity: v.picklist(severities),
    state: v.picklist(alertStates),
    metric: v.string(),
    attributes: attributesSchema,
    value: v.number(),
    threshold: v.number(),
    activeAtMs: v.number(),
    firedAtMs: v.optional(v.number()),
    resolvedAtMs: v.optional(v.number()),
    sampleTimeMs: v.number(),
    flapping: v.optional(v.number()),
    notify: v.optional(notifyDecisionSchema),
    summary: v.string(),
  }),
  v.title('Alert'),
);
