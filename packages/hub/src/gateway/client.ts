/** One connected client: its subscriptions, its rate limit, and how it is disconnected. */
import { errors, ProtocolError, type SlowClient, type Topic } from '@openmanager/protocol';
import type { Clock, Subject } from '../ports/index.ts';
import type { Channel } from './channel.ts';
import type { SendScheduler } from './send-scheduler.ts';
import type { DeliveryCounters } from './delivery-counters.ts';
import type { HubSocket } from './handshake.ts';
import { TokenBucket } from './limits.ts';
import type { CutCode, GatewayLimits } from './options.ts';
import { Outlet } from './outlet.ts';
import type { Plan } from './recovery.ts';
import type { Subscription } from './subscription.ts';
import type { Timers } from './timers.ts';
import type { EngineConnection } from './socket-writer.ts';

/** A disconnected client's socket is terminated after this if it has not closed by itself. */
const CLOSE_GRACE_MS = 1_000;

export interface ClientOptions {
  readonly socket: HubSocket;
  readonly limits: Required<GatewayLimits>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly counters: DeliveryCounters;
  readonly scheduler: SendScheduler;
}

interface Held {
  readonly subscription: Subscription;
  readonly release: () => void;
}

export class GatewayClient {
  readonly socket: HubSocket;
  readonly subject: Subject;
  readonly outlet: Outlet;
  /** History answers under way. */
  historyPending = 0;
  readonly #options: ClientOptions;
  readonly #connectedAtMs: number;
  readonly #bucket: TokenBucket;
  /** A list, because clients hold a few topics and a Map costs 200 bytes for each of ten thousand clients. */
  #held: Held[] = [];
  /** Requests under way by topic; only while there are some. */
  #lanes: Map<Topic, Promise<unknown>> | undefined;
  #refusals = 0;
  #gone = false;

  constructor(options: ClientOptions) {
    const { socket, limits, clock, counters, scheduler } = options;
    this.#options = options;
    this.socket = socket;
    this.subject = socket.data.subject;
    this.#bucket = new TokenBucket(clock, limits.requestsPerSecond, limits.requestBurst);
    const { canInflate } = socket.data;
    this.#connectedAtMs = clock.now();
    this.outlet = new Outlet({
      connection: socket.conn as unknown as EngineConnection,
      canInflate,
      windowBytes: limits.queueBytes,
      catchUpBytes: limits.catchUpBytes,
      laggingAfterMs: limits.laggingAfterMs,
      evictAfterMs: limits.evictAfterMs,
      scheduler,
      counters,
      now: () => clock.now(),
      tell: (lagging) => socket.emit('lagging', lagging),
      onEvict: () => {
        counters.clientsEvicted++;
        this.cut('slow-consumer');
      },
    });
  }

  /** True when the client is disconnected or about to be. */
  get closed(): boolean {
    return this.#gone;
  }

  /** Counts a request; throws `too-many-requests`, and disconnects a client that keeps sending. */
  admit(): void {
    if (this.#bucket.take()) {
      this.#refusals = 0;
      return;
    }
    if (++this.#refusals >= this.#options.limits.refusalsBeforeCut) this.cut('too-many-requests');
    throw new ProtocolError('too-many-requests');
  }

  /** Throws `too-many-subscriptions` when one more topic would be too many. */
  admitTopic(topic: Topic): void {
    if (!this.#find(topic) && this.#held.length >= this.#options.limits.subscriptionsPerClient)
      throw new ProtocolError('too-many-subscriptions', undefined, 'topic');
  }

  /** Serialises requests about one topic, in order of arrival. */
  async inTurn<T>(topic: Topic, run: () => Promise<T>): Promise<T> {
    const lanes = (this.#lanes ??= new Map());
    const before = lanes.get(topic) ?? Promise.resolve();
    const turn = before.then(run);
    const settled = turn.catch(() => undefined);
    lanes.set(topic, settled);
    try {
      return await turn;
    } finally {
      if (lanes.get(topic) === settled) lanes.delete(topic);
      if (lanes.size === 0 && this.#lanes === lanes) this.#lanes = undefined;
    }
  }

  /** Joins the channel and sends what the plan says; the acknowledgement was written before. */
  join(channel: Channel, plan: Plan, release: () => void, hosts?: ReadonlySet<string>): void {
    this.leave(channel.topic);
    const subscription: Subscription = {
      channel,
      sentOffset: channel.offset,
      partOffset: plan.fromOffset,
      hosts,
      first: plan.parts,
      backfill: plan.backfill,
      listed: false,
      wake: () => this.outlet.wake(subscription),
    };
    this.#held.push({ subscription, release });
    channel.join(subscription);
    subscription.wake();
  }

  /** Shows other hosts of a topic that is held; false when it is not. */
  show(topic: Topic, hosts: ReadonlySet<string> | undefined): boolean {
    const subscription = this.#find(topic)?.subscription;
    if (subscription === undefined) return false;
    subscription.hosts = hosts;
    // Parts that were not sent yet are contained in the keyframe of the new hosts.
    const { channel } = subscription;
    subscription.first = [channel.current()];
    subscription.sentOffset = channel.offset;
    this.outlet.wake(subscription);
    return true;
  }

  #find(topic: Topic): Held | undefined {
    return this.#held.find(({ subscription }) => subscription.channel.topic === topic);
  }

  leave(topic: Topic): void {
    const held = this.#find(topic);
    if (held === undefined) return;
    this.#held = this.#held.filter((other) => other !== held);
    held.subscription.channel.leave(held.subscription);
    this.outlet.leave(held.subscription);
    held.release();
  }

  /** Sends the reason, then ends the connection; nothing else is sent from here on. */
  cut(code: CutCode, message?: string): void {
    if (this.#gone) return;
    const body = { code, message: message ?? errors[code].message, action: errors[code].action };
    this.detach();
    this.socket.emit('closing', body);
    this.socket.disconnect(true);
    this.#options.timers.after(CLOSE_GRACE_MS, () => this.outlet.terminate());
  }

  /** Releases all subscriptions; called when the connection has ended. */
  detach(): void {
    this.#gone = true;
    for (const { subscription } of this.#held) this.leave(subscription.channel.topic);
    this.outlet.close();
  }

  /** The entry of this client in the list of slow clients. */
  get slowness(): SlowClient {
    const { outlet, subject, socket } = this;
    const connectedAtMs = this.#connectedAtMs;
    return {
      id: socket.id,
      subject: subject.kind === 'user' ? subject.name : subject.kind,
      address: socket.handshake.address,
      connectedAtMs,
      lagging: outlet.lagging,
      framesCoalesced: outlet.framesCoalesced,
      heldBytes: outlet.heldBytes,
    };
  }
}
