import type { Priority, Topic } from '@openmanager/protocol';
import type { Clock } from '../ports/index.ts';
import type { Packet } from './packet.ts';
import { ReplayRing, type RingBounds } from './ring.ts';
import type { Subscription } from './subscription.ts';

export interface ChannelOptions {
  readonly topic: Topic;
  readonly minPriority: Priority;
  readonly number: number;
  readonly epoch: number;
  /** Above every offset that a channel of this topic had before in this epoch. */
  readonly firstOffset: number;
  readonly clock: Clock;
  readonly ring: RingBounds;
}

/** A topic at one minimum priority: its sequence of packets, what was sent of it lately, and who gets it. */
export abstract class Channel {
  readonly topic: Topic;
  readonly minPriority: Priority;
  readonly number: number;
  readonly epoch: number;
  readonly subscriptions: Set<Subscription> = new Set();
  protected readonly clock: Clock;
  private readonly ring: ReplayRing;
  private newest: number;
  private cached: { readonly offset: number; readonly packet: Packet } | undefined;

  constructor(options: ChannelOptions) {
    this.topic = options.topic;
    this.minPriority = options.minPriority;
    this.number = options.number;
    this.epoch = options.epoch;
    this.newest = options.firstOffset;
    this.clock = options.clock;
    this.ring = new ReplayRing(options.ring);
  }

  get offset(): number {
    return this.newest;
  }

  /** The keyframe or snapshot of the state at the current offset: encoded once per offset. */
  current(): Packet {
    if (this.cached?.offset !== this.newest || this.isOutdated())
      this.cached = { offset: this.newest, packet: this.encodeCurrent() };
    return this.cached.packet;
  }

  /** The packets after `offset`, or undefined when they are not all kept. */
  missedSince(offset: number, nowMs: number): readonly Packet[] | undefined {
    return this.ring.since(offset, this.newest, nowMs);
  }

  /** Encodes the state as it was broadcast last. */
  protected abstract encodeCurrent(): Packet;

  /** Hands the packet to one subscriber. */
  protected abstract send(subscription: Subscription, packet: Packet): void;

  /** For states that change without a broadcast. */
  protected isOutdated(): boolean {
    return false;
  }

  /** Gives the packet the next offset, keeps it, and sends the same bytes to everyone. */
  protected broadcast(packet: Packet, offset: number): void {
    this.newest = offset;
    this.ring.push(offset, this.clock.now(), packet);
    for (const subscription of this.subscriptions) this.send(subscription, packet);
  }
}
