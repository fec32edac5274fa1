import {
  ProtocolError,
  decodeFrame,
  decodeFrameHeader,
  frameKinds,
  messageSchema,
  type Answer,
  type ErrorCode,
  type Backfill,
  type Delta,
  type Keyframe,
  type Message,
  type MessagePayload,
  type Priority,
  type Subscribed,
  type SubscribeRequest,
  type Topic,
} from '@openmanager/protocol';
import { safeParse, type GenericSchema } from 'valibot';
import type { Environment } from '../connection/environment.ts';
import type { LinkEvent } from '../connection/link.ts';
import type { HostRow, HostTable } from '../state/host-table.ts';
import type { Gap, SubscriptionInfo } from '../types.ts';
import { subscribedSchema, unsubscribedSchema } from './answers.ts';
import { judge } from './offset-rule.ts';
import { Subscription } from './subscription.ts';

/** A topic is left this long after its last holder let go, so that a remount or a change of page keeps it. */
export const LINGER_MS = 1_000;
/** Least time between two requests for one topic, so that a hub that sends nonsense is not flooded. */
export const RESUBSCRIBE_SPACING_MS = 1_000;
export const RETRY_MS = 5_000;
/** Topics without holders of which state and cursor are kept, to resume when somebody comes back. */
export const RETIRED_KEPT = 64;

/** Errors of a subscription that pass by themselves. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'not-found',
  'too-many-requests',
  'too-many-subscriptions',
  'store-unavailable',
  'shutting-down',
  'internal',
]);

/** Where what arrives goes. */
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

/** The topics held: asked for when connected, resumed after a loss, applied in order without holes. */
export class Subscriptions {
  private readonly environment: Environment;
  private readonly request: Request;
  private readonly sink: SubscriptionSink;
  private readonly byTopic = new Map<Topic, Subscription>();
  private readonly byChannel = new Map<number, Subscription>();
  private connected = false;
  private described: readonly SubscriptionInfo[] = [];

  constructor(environment: Environment, request: Request, sink: SubscriptionSink) {
    this.environment = environment;
    this.request = request;
    this.sink = sink;
  }

  /** Keeps the topic until the returned function is called. */
  hold(topic: Topic, minPriority: Priority): () => void {
    let subscription = this.byTopic.get(topic);
    if (!subscription) this.byTopic.set(topic, (subscription = new Subscription(topic)));
    const before = subscription.holders.size > 0 ? subscription.minPriority : undefined;
    const holder = { minPriority };
    subscription.holders.add(holder);
    if (subscription.state === 'unsubscribed') this.start(subscription);
    else if (before === undefined) {
      // It still lingers; only a priority that differs needs a word with the hub.
      subscription.cancelTimer?.();
      subscription.cancelTimer = undefined;
      if (subscription.askedPriority !== subscription.minPriority) this.start(subscription);
    } else if (before !== subscription.minPriority) this.start(subscription);
    this.describe();
    return () => {
      if (subscription.holders.delete(holder)) this.released(subscription);
    };
  }

  /** The table of a frame topic, if it is held or lingers. */
  table(topic: Topic): HostTable | undefined {
    const subscription = this.byTopic.get(topic);
    return subscription?.state === 'unsubscribed' ? undefined : subscription?.table;
  }

  get infos(): readonly SubscriptionInfo[] {
    return this.described;
  }

  /** The connection stands: everything held is asked for anew, from where it was. */
  opened(): void {
    this.connected = true;
    for (const subscription of this.byTopic.values())
      if (subscription.holders.size > 0) this.ask(subscription);
    this.describe();
  }

  closed(): void {
    this.connected = false;
    this.byChannel.clear();
    for (const subscription of Array.from(this.byTopic.values())) {
      subscription.round++;
      subscription.channel = undefined;
      if (subscription.holders.size > 0) this.start(subscription);
      else if (subscription.state !== 'unsubscribed') this.retire(subscription);
    }
    this.describe();
  }

