import {
  ProtocolError,
  bodyOfPart,
  decodePart,
  messagePayloadSchema,
  splitFrame,
  type Answer,
  type Cursor,
  type ErrorBody,
  type ErrorCode,
  type Backfill,
  type Delta,
  type Keyframe,
  type MessagePayload,
  type Part,
  type Subscribed,
  type SubscribeRequest,
  type Topic,
} from '@openmanager/protocol';
import { safeParse, type GenericSchema } from 'valibot';
import type { Cancel, Environment } from '../connection/environment.ts';
import type { LinkEvent } from '../connection/link.ts';
import type { HostRow, HostTable } from '../state/host-table.ts';
import type { Gap, SubscriptionInfo } from '../types.ts';
import { subscribedSchema, unsubscribedSchema } from './answers.ts';
import { inflate } from './inflate.ts';
import { judge, leavesOut } from './offset-rule.ts';
import { Subscription } from './subscription.ts';
import { intervalOf, type Wanted } from './wanted.ts';

/**
 * A topic is unsubscribed this long after its last holder released it, so that a remount or a change of page keeps it.
 */
export const LINGER_MS = 1_000;
/** Minimum time between two requests for one topic, so that a hub that sends malformed frames is not flooded. */
export const RESUBSCRIBE_SPACING_MS = 1_000;
export const RETRY_MS = 5_000;
/** A page counts as hidden after this. */
export const HIDING_MS = 5_000;
/** Topics without holders whose state and cursor are kept, so that a later subscription resumes. */
export const RETIRED_KEPT = 64;

/** Transient errors of a subscription: it is retried. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'not-found',
  'too-many-requests',
  'too-many-subscriptions',
  'store-unavailable',
  'shutting-down',
  'internal',
]);

type FramePart = Part & { readonly kind: 'keyframe' | 'delta' | 'backfill' };

/** Receives what subscriptions apply. */
export interface SubscriptionSink {
  /** State of hosts after a keyframe or delta; `rows` are those with a new sample. */
  hosts(topic: Topic, table: HostTable, rows: readonly HostRow[], frame: Keyframe | Delta): void;
  backfill(topic: Topic, frame: Backfill): void;
  message(payload: MessagePayload): void;
  gap(gap: Gap): void;
  resumed(recovery: 'recovered' | 'backfilled'): void;
  malformed(): void;
  infosChanged(): void;
}

export type Request = <T>(
  event: LinkEvent,
  payload: unknown,
  schema: GenericSchema<unknown, T>,
  done: (answer: Answer<T>) => void,
) => void;

/** Held topics: subscribed when connected, resumed after a disconnection, applied in order without holes. */
export class Subscriptions {
  readonly #environment: Environment;
  readonly #request: Request;
  readonly #sink: SubscriptionSink;
  readonly #byTopic = new Map<Topic, Subscription>();
  readonly #byChannel = new Map<number, Subscription>();
  #connected = false;
  #isHidden = false;
  #cancelHiding: Cancel | undefined;
  #described: readonly SubscriptionInfo[] = [];

  constructor(environment: Environment, request: Request, sink: SubscriptionSink) {
    this.#environment = environment;
    this.#request = request;
    this.#sink = sink;
  }

  /** Keeps the topic until the returned function is called. */
  hold(topic: Topic, wanted: Wanted): () => void {
    let subscription = this.#byTopic.get(topic);
    if (!subscription) this.#byTopic.set(topic, (subscription = new Subscription(topic)));
    const holder = { ...wanted };
    subscription.holders.add(holder);
    if (subscription.state === 'unsubscribed') this.#start(subscription);
    else {
      if (subscription.holders.size === 1) {
        // The topic was lingering: keep it.
        subscription.cancelTimer?.();
        subscription.cancelTimer = undefined;
      }
      this.#adjust(subscription);
    }
    this.#describe();
    return () => {
      if (subscription.holders.delete(holder)) this.#released(subscription);
    };
  }

