import * as v from 'valibot';
import { limits } from '../limits.ts';
import { type Labels, labelsSchema } from './labels.ts';

const text: v.GenericSchema<string> = v.pipe(v.string(), v.maxLength(limits.nameLength));

/** What a host is, told by its agent at each connection. */
export interface HostFacts {
  readonly hostname: string;
  /** `linux`, `darwin` or `win32`. */
  readonly os: string;
  /** Name and version of the distribution, as people say it. */
  readonly osName: string;
  readonly kernel: string;
  readonly arch: string;
  readonly cpuModel: string;
  readonly cpuCount: number;
  readonly memoryBytes: number;
  readonly timeZone: string;
  readonly agentVersion: string;
  /** True for hosts that the demo command simulates. */
  readonly demo: boolean;
  /** What the owner of the host calls it by at its agent; what people say of it on the hub counts before. */
  readonly labels?: Labels | undefined;
}

export const hostFactsSchema: v.GenericSchema<HostFacts> = v.pipe(
  v.object({
    hostname: v.pipe(text, v.minLength(1)),
    os: text,
    osName: text,
    kernel: text,
    arch: text,
    cpuModel: text,
    cpuCount: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_536)),
    memoryBytes: v.pipe(v.number(), v.minValue(0)),
    timeZone: text,
    agentVersion: text,
    demo: v.boolean(),
    labels: v.optional(labelsSchema),
  }),
  v.title('HostFacts'),
);

export const hostStatuses = ['online', 'stale', 'offline'] as const;
/** online: samples arrive; stale: three intervals missed; offline: silent for a minute. */
export type HostStatus = (typeof hostStatuses)[number];

export const priorities = ['low', 'medium', 'high', 'critical'] as const;
export type Priority = (typeof priorities)[number];

export const prioritySchema: v.GenericSchema<Priority> = v.picklist(priorities);

/** A host as the hub knows it, beside its metrics. */
export interface HostInfo {
  readonly hostId: string;
  readonly facts: HostFacts;
  /** Agent clock minus hub clock in ms; |offset| > 30 s is flagged. */
  readonly clockOffsetMs: number;
  readonly clockSkewed: boolean;
  readonly intervalMs: number;
  readonly firstSeenMs: number;
}

const hostInfoEntries = {
  hostId: text,
  facts: hostFactsSchema,
  clockOffsetMs: v.number(),
  clockSkewed: v.boolean(),
  intervalMs: v.number(),
  firstSeenMs: v.number(),
};

export const hostInfoSchema: v.GenericSchema<HostInfo> = v.object(hostInfoEntries);

/** A host with its newest state: GET /api/v1/hosts, GET /api/v1/hosts/:hostId */
export interface HostSummary extends HostInfo {
  readonly status: HostStatus;
  readonly priority: Priority;
  readonly lastSampleAtMs: number | null;
  /** Newest value by headline key, base units. */
  readonly metrics: Readonly<Record<string, number>>;
}

export const hostSummarySchema: v.GenericSchema<unknown, HostSummary> = v.pipe(
  v.object({
    ...hostInfoEntries,
    status: v.picklist(hostStatuses),
    priority: v.picklist(priorities),
    lastSampleAtMs: v.nullable(v.number()),
    metrics: v.pipe(
      v.record(v.string(), v.number()),
      v.description('Newest value by headline key, base units'),
    ),
  }),
  v.title('Host'),
);

/** One row of the process table. Not stored: only the newest table is kept. */
export interface ProcessRow {
  readonly pid: number;
  readonly name: string;
  readonly user: string;
  /** Share of one core over the last interval; above 1 for several threads. */
  readonly cpuUtilization: number;
  /** Resident memory, bytes. */
  readonly memoryBytes: number;
}

export const processRowSchema: v.GenericSchema<ProcessRow> = v.object({
  pid: v.pipe(v.number(), v.integer(), v.minValue(0)),
  name: text,
  user: text,
  cpuUtilization: v.pipe(v.number(), v.minValue(0)),
  memoryBytes: v.pipe(v.number(), v.minValue(0)),
});

export const processTableSchema: v.GenericSchema<readonly ProcessRow[]> = v.pipe(
  v.array(processRowSchema),
  v.maxLength(limits.processRows),
);
