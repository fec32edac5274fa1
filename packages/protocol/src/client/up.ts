/**
 * What a client sends, as Socket.IO events; each is answered by its acknowledgement (`down.ts`).
 * The handshake's `auth` carries `ClientHello`; a browser on the hub's own origin sends its cookie instead of a token.
 */
import * as v from 'valibot';
import { limits } from '../limits.ts';
import { prioritySchema, type Priority } from '../model/host.ts';
import { isTopic, type Topic } from '../topics.ts';
import type { Answer, History, Subscribed, Unsubscribed } from './down.ts';

export interface ClientHello {
  readonly version: number;
  readonly token?: string | undefined;
}

export const clientHelloSchema: v.GenericSchema<ClientHello> = v.object({
  version: v.number(),
  token: v.optional(v.pipe(v.string(), v.maxLength(limits.nameLength))),
});

/** How far a client has applied a topic. */
export interface Cursor {
  readonly epoch: number;
  readonly offset: number;
  /** Hub time of the newest applied frame, epoch ms: where a backfill starts if the offset cannot be resumed. */
  readonly timeMs: number;
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));

export interface SubscribeRequest {
  readonly topic: Topic;
  /** Hosts below this priority are left out of `fleet`; alerts below it out of `alerts`. @default 'low' */
  readonly minPriority?: Priority | undefined;
  readonly since?: Cursor | undefined;
}

const topic: v.GenericSchema<string, Topic> = v.pipe(
  v.string(),
  v.maxLength(limits.nameLength),
  v.check(isTopic, 'unknown topic'),
  v.transform((text) => text as Topic),
);

export const subscribeRequestSchema: v.GenericSchema<unknown, SubscribeRequest> = v.object({
  topic,
  minPriority: v.optional(prioritySchema),
  since: v.optional(v.object({ epoch: count, offset: count, timeMs: count })),
});

export interface UnsubscribeRequest {
  readonly topic: Topic;
}

export const unsubscribeRequestSchema: v.GenericSchema<unknown, UnsubscribeRequest> = v.object({
  topic,
});

/** Past samples of some series of one host. */
export interface HistoryRequest {
  readonly hostId: string;
  /** Series keys; all series of the host when left out. */
  readonly keys?: readonly string[] | undefined;
  readonly fromMs: number;
  readonly toMs: number;
  /** Upper bound of points per series; more are reduced to the mean of each step. */
  readonly maxPoints: number;
}

export const historyRequestSchema: v.GenericSchema<unknown, HistoryRequest> = v.pipe(
  v.object({
    hostId: v.pipe(v.string(), v.maxLength(limits.nameLength)),
    keys: v.optional(
      v.pipe(
        v.array(v.pipe(v.string(), v.maxLength(4096))),
        v.minLength(1),
        v.maxLength(limits.historySeries),
      ),
    ),
    fromMs: count,
    toMs: count,
    maxPoints: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limits.historyPoints)),
  }),
  v.forward(
    v.check((request) => request.fromMs <= request.toMs, 'must not be later than toMs'),
    ['fromMs'],
  ),
);

/** Socket.IO events from client to hub. */
export interface ClientToHub {
  subscribe: (request: SubscribeRequest, acknowledge: (answer: Answer<Subscribed>) => void) => void;
  unsubscribe: (
    request: UnsubscribeRequest,
    acknowledge: (answer: Answer<Unsubscribed>) => void,
  ) => void;
  history: (request: HistoryRequest, acknowledge: (answer: Answer<History>) => void) => void;
  /** Round trip and clock: the answer carries the hub's time. */
  clock: (acknowledge: (answer: Answer<{ hubTimeMs: number }>) => void) => void;
}