  /** Asks the hub for the topic's state now, where it is held. */
  refresh(topic: Topic): boolean {
    const subscription = this.byTopic.get(topic);
    if (!this.connected || !subscription || subscription.holders.size === 0) return false;
    this.ask(subscription);
    return true;
  }

  frame(bytes: Uint8Array): void {
    let subscription: Subscription | undefined;
    try {
      const header = decodeFrameHeader(bytes);
      subscription = this.byChannel.get(header.channel);
      const table = subscription?.table;
      if (!subscription || !table || subscription.state !== 'subscribed') return;
      const isState = header.kind === frameKinds.keyframe;
      const isAside = header.kind === frameKinds.backfill && header.offset === 0;
      const verdict = isAside
        ? 'apply'
        : judge(subscription.cursor, subscription.awaitsState, { ...header, isState });
      if (verdict === 'hole') this.mend(subscription);
      // Old samples are worth keeping wherever they stand in the sequence.
      if (verdict !== 'apply' && header.kind !== frameKinds.backfill) return;
      const frame = decodeFrame(bytes, table.keyCounts);
      if (verdict === 'apply' && !isAside)
        this.advance(subscription, { ...header, timeMs: header.hubTimeMs }, isState);
      if (frame.kind === 'backfill') this.sink.backfill(subscription.topic, frame);
      else {
        const rows = frame.kind === 'keyframe' ? table.keyframe(frame) : table.delta(frame);
        this.sink.hosts(subscription.topic, table, rows, frame);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.sink.malformed();
      this.environment.log('a frame could not be decoded', error);
      if (subscription) this.mend(subscription);
    }
  }

  message(raw: unknown): void {
    const parsed = safeParse(messageSchema, raw);
    if (!parsed.success) {
      this.sink.malformed();
      this.environment.log('a message could not be read', parsed.issues);
      const channel =
        typeof raw === 'object' && raw !== null && 'channel' in raw ? raw.channel : undefined;
      const subscription = typeof channel === 'number' ? this.byChannel.get(channel) : undefined;
      if (subscription) this.mend(subscription);
      return;
    }
    const message: Message = parsed.output;
    const subscription = this.byChannel.get(message.channel);
    if (subscription?.state !== 'subscribed' || subscription.topic !== message.payload.topic)
      return;
    const isState = message.payload.kind === 'snapshot';
    const verdict = judge(subscription.cursor, subscription.awaitsState, { ...message, isState });
    if (verdict === 'hole') this.mend(subscription);
    if (verdict !== 'apply') return;
    this.advance(subscription, message, isState);
    this.sink.message(message.payload);
  }

  private advance(
    subscription: Subscription,
    at: { readonly epoch: number; readonly offset: number; readonly timeMs: number },
    isState: boolean,
  ): void {
    const { cursor, topic, awaitsState } = subscription;
    // State that skips changes was sent in place of them, because this client was slow to read.
    if (
      isState &&
      !awaitsState &&
      cursor?.epoch === at.epoch &&
      at.offset > cursor.offset + 1 &&
      topic !== 'system'
    )
      this.sink.gap({ topic, fromMs: cursor.timeMs, toMs: at.timeMs });
    if (isState) subscription.awaitsState = false;
    subscription.cursor = { epoch: at.epoch, offset: at.offset, timeMs: at.timeMs };
    subscription.cursorPriority = subscription.askedPriority;
  }

  private start(subscription: Subscription): void {
    subscription.cancelTimer?.();
    subscription.cancelTimer = undefined;
    subscription.state = 'subscribing';
    subscription.error = undefined;
    if (this.connected) this.ask(subscription);
  }

  /** Something is missing or broken: asks again from what was applied, not more often than the spacing. */
  private mend(subscription: Subscription): void {
    if (subscription.state !== 'subscribed') return;
    subscription.state = 'subscribing';
    this.describe();
    const waitMs = subscription.requestedMs + RESUBSCRIBE_SPACING_MS - this.environment.monotonic();
    if (waitMs <= 0) this.ask(subscription);
    else this.askLater(subscription, waitMs);
  }

  private askLater(subscription: Subscription, delayMs: number): void {
    subscription.cancelTimer?.();
    subscription.cancelTimer = this.environment.after(delayMs, () => {
      subscription.cancelTimer = undefined;
      if (this.connected && subscription.holders.size > 0) this.ask(subscription);
    });
  }

  private ask(subscription: Subscription): void {
    const { topic, minPriority } = subscription;
    const since = subscription.since();
    subscription.state = 'subscribing';
    subscription.askedPriority = minPriority;
    subscription.requestedMs = this.environment.monotonic();
    const round = ++subscription.round;
    const request: SubscribeRequest = {
      topic,
      minPriority,
      ...(since === undefined ? {} : { since }),
    };
    this.request('subscribe', request, subscribedSchema, (answer) => {
      if (round !== subscription.round) return;
      if (answer.ok) this.accepted(subscription, answer);
      else {
        this.environment.log(`subscription to ${topic} refused`, answer.error);
        subscription.error = answer.error;
        if (passing.has(answer.error.code)) this.askLater(subscription, RETRY_MS);
        else subscription.state = 'unsubscribed';
      }
      this.describe();
    });
  }

  private accepted(subscription: Subscription, answer: Subscribed): void {
    if (subscription.channel !== undefined) this.byChannel.delete(subscription.channel);
    subscription.channel = answer.channel;
    this.byChannel.set(answer.channel, subscription);
    subscription.state = 'subscribed';
    subscription.error = undefined;
    subscription.awaitsState = answer.recovery !== 'recovered';
    this.environment.log(`subscribed to ${subscription.topic}: ${answer.recovery}`);
    if (answer.recovery === 'gap')
      this.sink.gap({ topic: subscription.topic, fromMs: answer.fromMs, toMs: answer.toMs });
    else if (answer.recovery !== 'fresh') this.sink.resumed(answer.recovery);
  }

  private released(subscription: Subscription): void {
    if (subscription.holders.size > 0) {
      // The lowest priority may have gone with its holder.
      if (
        this.connected &&
        subscription.state !== 'unsubscribed' &&
        subscription.askedPriority !== subscription.minPriority
      )
        this.start(subscription);
      this.describe();
      return;
    }
    if (!this.connected || subscription.state === 'unsubscribed') this.retire(subscription);
    else {
      subscription.cancelTimer?.();
      subscription.cancelTimer = this.environment.after(LINGER_MS, () => this.leave(subscription));
    }
    this.describe();
  }

  private leave(subscription: Subscription): void {
    if (subscription.holders.size > 0) return;
    if (this.connected)
      this.request(
        'unsubscribe',
        { topic: subscription.topic },
        unsubscribedSchema,
        () => undefined,
      );
    this.retire(subscription);
    this.describe();
  }

  /** Keeps the cursor and the state, so that coming back resumes; the longest unused go. */
  private retire(subscription: Subscription): void {
    subscription.cancelTimer?.();
    subscription.cancelTimer = undefined;
    subscription.round++;
    subscription.state = 'unsubscribed';
    subscription.error = undefined;
    if (subscription.channel !== undefined) this.byChannel.delete(subscription.channel);
    subscription.channel = undefined;
    this.byTopic.delete(subscription.topic);
    this.byTopic.set(subscription.topic, subscription);
    let retired = 0;
    for (const { holders } of this.byTopic.values()) if (holders.size === 0) retired++;
    for (const [topic, { holders }] of this.byTopic) {
      if (retired <= RETIRED_KEPT) break;
      if (holders.size > 0) continue;
      this.byTopic.delete(topic);
      retired--;
    }
  }

  private describe(): void {
    const next: SubscriptionInfo[] = [];
    for (const subscription of this.byTopic.values())
      if (subscription.holders.size > 0) next.push(subscription.info);
    if (
      next.length === this.described.length &&
      next.every((info, index) => info === this.described[index])
    )
      return;
    this.described = next;
    this.sink.infosChanged();
  }
}
