/**
 * Sends to one client with backpressure. Nothing is queued per client: a slow consumer is skipped, and gets what it
 * missed, or the newest state instead (coalescing), once it can take it again. It is behind while
 *
 * its transport still has something to send · or more than `windowBytes` are not acknowledged · or nothing was
 * acknowledged for `laggingAfterMs` (then it is told so)
 *
 * and disconnected when it has made no progress for `evictAfterMs`, or when what may not be left out is lost.
 */
import type { Lagging } from '@openmanager/protocol';
import type { SendScheduler, SharedFrames } from './send-scheduler.ts';
import type { DeliveryCounters } from './delivery-counters.ts';
import { framePacket, type Packet } from './packet.ts';
import type { Part } from './part.ts';
import { Progress } from './progress.ts';
import type { Subscription } from './subscription.ts';
import { SocketWriter, type EngineConnection } from './socket-writer.ts';

export interface OutletOptions {
  readonly connection: EngineConnection;
  readonly canInflate: boolean;
  readonly windowBytes: number;
  readonly catchUpBytes: number;
  readonly laggingAfterMs: number;
  readonly evictAfterMs: number;
  readonly scheduler: SendScheduler;
  readonly counters: DeliveryCounters;
  readonly now: () => number;
  readonly tell: (lagging: Lagging) => void;
  /** Called when the client makes no progress, or missed what may not be left out: it must be disconnected. */
  readonly onEvict: () => void;
}

/** The frame that one turn sends, while it is put together. */
interface OutgoingFrame {
  /** Encoded parts, as this client gets them. */
  readonly parts: Uint8Array[];
  /** Names the parts, so that other clients that get the same share the packet. */
  names: string;
  /** The only part, when it is a whole shared one. */
  whole: Part | undefined;
  bytes: number;
}

export class Outlet {
  /** Frames that were left out for this client. */
  framesCoalesced = 0;
  readonly #options: OutletOptions;
  readonly #writer: SocketWriter;
  readonly #progress: Progress = new Progress();
  /** Subscriptions with parts to send. */
  #pending: Subscription[] = [];
  #enqueued = false;
  #isLagging = false;
  #closed = false;
  #awaitsFree = false;
  /** When the transport was found busy and has not been free since, epoch ms. */
  #stuckSinceMs: number | undefined;
  #answerBytes = 0;
  #idleWaiters: (() => void)[] = [];

  constructor(options: OutletOptions) {
    this.#options = options;
    this.#writer = new SocketWriter(options.connection, () => this.#freed());
    options.connection.on('packetCreate', (packet) => {
      this.#count((packet as { data?: Buffer | string }).data?.length ?? 0);
    });
  }

  get lagging(): boolean {
    return this.#isLagging;
  }

  /** Bytes sent and not known to be read. */
  get heldBytes(): number {
    return this.#progress.bytes;
  }

