/** What the hub sends to clients: acknowledgements, `frame` (binary, see frame/) and `message` (JSON). */
import * as v from 'valibot';
import { errors, type ErrorBody, type ErrorCode } from '../errors.ts';
import { alertSchema, type Alert } from '../model/alert.ts';
import { hubEventSchema, type HubEvent } from '../model/event.ts';
import { systemStatusSchema, type SystemStatus } from '../model/system.ts';
import type { Topic } from '../topics.ts';

export type Answer<T> =
  | ({ readonly ok: true } & T)
  | { readonly ok: false; readonly error: ErrorBody };

/**
 * How a subscription continues:
 * fresh: no cursor was given · recovered: exactly the missed frames follow · backfilled: a keyframe and the
 * missed span from history follow · gap: a keyframe follows and [fromMs, toMs] is missing for good.
 */
export type Recovery =
  | { readonly recovery: 'fresh' }
  | { readonly recovery: 'recovered' }
  | { readonly recovery: 'backfilled'; readonly fromMs: number; readonly toMs: number }
  | { readonly recovery: 'gap'; readonly fromMs: number; readonly toMs: number };

export type Subscribed = {
  readonly topic: Topic;
  /** Number that frames and messages of this subscription carry. */
  readonly channel: number;
  readonly epoch: number;
} & Recovery;

export interface Unsubscribed {
  readonly topic: Topic;
}

export interface History {
  readonly keys: readonly string[];
  readonly timesMs: readonly number[];
  /** One list per key, one value per time; null where there is no sample. */
  readonly columns: readonly (readonly (number | null)[])[];
  /** Width of a step when samples were reduced to means, 0 for the samples themselves. */
  readonly stepMs: number;
}

/** The first event of a connection: what was agreed. */
export interface ClientWelcome {
  readonly version: number;
  /** Those of the client's that the hub makes use of. */
  readonly capabilities: readonly string[];
}

export const clientWelcomeSchema: v.GenericSchema<unknown, ClientWelcome> = v.object({
  version: v.number(),
  capabilities: v.array(v.string()),
});

/** The client is behind: frames are left out until it has caught up, and then it gets the newest state. */
export interface Lagging {
  readonly lagging: boolean;
  /** Frames left out for this client since it connected. */
  readonly framesCoalesced: number;
}

export const laggingSchema: v.GenericSchema<unknown, Lagging> = v.object({
  lagging: v.boolean(),
  framesCoalesced: v.number(),
});

/** Payloads by topic. A snapshot replaces what the client holds; a change adds to it. */
export type MessagePayload =
  | { readonly topic: 'alerts'; readonly kind: 'snapshot'; readonly alerts: readonly Alert[] }
  | { readonly topic: 'alerts'; readonly kind: 'change'; readonly alerts: readonly Alert[] }
  | { readonly topic: 'events'; readonly kind: 'snapshot'; readonly events: readonly HubEvent[] }
  | { readonly topic: 'events'; readonly kind: 'change'; readonly events: readonly HubEvent[] }
  | { readonly topic: 'system'; readonly kind: 'snapshot'; readonly status: SystemStatus };

export const messagePayloadSchema: v.GenericSchema<unknown, MessagePayload> = v.variant('topic', [
  v.object({
    topic: v.literal('alerts'),
    kind: v.picklist(['snapshot', 'change']),
    alerts: v.array(alertSchema),
  }),
  v.object({
    topic: v.literal('events'),
    kind: v.picklist(['snapshot', 'change']),
    events: v.array(hubEventSchema),
  }),
  v.object({ topic: v.literal('system'), kind: v.literal('snapshot'), status: systemStatusSchema }),
]);

export const errorBodySchema: v.GenericSchema<unknown, ErrorBody> = v.object({
  code: v.picklist(Object.keys(errors) as ErrorCode[]),
  message: v.string(),
  action: v.string(),
  field: v.exactOptional(v.string()),
});

/** Socket.IO events from hub to client. */
export interface HubToClient {
  welcome: (welcome: ClientWelcome) => void;
  frame: (bytes: Uint8Array) => void;
  lagging: (lagging: Lagging) => void;
  /** Sent before the hub ends the connection: the reason, so that the client does not guess. */
  closing: (error: ErrorBody) => void;
}
