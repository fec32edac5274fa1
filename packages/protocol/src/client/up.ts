/**
 * What a client sends, as Socket.IO events; each is answered by its acknowledgement (`down.ts`).
 * The handshake's `auth` carries `ClientHello`; a browser on the hub's own origin sends its cookie instead of a token.
 */
import { DAY_MS } from '../durations.ts';
import * as v from 'valibot';
import { limits } from '../limits.ts';
import { prioritySchema, type Priority } from '../model/host.ts';
import type { Outlook, OutlookRequest } from '../model/outlook.ts';
import { topicOf, type Topic } from '../topics.ts';
import type { Answer, History, Subscribed, Unsubscribed } from './down.ts';

export interface ClientHello {
  /** The newest version the client speaks. */
  readonly version: number;
  /** The oldest it speaks. @default version */
  readonly oldest?: number | undefined;
  readonly token?: string | undefined;
  /** What it can do beyond its version (`capabilities`); unknown ones are ignored. */
  readonly capabilities?: readonly string[] | undefined;
}

const CAPABILITIES = 16;

export const clientHelloSchema: v.GenericSchema<ClientHello> = v.object({
  version: v.number(),
  oldest: v.optional(v.number()),
  token: v.optional(v.pipe(v.string(), v.maxLength(limits.nameLength))),
  capabilities: v.optional(
    v.pipe(v.array(v.pipe(v.string(), v.maxLength(32))), v.maxLength(CAPABILITIES)),
  ),
});

/** How far a client has applied a topic. */
export interface Cursor {
  readonly epoch: number;
  readonly offset: number;
  /** Hub time of the newest applied frame, epoch ms: where a backfill starts if the offset cannot be resumed. */
  readonly timeMs: number;
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));

/** What of a topic of frames is on screen; the hub sends no more. Absent means everything, at full rate. */
export interface View {
  /** Hosts of `fleet` that are shown; at most 1,000. Changed without a new subscription by `view`. */
  readonly hosts?: readonly string[] | undefined;
  /** Metric names, or series keys, that are shown; at most 1,000. */
  readonly metrics?: readonly string[] | undefined;
  /** Least time between two frames: 30,000 suits a hidden page. @default 1000 */
  readonly maxRateMs?: number | undefined;
  /** The widest chart that draws them: more than one sample per pixel is not sent. */
  readonly chart?: { readonly spanMs: number; readonly widthPx: number } | undefined;
}

export interface SubscribeRequest extends View {
  readonly topic: Topic;
  /** Hosts below this priority are left out of `fleet`; alerts below it out of `alerts`. @default 'low' */
  readonly minPriority?: Priority | undefined;
  readonly since?: Cursor | undefined;
}

const topic: v.GenericSchema<string, Topic> = v.pipe(
  v.string(),
  v.maxLength(limits.nameLength),
  v.check((name) => topicOf(name) !== undefined, 'unknown topic'),
  v.transform((name) => topicOf(name) as Topic),
);

const shownHosts = v.pipe(
  v.array(v.pipe(v.string(), v.maxLength(limits.nameLength))),
  v.maxLength(limits.selection),
);
/** A day: longer than any screen waits. */
const LONGEST_RATE_MS = DAY_MS;

export const subscribeRequestSchema: v.GenericSchema<unknown, SubscribeRequest> = v.object({
  topic,
  minPriority: v.optional(prioritySchema),
  since: v.optional(v.object({ epoch: count, offset: count, timeMs: count })),
  hosts: v.optional(shownHosts),
  metrics: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(), v.maxLength(4096))),
      v.minLength(1),
      v.maxLength(limits.selection),
    ),
  ),
  maxRateMs: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(LONGEST_RATE_MS))),
  chart: v.optional(
    v.object({
      spanMs: v.pipe(v.number(), v.minValue(1), v.maxValue(10 * 366 * LONGEST_RATE_MS)),
      widthPx: v.pipe(v.number(), v.minValue(1), v.maxValue(100_000)),
    }),
  ),
});

/** Other hosts of `fleet` are on screen now. */
export interface ViewRequest {
  readonly topic: Topic;
  /** All hosts when left out. */
  readonly hosts?: readonly string[] | undefined;
}

export const viewRequestSchema: v.GenericSchema<unknown, ViewRequest> = v.object({
  topic,
  hosts: v.optional(shownHosts),
});

/** How many frames of this connection the client has read: not less than before, not more than were sent. */
export const progressSchema: v.GenericSchema<unknown, number> = count;

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
  view: (request: ViewRequest, acknowledge: (answer: Answer<Unsubscribed>) => void) => void;
  history: (request: HistoryRequest, acknowledge: (answer: Answer<History>) => void) => void;
  outlook: (request: OutlookRequest, acknowledge: (answer: Answer<Outlook>) => void) => void;
  /** The number of frames read on this connection: `limits.acknowledgeMs` and `acknowledgeBytes` say when. */
  progress: (frames: number) => void;
  /** Round trip and clock: the answer carries the hub's time. May carry `progress` along. */
  clock: (
    frames: number | undefined,
    acknowledge: (answer: Answer<{ hubTimeMs: number }>) => void,
  ) => void;
}
