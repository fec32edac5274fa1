import * as v from 'valibot';
import { attributesSchema, type Attributes } from '../series.ts';
import { targetRefSchema, type TargetRef } from './target.ts';

export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

export const alertStates = ['inactive', 'pending', 'firing', 'resolved'] as const;
export type AlertState = (typeof alertStates)[number];

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
    summary: v.string(),
  }),
  v.title('Alert'),
);
