/** Text messages from the hub to an agent. */
import * as v from 'valibot';
import { errors, type ErrorCode } from '../errors.ts';
import { receivedEntries, receivedSchema, type Received } from './received.ts';

/** Answer to `hello`. Nothing is sent before it. */
export interface Welcome {
  readonly type: 'welcome';
  readonly version: number;
  readonly hostId: string;
  readonly hubTimeMs: number;
  /** What is stored; an agent drops it from its spool. */
  readonly acknowledged: Received;
}

/** All batches up to and including `(bootEpoch, seq)`, and those of the ranges after it, are on disk. */
export interface Ack extends Received {
  readonly type: 'ack';
}

/**
 * A batch that can never be stored. The agent drops it, counts it and goes on with the next; one that was packed of
 * several it sends again one by one.
 */
export interface Reject {
  readonly type: 'reject';
  readonly bootEpoch: number;
  readonly seq: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/**
 * How often to sample, and whether per core. Holds until the next cadence or the end of the connection,
 * after which the agent returns to its own interval.
 */
export interface Cadence {
  readonly type: 'cadence';
  readonly intervalMs: number;
  readonly perCore: boolean;
}

/**
 * The hub cannot store at the moment. It takes what comes for the live view and for alerts and acknowledges nothing: an
 * agent goes on sending what it samples, however much is unacknowledged, and keeps all of it. Holds until the next `ack`
 * or the end of the connection.
 */
export interface Unstored {
  readonly type: 'unstored';
}

/** Sent before the hub closes the connection for a reason the person at the agent can act on. */
export interface AgentError {
  readonly type: 'error';
  readonly code: ErrorCode;
  readonly message: string;
  readonly action: string;
}

export type AgentDown = Welcome | Ack | Reject | Cadence | Unstored | AgentError;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const code: v.GenericSchema<ErrorCode> = v.picklist(Object.keys(errors) as ErrorCode[]);

export const agentDownSchema: v.GenericSchema<AgentDown> = v.variant('type', [
  v.object({
    type: v.literal('welcome'),
    version: v.number(),
    hostId: v.string(),
    hubTimeMs: v.number(),
    acknowledged: receivedSchema,
  }),
  v.object({ type: v.literal('ack'), ...receivedEntries }),
  v.object({
    type: v.literal('reject'),
    bootEpoch: count,
    seq: count,
    code,
    message: v.string(),
  }),
  v.object({
    type: v.literal('cadence'),
    intervalMs: v.pipe(v.number(), v.integer(), v.minValue(250)),
    perCore: v.boolean(),
  }),
  v.object({ type: v.literal('unstored') }),
  v.object({ type: v.literal('error'), code, message: v.string(), action: v.string() }),
]);