  /** Called when the page is hidden or visible again; debounced. */
  hidden(isHidden: boolean): void {
    this.#cancelHiding?.();
    this.#cancelHiding = undefined;
    const change = (): void => {
      this.#cancelHiding = undefined;
      if (this.#isHidden === isHidden) return;
      this.#isHidden = isHidden;
      for (const subscription of this.#byTopic.values())
        if (subscription.holders.size > 0) this.#adjust(subscription);
      this.#describe();
    };
    if (isHidden) this.#cancelHiding = this.#environment.after(HIDING_MS, change);
    else change();
  }

  /** The table of a frame topic, if it is held or lingers. */
  table(topic: Topic): HostTable | undefined {
    const subscription = this.#byTopic.get(topic);
    return subscription?.state === 'unsubscribed' ? undefined : subscription?.table;
  }

  get infos(): readonly SubscriptionInfo[] {
    return this.#described;
  }

  /** The connection stands: everything held is requested again, from where it was. */
  opened(): void {
    this.#connected = true;
    for (const subscription of this.#byTopic.values())
      if (subscription.holders.size > 0) this.#ask(subscription);
    this.#describe();
  }

  closed(): void {
    this.#connected = false;
    this.#byChannel.clear();
    for (const subscription of Array.from(this.#byTopic.values())) {
      subscription.round++;
      subscription.channel = undefined;
      if (subscription.holders.size > 0) this.#start(subscription);
      else if (subscription.state !== 'unsubscribed') this.#retire(subscription);
    }
    this.#describe();
  }

  /** Asks the hub for the topic's state now, where it is held. */
  refresh(topic: Topic): boolean {
    const subscription = this.#byTopic.get(topic);
    if (!this.#connected || !subscription || subscription.holders.size === 0) return false;
    this.#ask(subscription);
    return true;
  }

  frame(bytes: Uint8Array): void {
    let parts: readonly Part[];
    try {
      parts = splitFrame(bytes);
    } catch (error) {
      this.#malformed(error, undefined);
      // It is unknown which topics it contained: resynchronise all.
      for (const subscription of this.#byTopic.values()) this.#resync(subscription);
      return;
    }
    for (const part of parts) this.#part(part);
  }

  #part(part: Part): void {
    const subscription = this.#byChannel.get(part.channel);
    if (subscription?.state !== 'subscribed') return;
    try {
      if (part.kind === 'message') this.#message(subscription, part);
      else this.#hosts(subscription, part as FramePart);
    } catch (error) {
      this.#malformed(error, subscription);
    }
  }

  #hosts(subscription: Subscription, part: FramePart): void {
    const { table, epoch, topic } = subscription;
    if (!table) throw new ProtocolError('malformed-message', `${topic} has no frames`);
    const isAside = part.kind === 'backfill' && part.offset === 0;
    const isState = part.kind === 'keyframe';
    const verdict = isAside
      ? 'apply'
      : judge(subscription.cursor, subscription.awaitsState, { ...part, epoch, isState });
    if (verdict === 'hole') this.#resync(subscription);
    // Backfills are applied wherever they stand in the sequence.
    if (verdict !== 'apply' && part.kind !== 'backfill') return;
    const frame = decodePart(part, epoch, table, inflate);
    if (verdict === 'apply' && !isAside) this.#advance(subscription, part, isState);
    if (frame.kind === 'backfill') this.#sink.backfill(topic, frame);
    else {
      const rows = frame.kind === 'keyframe' ? table.keyframe(frame) : table.delta(frame);
      this.#sink.hosts(topic, table, rows, frame);
    }
  }

  #message(subscription: Subscription, part: Part): void {
    const parsed = safeParse(messagePayloadSchema, jsonOf(bodyOfPart(part, inflate)));
    if (!parsed.success || parsed.output.topic !== subscription.topic)
      throw new ProtocolError('malformed-message', 'the message has an unknown form');
    const payload: MessagePayload = parsed.output;
    const { epoch } = subscription;
    const isState = payload.kind === 'snapshot';
    const verdict = judge(subscription.cursor, subscription.awaitsState, {
      ...part,
      epoch,
      isState,
    });
    if (verdict === 'hole') this.#resync(subscription);
    if (verdict !== 'apply') return;
    this.#advance(subscription, part, isState);
    this.#sink.message(payload);
  }

  #malformed(error: unknown, subscription: Subscription | undefined): void {
    if (!(error instanceof ProtocolError)) throw error;
    this.#sink.malformed();
    this.#environment.log('a frame could not be decoded', error);
    if (subscription) this.#resync(subscription);
  }

  #advance(subscription: Subscription, part: Part, isState: boolean): void {
    const { cursor, topic, awaitsState, epoch } = subscription;
    // State that skips changes was sent in place of them, because this client was slow to read.
    if (
      isState &&
      !awaitsState &&
      cursor?.epoch === epoch &&
      leavesOut(cursor, { ...part, epoch }) &&
      topic !== 'system'
    )
      this.#sink.gap({ topic, fromMs: cursor.timeMs, toMs: part.hubTimeMs });
    if (isState) subscription.awaitsState = false;
    subscription.cursor = { epoch, offset: part.offset, timeMs: part.hubTimeMs };
    subscription.cursorWanted = subscription.asked;
  }

  #start(subscription: Subscription): void {
    subscription.cancelTimer?.();
    subscription.cancelTimer = undefined;
    subscription.state = 'subscribing';
    subscription.error = undefined;
    if (this.#connected) this.#ask(subscription);
  }

  /** Resynchronises: resubscribes from the applied cursor, not more often than the spacing. */
  #resync(subscription: Subscription): void {
    if (subscription.state !== 'subscribed') return;
    subscription.state = 'subscribing';
    this.#describe();
    const waitMs =
      subscription.requestedMs + RESUBSCRIBE_SPACING_MS - this.#environment.monotonic();
    if (waitMs <= 0) this.#ask(subscription);
    else this.#askLater(subscription, waitMs);
  }

