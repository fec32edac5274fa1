/** REST bodies of `/api/v1/agents*`. */
import * as v from 'valibot';
import { limits } from '../limits.ts';
import { timeSchema } from './time.ts';

/** GET /api/v1/agents */
export interface AgentInfo {
  /** Also the id of the host it runs on. */
  readonly agentId: string;
  readonly hostname: string;
  readonly connected: boolean;
  readonly enrolledAtMs: number;
  readonly lastSeenAtMs: number | null;
  readonly agentVersion: string | null;
  readonly demo: boolean;
  /** Beyond which of its limits it is, now or within the last minutes. */
  readonly excess?: AgentExcess | undefined;
  /** What it said of itself with its newest sample. */
  readonly report?: AgentReport | undefined;
}

/** How an agent is doing; counts are since it started. */
export interface AgentReport {
  /** Longest time that a sample took in the last minute. */
  readonly collectMs: number;
  /** Readings of sources that ended with an error. */
  readonly failures: number;
  /** Devices and units without series of their own, since their source has more than it lists. */
  readonly notListed: number;
  readonly memoryBytes: number;
  /** Waiting for the hub, on the disk of the host. */
  readonly spoolBytes: number;
  /** Waiting for the hub, in its memory. */
  readonly batchesWaiting: number;
  /** Its disk takes nothing: what waits is lost when it ends. */
  readonly memoryOnly: boolean;
  readonly batchesDropped: number;
  /** Above 1, it had to reconnect. */
  readonly connections: number;
}

/** An agent that asks more of the hub than one host may; that costs only itself. */
export interface AgentExcess {
  /** Series that are left out. */
  readonly seriesLeftOut: number;
  /** Its messages are read more slowly than they come. */
  readonly slowedDown: boolean;
  /** It connects again and again. */
  readonly connectionsRefused: boolean;
}

export const agentInfoSchema: v.GenericSchema<unknown, AgentInfo> = v.pipe(
  v.object({
    agentId: v.string(),
    hostname: v.string(),
    connected: v.boolean(),
    enrolledAtMs: timeSchema,
    lastSeenAtMs: v.nullable(timeSchema),
    agentVersion: v.nullable(v.string()),
    demo: v.boolean(),
    excess: v.optional(
      v.object({
        seriesLeftOut: v.number(),
        slowedDown: v.boolean(),
        connectionsRefused: v.boolean(),
      }),
    ),
    report: v.optional(
      v.object({
        collectMs: v.number(),
        failures: v.number(),
        notListed: v.number(),
        memoryBytes: v.number(),
        spoolBytes: v.number(),
        batchesWaiting: v.number(),
        memoryOnly: v.boolean(),
        batchesDropped: v.number(),
        connections: v.number(),
      }),
    ),
  }),
  v.title('Agent'),
);

/** Answer to POST /api/v1/agents/codes (administrators). */
export interface EnrolmentCode {
  /** As typed by people: four groups of four letters and digits. */
  readonly code: string;
  readonly expiresAtMs: number;
}

export const enrolmentCodeSchema: v.GenericSchema<unknown, EnrolmentCode> = v.pipe(
  v.object({
    code: v.string(),
    expiresAtMs: timeSchema,
  }),
  v.title('EnrolmentCode'),
);

/** POST /api/v1/agents/enroll, without sign-in. */
export interface EnrolRequest {
  readonly code: string;
  readonly hostname: string;
}
export const enrolRequestSchema: v.GenericSchema<EnrolRequest> = v.pipe(
  v.object({
    code: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
    hostname: v.pipe(v.string(), v.minLength(1), v.maxLength(limits.nameLength)),
  }),
  v.title('EnrolRequest'),
);

export interface Enrolled {
  readonly agentId: string;
  /** The agent's own key; the hub keeps only its hash. */
  readonly key: string;
}

export const enrolledSchema: v.GenericSchema<unknown, Enrolled> = v.pipe(
  v.object({
    agentId: v.string(),
    key: v.string(),
  }),
  v.title('Enrolled'),
);
