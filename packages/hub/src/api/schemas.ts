/** Schemas of answers, for the OpenAPI document; requests have theirs in the protocol. */
import {
  alertSchema,
  errorBodySchema,
  hostInfoSchema,
  hostStatuses,
  hubEventSchema,
  priorities,
  roles,
  severities,
  systemStatusSchema,
  type AgentInfo,
  type AlertList,
  type ApiToken,
  type CreatedToken,
  type Enrolled,
  type EnrolmentCode,
  type ErrorBody,
  type EventList,
  type Health,
  type History,
  type HostSummary,
  type RuleInfo,
  type Session,
  type StorageFigures,
  type SystemStatus,
} from '@openmanager/protocol';
import * as v from 'valibot';

/** A schema whose output is what the route answers. */
export type Answers<T> = v.GenericSchema<unknown, T>;

const ms = v.pipe(v.number(), v.description('Epoch milliseconds'));

export const session: Answers<Session> = v.object({
  name: v.string(),
  role: v.picklist(roles),
  hasPassword: v.boolean(),
});

export const hostSummary: Answers<HostSummary> = v.object({
  ...(hostInfoSchema as unknown as v.ObjectSchema<v.ObjectEntries, undefined>).entries,
  status: v.picklist(hostStatuses),
  priority: v.picklist(priorities),
  lastSampleAtMs: v.nullable(ms),
  metrics: v.pipe(
    v.record(v.string(), v.number()),
    v.description('Newest value by headline key, base units'),
  ),
}) as unknown as Answers<HostSummary>;

export const hostList: Answers<readonly HostSummary[]> = v.array(hostSummary);

export const seriesList: Answers<{ keys: readonly string[] }> = v.object({
  keys: v.array(v.string()),
});

export const history: Answers<History> = v.object({
  keys: v.array(v.string()),
  timesMs: v.array(ms),
  columns: v.array(v.array(v.nullable(v.number()))),
  stepMs: v.pipe(
    v.number(),
    v.description('Width of a step when samples were reduced to means, 0 for samples'),
  ),
});

export const alertList: Answers<AlertList> = v.object({ alerts: v.array(alertSchema) });

export const eventList: Answers<EventList> = v.object({ events: v.array(hubEventSchema) });

const rule: Answers<RuleInfo> = v.object({
  ruleId: v.string(),
  metric: v.string(),
  condition: v.picklist([
    'above',
    'below',
    'rate',
    'outside-band',
    'forecast',
    'missing',
    'absent',
  ]),
  threshold: v.number(),
  clear: v.number(),
  forMs: v.number(),
  severity: v.picklist(severities),
});
export const ruleList: Answers<readonly RuleInfo[]> = v.array(rule);

const agent: Answers<AgentInfo> = v.object({
  agentId: v.string(),
  hostname: v.string(),
  connected: v.boolean(),
  enrolledAtMs: ms,
  lastSeenAtMs: v.nullable(ms),
  agentVersion: v.nullable(v.string()),
  demo: v.boolean(),
});
export const agentList: Answers<readonly AgentInfo[]> = v.array(agent);

export const enrolmentCode: Answers<EnrolmentCode> = v.object({
  code: v.string(),
  expiresAtMs: ms,
});

export const enrolled: Answers<Enrolled> = v.object({ agentId: v.string(), key: v.string() });

const tokenEntries = {
  tokenId: v.string(),
  name: v.string(),
  createdAtMs: ms,
  lastUsedAtMs: v.nullable(ms),
};
export const tokenList: Answers<readonly ApiToken[]> = v.array(v.object(tokenEntries));
export const createdToken: Answers<CreatedToken> = v.object({
  ...tokenEntries,
  secret: v.string(),
});

export const health: Answers<Health> = v.object({
  status: v.picklist(['ok', 'degraded']),
  version: v.string(),
  uptimeSeconds: v.number(),
  problems: v.array(v.string()),
});

export const storage: Answers<StorageFigures> = v.object({
  hosts: v.number(),
  series: v.number(),
  samplesStored: v.number(),
  bytesOnDisk: v.number(),
  bytesExpected: v.number(),
  tiers: v.array(
    v.object({
      bucketMs: v.number(),
      retentionMs: v.number(),
      chunks: v.number(),
      bytes: v.number(),
      oldestMs: v.number(),
      newestMs: v.number(),
    }),
  ),
  damaged: v.number(),
  lateDropped: v.number(),
});

export const status: Answers<SystemStatus> = systemStatusSchema;

export const errorAnswer: Answers<{ error: ErrorBody }> = v.object({ error: errorBodySchema });
