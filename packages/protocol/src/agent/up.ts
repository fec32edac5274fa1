/** Text messages from an agent to the hub. Batches travel beside them as binary (`batch.ts`). */
import { HOUR_MS } from '../durations.ts';
import * as v from 'valibot';
import { limits } from '../limits.ts';
import {
  hostFactsSchema,
  processTableSchema,
  type HostFacts,
  type ProcessRow,
} from '../model/host.ts';
import {
  batchMarkSchema,
  markEntries,
  receivedSchema,
  type BatchMark,
  type Received,
} from './received.ts';

/** 128 bits of a keyed hash. */
const fingerprint = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));

const timeMs = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8.64e15));

/** First message on every connection. */
export interface Hello {
  readonly type: 'hello';
  readonly version: number;
  /** Grows with every start of the agent process; with `seq` it orders all batches of this agent. */
  readonly bootEpoch: number;
  readonly facts: HostFacts;
  readonly intervalMs: number;
  /** The agent's clock, epoch ms. */
  readonly nowMs: number;
  /** Batches the spool had to drop since this boot epoch began. */
  readonly spoolDropped: number;
  /** The agent holds nothing up to this: what of it the hub has not, it will never get. */
  readonly floor: BatchMark;
  /** What the hub has acknowledged to this agent, as far as it remembers. A hub that has less has lost something. */
  readonly acknowledged: Received;
  /** Which machine this is, without telling its machine id; left out where there is none, as in most containers. */
  readonly machine?: string | undefined;
  /** This start of the machine's kernel; left out where it is not known. */
  readonly boot?: string | undefined;
}

const hello = v.object({
  type: v.literal('hello'),
  version: v.number(),
  bootEpoch: timeMs,
  facts: hostFactsSchema,
  intervalMs: v.pipe(v.number(), v.integer(), v.minValue(500), v.maxValue(HOUR_MS)),
  nowMs: timeMs,
  spoolDropped: v.pipe(v.number(), v.integer(), v.minValue(0)),
  floor: batchMarkSchema,
  acknowledged: receivedSchema,
  machine: v.optional(fingerprint),
  boot: v.optional(fingerprint),
});

/** Declares a series set before the first batch on this connection that uses it. */
export interface SeriesSetMessage {
  readonly type: 'series-set';
  readonly id: string;
  readonly keys: readonly string[];
}

export const seriesSetIdSchema: v.GenericSchema<string> = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{16}$/),
);

const seriesSetMessage = v.object({
  type: v.literal('series-set'),
  id: seriesSetIdSchema,
  // What is no series is refused by name, and the others are taken.
  keys: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(limits.seriesPerSet)),
});

/** The newest process table; not stored and not acknowledged. */
export interface ProcessesMessage {
  readonly type: 'processes';
  readonly timeMs: number;
  readonly rows: readonly ProcessRow[];
}

const processesMessage = v.object({
  type: v.literal('processes'),
  timeMs,
  rows: processTableSchema,
});

/** The agent holds nothing up to this any more: what of it has not arrived is lost. */
export interface FloorMessage extends BatchMark {
  readonly type: 'floor';
}

const floorMessage = v.object({ type: v.literal('floor'), ...markEntries });

export type AgentUp = Hello | SeriesSetMessage | ProcessesMessage | FloorMessage;

export const agentUpSchema: v.GenericSchema<AgentUp> = v.variant('type', [
  hello,
  seriesSetMessage,
  processesMessage,
  floorMessage,
]);
