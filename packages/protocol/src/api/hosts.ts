/** REST answers about hosts, alerts, events and the hub; hosts themselves are in model/host.ts. */
import * as v from 'valibot';
import type { History } from '../client/down.ts';
import { alertSchema, severities, type Alert, type Severity } from '../model/alert.ts';
import { hubEventSchema, type HubEvent } from '../model/event.ts';
import { anomalySchema, type Anomaly } from '../model/outlook.ts';
import { labelOfTag } from '../model/target.ts';
import { timeSchema } from './time.ts';

/** GET /api/v1/alerts (firing and pending), GET /api/v1/alerts/history?limit=&before= (resolved, newest first) */
export interface AlertList {
  readonly alerts: readonly Alert[];
}

export const alertListSchema: v.GenericSchema<unknown, AlertList> = v.pipe(
  v.object({
    alerts: v.array(alertSchema),
  }),
  v.title('AlertList'),
);

/** GET /api/v1/events?limit=&before= */
export interface EventList {
  readonly events: readonly HubEvent[];
}

export const eventListSchema: v.GenericSchema<unknown, EventList> = v.pipe(
  v.object({
    events: v.array(hubEventSchema),
  }),
  v.title('EventList'),
);

/** GET /api/v1/anomalies?limit= */
export interface AnomalyList {
  readonly anomalies: readonly Anomaly[];
}

export const anomalyListSchema: v.GenericSchema<unknown, AnomalyList> = v.pipe(
  v.object({
    anomalies: v.array(anomalySchema),
  }),
  v.title('AnomalyList'),
);

/** GET /api/v1/hosts/:hostId/series */
export interface SeriesList {
  readonly keys: readonly string[];
}

export const seriesListSchema: v.GenericSchema<unknown, SeriesList> = v.pipe(
  v.object({
    keys: v.array(v.string()),
  }),
  v.title('SeriesList'),
);

/** GET /api/v1/hosts/:hostId/history */
export const historySchema: v.GenericSchema<unknown, History> = v.pipe(
  v.object({
    keys: v.array(v.string()),
    timesMs: v.array(timeSchema),
    columns: v.array(v.array(v.nullable(v.number()))),
    stepMs: v.pipe(
      v.number(),
      v.description('Width of a step when samples were reduced to means, 0 for samples'),
    ),
  }),
  v.title('History'),
);

/** GET /api/v1/hosts/tags, and the answer to PUT /api/v1/hosts/:hostId/tags */
export interface HostTags {
  readonly hostId: string;
  readonly tags: readonly string[];
}

export const hostTagsSchema: v.GenericSchema<unknown, HostTags> = v.pipe(
  v.object({
    hostId: v.string(),
    tags: v.array(v.string()),
  }),
  v.title('HostTags'),
);

/** PUT /api/v1/hosts/:hostId/tags */
export interface TagsRequest {
  readonly tags: readonly string[];
}

export const tagLimits = { tags: 32, length: 64 } as const;

function nameDifferentLabels(tags: readonly string[]): boolean {
  const names = [...new Set(tags)].map((tag) => labelOfTag(tag)[0]);
  return new Set(names).size === names.length;
}

export const tagsRequestSchema: v.GenericSchema<unknown, TagsRequest> = v.pipe(
  v.object({
    tags: v.pipe(
      v.array(
        v.pipe(
          v.string(),
          v.trim(),
          v.minLength(1),
          v.maxLength(tagLimits.length),
          v.regex(/^\P{Cc}*$/u, 'must be on one line'),
        ),
      ),
      v.maxLength(tagLimits.tags, 'are too many'),
      // The label could have but one of the values.
      v.check((tags) => nameDifferentLabels(tags), 'two of them give one label different values'),
    ),
  }),
  v.title('TagsRequest'),
);

const conditions = [
  'above',
  'below',
  'rate',
  'outside-band',
  'forecast',
  'missing',
  'absent',
] as const;

/** GET /api/v1/rules */
export interface RuleInfo {
  readonly ruleId: string;
  readonly metric: string;
  readonly condition: (typeof conditions)[number];
  /** In the metric's base unit; for `absent`, missed intervals. */
  readonly threshold: number;
  readonly clear: number;
  readonly forMs: number;
  readonly severity: Severity;
}

export const ruleInfoSchema: v.GenericSchema<unknown, RuleInfo> = v.pipe(
  v.object({
    ruleId: v.string(),
    metric: v.string(),
    condition: v.picklist(conditions),
    threshold: v.number(),
    clear: v.number(),
    forMs: v.number(),
    severity: v.picklist(severities),
  }),
  v.title('RuleInfo'),
);

/**
 * ok: everything works · degraded: some part does not, the hub does its job · down: it cannot do its job, such as to
 * keep what agents send; the answer is 503 then
 */
export const healthStatuses = ['ok', 'degraded', 'down'] as const;
export type HealthStatus = (typeof healthStatuses)[number];

/** GET /api/v1/health. Without sign-in there is `status` alone. */
export interface Health {
  readonly status: HealthStatus;
  readonly version?: string | undefined;
  readonly uptimeSeconds?: number | undefined;
  /** What does not work, in sentences. */
  readonly problems?: readonly string[] | undefined;
  /** The part of the hub that each of them is about, such as `storing`. */
  readonly parts?: readonly string[] | undefined;
}

export const healthSchema: v.GenericSchema<unknown, Health> = v.pipe(
  v.object({
    status: v.picklist(healthStatuses),
    version: v.optional(v.string()),
    uptimeSeconds: v.optional(v.number()),
    problems: v.optional(v.array(v.string())),
    parts: v.optional(v.array(v.string())),
  }),
  v.title('Health'),
);
