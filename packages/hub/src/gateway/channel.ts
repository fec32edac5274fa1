import type { Priority, Topic } from '@openmanager/protocol';
import type { Clock } from '../ports/index.ts';
import type { Part } from './part.ts';
import { ReplayRing, type RingBounds } from './ring.ts';

/** Notified when a channel has a new part. */
export interface Subscriber {
  wake(): void;
}

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

/** A topic in one view: its sequence of parts, a replay ring of the latest ones, and its subscribers. */
export abstract class Channel {
  readonly topic: Topic;
  readonly minPriority: Priority;
  readonly number: number;
  readonly epoch: number;
  readonly subscribers: Set<Subscriber> = new Set();
  /** Whether missed parts may be coalesced into the newest state. */
  abstract readonly conflates: boolean;
  protected readonly clock: Clock;
  readonly #ring: ReplayRing<Part>;
  #newest: number;
  /** The newest part, kept even if it alone exceeds the ring. */
  #last: Part | undefined;
  #cached: Part | undefined;

  constructor(options: ChannelOptions) {
    this.topic = options.topic;
    this.minPriority = options.minPriority;
    this.number = options.number;
    this.epoch = options.epoch;
    this.#newest = options.firstOffset;
    this.clock = options.clock;
    this.#ring = new ReplayRing(options.ring);
  }

  join(subscriber: Subscriber): void {
    this.subscribers.add(subscriber);
  }

  leave(subscriber: Subscriber): void {
    this.subscribers.delete(subscriber);
  }

  get offset(): number {
    return this.#newest;
  }

  /** The keyframe or snapshot of the state at the current offset: encoded once per offset. */
  current(): Part {
    if (this.#cached?.offset !== this.#newest || this.isOutdated())
      this.#cached = this.encodeCurrent();
    return this.#cached;
  }

  /** The parts after `offset`, or undefined when they are not all kept. */
  missedSince(offset: number, nowMs: number): readonly Part[] | undefined {
    if (offset === this.#newest - 1 && this.#last !== undefined) return [this.#last];
    return this.#ring.since(offset, this.#newest, nowMs);
  }

  /** Encodes the state as it was broadcast last. */
  protected abstract encodeCurrent(): Part;

  /** Overridden where the state changes without a broadcast. */
  protected isOutdated(): boolean {
    return false;
  }

  /** Adds the part, which has the next offset, to the ring and wakes the subscribers. */
  protected broadcast(part: Part): void {
    this.#newest = part.offset;
    this.#last = part;
    this.#ring.push(part.offset, this.clock.now(), part);
    for (const subscriber of this.subscribers) subscriber.wake();
  }
}
