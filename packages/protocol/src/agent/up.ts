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
}

const hello = v.object({
  type: v.literal('hello'),
  version: v.number(),
  bootEpoch: timeMs,
  facts: hostFactsSchema,
  intervalMs: v.pipe(v.number(), v.integer(), v.minValue(500), v.maxValue(HOUR_MS)),
  nowMs: timeMs,
  spoolDropped: v.pipe(v.number(), v.integer(), v.minValue(0)),
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
  keys: v.pipe(
    v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(4096))),
    v.minLength(1),
    v.maxLength(limits.seriesPerSet),
  ),
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

export type AgentUp = Hello | SeriesSetMessage | ProcessesMessage;

export const agentUpSchema: v.GenericSchema<AgentUp> = v.variant('type', [
  hello,
  seriesSetMessage,
  processesMessage,
]);