  #askLater(subscription: Subscription, delayMs: number): void {
    subscription.cancelTimer?.();
    subscription.cancelTimer = this.#environment.after(delayMs, () => {
      subscription.cancelTimer = undefined;
      if (this.#connected && subscription.holders.size > 0) this.#ask(subscription);
    });
  }

  /** Schedules one reconciliation of the wanted view with the requested one, for all changes of one render. */
  #adjust(subscription: Subscription): void {
    if (subscription.adjusting) return;
    subscription.adjusting = true;
    this.#environment.soon(() => {
      subscription.adjusting = false;
      if (subscription.holders.size > 0) this.#reconcile(subscription);
      this.#describe();
    });
  }

  #reconcile(subscription: Subscription): void {
    if (subscription.state === 'unsubscribed' || !this.#connected) return;
    const wanted = subscription.wanted(this.#isHidden);
    const distance = subscription.distance(wanted);
    if (distance === 'none') return;
    if (distance === 'hosts' && subscription.state === 'subscribed')
      this.#show(subscription, wanted);
    else this.#start(subscription);
  }

  #ask(subscription: Subscription): void {
    const { topic } = subscription;
    const wanted = subscription.wanted(this.#isHidden);
    const since = this.#sinceOf(subscription, wanted);
    subscription.state = 'subscribing';
    subscription.asked = wanted;
    subscription.requestedMs = this.#environment.monotonic();
    const round = ++subscription.round;
    const request: SubscribeRequest = {
      topic,
      ...wanted,
      ...(since === undefined ? {} : { since }),
    };
    this.#request('subscribe', request, subscribedSchema, (answer) => {
      if (round !== subscription.round) return;
      if (answer.ok) this.#accepted(subscription, answer);
      else this.#refused(subscription, answer.error);
      this.#describe();
    });
  }

  /** Where to go on. Going slower leaves nothing out that is wanted: the newest state is enough. */
  #sinceOf(subscription: Subscription, wanted: Wanted): Cursor | undefined {
    const { asked, cursor, awaitsState } = subscription;
    const slower =
      asked !== undefined &&
      subscription.channel !== undefined &&
      !awaitsState &&
      intervalOf(wanted) > intervalOf(asked);
    if (!slower) return subscription.since(wanted);
    subscription.thinSinceMs ??= cursor?.timeMs;
    return undefined;
  }

  /** Other hosts of the same frames: what is under way for the former ones is applied until their state comes. */
  #show(subscription: Subscription, wanted: Wanted): void {
    const { topic } = subscription;
    const { hosts } = wanted;
    subscription.asked = wanted;
    const round = ++subscription.round;
    const request = { topic, ...(hosts === undefined ? {} : { hosts }) };
    this.#request('view', request, unsubscribedSchema, (answer) => {
      if (round !== subscription.round || answer.ok) return;
      this.#refused(subscription, answer.error);
      this.#describe();
    });
  }

  #refused(subscription: Subscription, error: ErrorBody): void {
    this.#environment.log(`subscription to ${subscription.topic} refused`, error);
    subscription.error = error;
    if (passing.has(error.code)) this.#askLater(subscription, RETRY_MS);
    else subscription.state = 'unsubscribed';
  }

  #accepted(subscription: Subscription, answer: Subscribed): void {
    const { topic, cursor } = subscription;
    if (subscription.channel !== undefined) this.#byChannel.delete(subscription.channel);
    subscription.channel = answer.channel;
    subscription.epoch = answer.epoch;
    this.#byChannel.set(answer.channel, subscription);
    subscription.state = 'subscribed';
    subscription.error = undefined;
    subscription.awaitsState = answer.recovery !== 'recovered';
    this.#environment.log(`subscribed to ${topic}: ${answer.recovery}`);
    if (answer.recovery === 'gap') {
      // Samples received at the slow rate while the page was hidden are valid: the gap starts after them.
      const fromMs =
        subscription.thinSinceMs === undefined || cursor === undefined
          ? answer.fromMs
          : Math.max(answer.fromMs, cursor.timeMs);
      this.#sink.gap({ topic, fromMs, toMs: answer.toMs });
    } else if (answer.recovery !== 'fresh') this.#sink.resumed(answer.recovery);
    if (!this.#isHidden) subscription.thinSinceMs = undefined;
  }

  #released(subscription: Subscription): void {
    if (subscription.holders.size > 0) {
      // Shrink the view: what only this holder wanted need not be sent any more.
      this.#adjust(subscription);
      this.#describe();
      return;
    }
    if (!this.#connected || subscription.state === 'unsubscribed') this.#retire(subscription);
    else {
      subscription.cancelTimer?.();
      subscription.cancelTimer = this.#environment.after(LINGER_MS, () =>
        this.#leave(subscription),
      );
    }
    this.#describe();
  }

  #leave(subscription: Subscription): void {
    if (subscription.holders.size > 0) return;
    if (this.#connected)
      this.#request(
        'unsubscribe',
        { topic: subscription.topic },
        unsubscribedSchema,
        () => undefined,
      );
    this.#retire(subscription);
    this.#describe();
  }

  /** Keeps cursor and state (LRU), so that a later subscription resumes. */
  #retire(subscription: Subscription): void {
    subscription.cancelTimer?.();
    subscription.cancelTimer = undefined;
    subscription.round++;
    subscription.state = 'unsubscribed';
    subscription.error = undefined;
    if (subscription.channel !== undefined) this.#byChannel.delete(subscription.channel);
    subscription.channel = undefined;
    this.#byTopic.delete(subscription.topic);
    this.#byTopic.set(subscription.topic, subscription);
    let retired = 0;
    for (const { holders } of this.#byTopic.values()) if (holders.size === 0) retired++;
    for (const [topic, { holders }] of this.#byTopic) {
      if (retired <= RETIRED_KEPT) break;
      if (holders.size > 0) continue;
      this.#byTopic.delete(topic);
      retired--;
    }
  }

  #describe(): void {
    const next: SubscriptionInfo[] = [];
    for (const subscription of this.#byTopic.values())
      if (subscription.holders.size > 0) next.push(subscription.info);
    if (
      next.length === this.#described.length &&
      next.every((info, index) => info === this.#described[index])
    )
      return;
    this.#described = next;
    this.#sink.infosChanged();
  }
}

const decoder = new TextDecoder();

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    throw new ProtocolError('malformed-message', 'the message is not JSON');
  }
}
