import * as v from 'valibot';
import { limits } from '../limits.ts';
import { anomalySchema, type Anomaly } from './outlook.ts';
import { targetRefSchema, type TargetRef } from './target.ts';

export const eventKinds = [
  'agent-enrolled',
  'agent-revoked',
  'agent-connected',
  'agent-disconnected',
  'host-rebooted',
  'host-name-taken',
  'host-stale',
  'host-recovered',
  'clock-skewed',
  'batches-lost',
  'batches-lost-by-hub',
  'series-refused',
  'machine-refused',
  'machine-moved',
  'hub-started',
  'hub-clock-held',
  'hub-clock-set',
  'hub-clock-returned',
  'store-failed',
  'store-recovered',
  'clock-doubted',
  'clock-trusted',
  'anomaly',
  'capacity',
] as const;
export type EventKind = (typeof eventKinds)[number];

/** Something that happened once, kept and shown in a list. */
export interface HubEvent {
  /** Increasing; newer events have larger ids. */
  readonly id: number;
  readonly timeMs: number;
  readonly kind: EventKind;
  /** What it happened to; left out where it concerns the hub. */
  readonly target?: TargetRef | undefined;
  /** Figures of this kind, such as `lost` batches or `offsetMs`; text from outside stays text. */
  readonly detail: Readonly<Record<string, string | number>>;
  /** Of kind `anomaly`: what stood out together, the likely root first. */
  readonly anomalies?: readonly Anomaly[] | undefined;
}

export const hubEventSchema: v.GenericSchema<unknown, HubEvent> = v.pipe(
  v.object({
    id: v.number(),
    timeMs: v.number(),
    kind: v.picklist(eventKinds),
    target: v.optional(targetRefSchema),
    detail: v.record(v.string(), v.union([v.string(), v.number()])),
    anomalies: v.optional(v.pipe(v.array(anomalySchema), v.maxLength(limits.outlookAnomalies))),
  }),
  v.title('Event'),
);