  /** The subscription has parts to send. */
  wake(subscription: Subscription): void {
    if (this.#closed) return;
    if (!subscription.listed) {
      subscription.listed = true;
      this.#pending.push(subscription);
    }
    this.#enqueue();
  }

  /** Called in the client's turn. */
  serve(shared: SharedFrames): void {
    this.#enqueued = false;
    if (this.#closed || this.#pending.length === 0 || this.#isLagging) return;
    if (!this.#writer.isFree) {
      this.#awaitFree();
      return;
    }
    this.#stuckSinceMs = undefined;
    const { windowBytes, now } = this.#options;
    if (this.#progress.bytes >= windowBytes) return;
    const nowMs = now();
    const frame: OutgoingFrame = { parts: [], names: '', whole: undefined, bytes: 0 };
    const later: Subscription[] = [];
    for (const subscription of this.#pending) {
      // The first part is always sent; otherwise a state larger than the window would never be.
      const full = frame.bytes > 0 && this.#progress.bytes + frame.bytes > windowBytes;
      if (full || this.#take(subscription, frame, nowMs)) later.push(subscription);
      else subscription.listed = false;
      if (this.#closed) return;
    }
    this.#pending = later;
    this.#send(frame, shared, nowMs);
    if (later.length > 0) this.#enqueue();
  }

  /** False when the client cannot have read this many frames. */
  acknowledged(frames: number): boolean {
    if (!this.#progress.read(frames, this.#options.now())) return false;
    this.#recover();
    this.#enqueue();
    return true;
  }

  /** Called once a second: detects clients that lag by time. */
  check(nowMs: number): void {
    if (this.#closed) return;
    const silentMs = this.#silentMs(nowMs);
    if (silentMs >= this.#options.evictAfterMs) this.#options.onEvict();
    else if (!this.#isLagging && silentMs >= this.#options.laggingAfterMs) this.#turn(true);
  }

  /** Time that the hub itself missed is none without progress. */
  missed(ms: number, nowMs: number): void {
    this.#progress.missed(ms, nowMs);
    if (this.#stuckSinceMs !== undefined)
      this.#stuckSinceMs = Math.min(this.#stuckSinceMs + ms, nowMs);
  }

  /** Resolves when the transport is idle, so that bulk answers go one at a time, or when the connection is gone. */
  async idle(): Promise<void> {
    if (this.#closed || this.#writer.isFree) return;
    this.#awaitFree();
    await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  leave(subscription: Subscription): void {
    if (!subscription.listed) return;
    subscription.listed = false;
    this.#pending = this.#pending.filter((other) => other !== subscription);
  }

  /** Nothing is sent from here on. */
  close(): void {
    this.#closed = true;
    this.#pending = [];
    this.#wakeIdle();
  }

  terminate(): void {
    this.#writer.terminate();
  }

  #enqueue(): void {
    if (this.#enqueued || this.#closed || this.#pending.length === 0 || this.#isLagging) return;
    this.#enqueued = true;
    this.#options.scheduler.enqueue(this);
  }

  #awaitFree(): void {
    this.#stuckSinceMs ??= this.#options.now();
    if (this.#awaitsFree) return;
    this.#awaitsFree = true;
    this.#writer.whenFree(() => this.#freed());
  }

  #freed(): void {
    this.#awaitsFree = false;
    this.#answerBytes = 0;
    if (this.#stuckSinceMs !== undefined && this.#writer.isFree) this.#stuckSinceMs = undefined;
    if (this.#writer.isFree) this.#wakeIdle();
    this.#recover();
    this.#enqueue();
  }

  #wakeIdle(): void {
    for (const wake of this.#idleWaiters.splice(0)) wake();
  }

  /** Time without progress although data is in flight, ms. */
  #silentMs(nowMs: number): number {
    const stuckMs = this.#stuckSinceMs === undefined ? 0 : nowMs - this.#stuckSinceMs;
    return Math.max(stuckMs, this.#progress.silentMs(nowMs));
  }

  #recover(): void {
    if (this.#isLagging && this.#silentMs(this.#options.now()) === 0) this.#turn(false);
  }

  #turn(lagging: boolean): void {
    this.#isLagging = lagging;
    this.#options.tell({ lagging, framesCoalesced: this.framesCoalesced });
    if (!lagging) this.#enqueue();
  }

  /** engine.io queues answers without a bound: count them here. */
  #count(bytes: number): void {
    if (this.#options.connection.writeBuffer.length > 0) this.#answerBytes += bytes;
    if (this.#answerBytes > this.#options.windowBytes && !this.#closed) this.#options.onEvict();
  }

  /** Adds the subscription's pending parts to the frame; true when more of them remain for another turn. */
  #take(subscription: Subscription, frame: OutgoingFrame, nowMs: number): boolean {
    const { channel } = subscription;
    for (const part of subscription.first) this.#add(subscription, part, frame);
    if (subscription.first.length > 0) subscription.first = [];
    if (channel.offset > subscription.sentOffset) this.#catchUp(subscription, frame, nowMs);
    if (this.#closed) return false;
    subscription.sentOffset = channel.offset;
    const [part, ...rest] = subscription.backfill;
    if (part === undefined) return false;
    subscription.backfill = rest;
    this.#add(subscription, part, frame);
    return rest.length > 0;
  }

  #catchUp(subscription: Subscription, frame: OutgoingFrame, nowMs: number): void {
    const { catchUpBytes, counters } = this.#options;
    const { channel } = subscription;
    const missed = channel.missedSince(subscription.sentOffset, nowMs);
    const fits =
      missed !== undefined &&
      (missed.length === 1 || !channel.conflates || sizeOf(missed) <= catchUpBytes);
    if (fits) {
      for (const part of missed) this.#add(subscription, part, frame);
      return;
    }
    if (!channel.conflates) {
      this.#options.onEvict();
      return;
    }
    const left = channel.offset - subscription.sentOffset;
    this.framesCoalesced += left;
    counters.framesCoalesced += left;
    this.#add(subscription, channel.current(), frame);
  }

  #add(subscription: Subscription, part: Part, frame: OutgoingFrame): void {
    const { canInflate } = this.#options;
    const { hosts, channel } = subscription;
    const encoded =
      hosts === undefined
        ? part.bytes(canInflate)
        : part.picked(hosts, subscription.partOffset, canInflate);
    if (part.offset > 0 && encoded !== undefined) subscription.partOffset = part.offset;
    if (encoded === undefined) return;
    frame.whole = hosts === undefined && frame.parts.length === 0 ? part : undefined;
    frame.names +=
      hosts === undefined ? `${channel.number}:${part.offset}:${encoded.length} ` : '*';
    frame.parts.push(encoded);
    frame.bytes += encoded.length;
  }

  #send(frame: OutgoingFrame, shared: SharedFrames, nowMs: number): void {
    if (frame.parts.length === 0) return;
    const { counters } = this.#options;
    const packet = this.#frameOf(frame, shared);
    this.#writer.send(packet);
    counters.framesSent++;
    counters.bytesSent += packet.bytes;
    this.#progress.sent(packet.bytes, nowMs);
  }

  #frameOf(frame: OutgoingFrame, shared: SharedFrames): Packet {
    if (frame.whole !== undefined) return frame.whole.packet(this.#options.canInflate);
    if (frame.names.includes('*')) return framePacket(frame.parts);
    const name = `${this.#options.canInflate} ${frame.names}`;
    let packet = shared.get(name);
    if (packet === undefined) shared.set(name, (packet = framePacket(frame.parts)));
    return packet;
  }
}

function sizeOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + part.size, 0);
}
