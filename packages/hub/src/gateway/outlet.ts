/**
 * The way out to one client, and what keeps a slow one from costing memory. engine.io queues without a bound
 * while its transport is busy, so the bounds are here:
 *
 * frames: at most one per channel waits in the queue, none that would make it exceed `queueBytes`. What is left out
 *   is made up for when the transport has drained: by the missed frames while they are few bytes, otherwise by one
 *   keyframe with the newest state.
 * messages and answers: always queued; a client with more than `queueBytes` of them waiting is disconnected.
 *
 * The kernel takes some MB before the transport is ever busy: a peer that answers heartbeats and does not read is
 * seen late. The place to see it earlier is `offer`.
 */
import type { DeliveryCounters } from './figures.ts';
import type { Packet } from './packet.ts';
import type { Subscription } from './subscription.ts';

/** What we use of engine.io's Socket; the queue and the transport's WebSocket are not in its types. */
export interface EngineConnection {
  readonly transport: {
    readonly writable: boolean;
    on(event: 'drain', listener: () => void): void;
    readonly socket?: { terminate?(): void };
  };
  readonly writeBuffer: readonly unknown[];
  write(data: Buffer | string, options: Packet['options']): void;
  close(discard: boolean): void;
  on(event: 'drain' | 'upgrade' | 'packetCreate', listener: (argument?: unknown) => void): void;
}

export interface OutletOptions {
  readonly connection: EngineConnection;
  readonly queueBytes: number;
  readonly catchUpBytes: number;
  readonly counters: DeliveryCounters;
  readonly now: () => number;
  /** More than `queueBytes` of messages wait. */
  readonly onOverflow: () => void;
}

export class Outlet {
  private readonly options: OutletOptions;
  private readonly connection: EngineConnection;
  /** Bytes in engine.io's queue, of all packets and of those that are not frames. */
  private queuedBytes = 0;
  private queuedMessageBytes = 0;
  /** Bytes the transport is busy with. */
  private sendingBytes = 0;
  private writingFrame = false;
  private closed = false;
  private readonly queuedFrames = new Set<Subscription>();
  private readonly waiting = new Set<Subscription>();
  private idleWaiters: (() => void)[] = [];

  constructor(options: OutletOptions) {
    this.options = options;
    this.connection = options.connection;
    this.connection.on('packetCreate', (packet) => {
      this.count(packet as { data?: Buffer | string });
    });
    this.connection.on('drain', () => {
      this.moved();
    });
    this.connection.on('upgrade', () => {
      this.watchTransport();
      this.sent();
    });
    this.watchTransport();
  }

  /** Bytes that left the gateway and that no transport has taken to its end. */
  get heldBytes(): number {
    return this.queuedBytes + this.sendingBytes;
  }

  /** Sends the channel's newest packet, unless that would make a queue grow. */
  offer(subscription: Subscription, packet: Packet, offset: number): void {
    const { queueBytes } = this.options;
    const full = this.heldBytes > 0 && this.heldBytes + packet.bytes > queueBytes;
    if (subscription.queued || subscription.behind || full) {
      subscription.behind = true;
      this.waiting.add(subscription);
      return;
    }
    this.sendFrame(subscription, packet);
    subscription.sentOffset = offset;
  }

  /** Sends a frame whatever waits: the data that follows an answer. */
  sendFrame(subscription: Subscription | undefined, packet: Packet): void {
    if (this.closed) return;
    this.writingFrame = true;
    this.connection.write(packet.data, packet.options);
    this.writingFrame = false;
    this.options.counters.framesSent++;
    this.options.counters.bytesSent += packet.bytes;
    if (subscription === undefined || this.connection.writeBuffer.length === 0) return;
    subscription.queued = true;
    this.queuedFrames.add(subscription);
  }

  /** Sends a message, which is never left out. */
  sendMessage(packet: Packet): void {
    if (this.closed) return;
    this.connection.write(packet.data, packet.options);
    this.options.counters.bytesSent += packet.bytes;
  }

  /** Resolves when nothing waits, so that bulk data goes out one piece at a time; or when the connection is gone. */
  async idle(): Promise<void> {
    if (this.closed || this.heldBytes === 0) return;
    await new Promise<void>((resolve) => this.idleWaiters.push(resolve));
  }

  leave(subscription: Subscription): void {
    this.waiting.delete(subscription);
    this.queuedFrames.delete(subscription);
  }

  /** Nothing is sent from here on. */
  close(): void {
    this.closed = true;
    this.waiting.clear();
    this.queuedFrames.clear();
    this.wakeIdle();
  }

  /** Ends the connection without waiting for a peer that may never read. */
  terminate(): void {
    const { transport } = this.connection;
    this.connection.close(true);
    transport.socket?.terminate?.();
  }

  private watchTransport(): void {
    this.connection.transport.on('drain', () => {
      this.sent();
    });
  }

  private count(packet: { data?: Buffer | string }): void {
    const bytes = packet.data?.length ?? 0;
    this.queuedBytes += bytes;
    if (this.writingFrame) return;
    this.queuedMessageBytes += bytes;
    const busy = this.connection.writeBuffer.length > 0;
    if (busy && this.queuedMessageBytes > this.options.queueBytes && !this.closed) {
      this.close();
      this.options.onOverflow();
    }
  }

  /** engine.io handed its queue to the transport. */
  private moved(): void {
    this.sendingBytes = this.queuedBytes;
    this.queuedBytes = 0;
    this.queuedMessageBytes = 0;
    for (const subscription of this.queuedFrames) subscription.queued = false;
    this.queuedFrames.clear();
    if (this.waiting.size > 0) this.catchUp();
  }

  /** The transport has sent what it had; engine.io hands over the rest right after this. */
  private sent(): void {
    this.sendingBytes = 0;
    if (this.queuedBytes > 0) return;
    if (this.waiting.size > 0) this.catchUp();
    if (this.heldBytes === 0) this.wakeIdle();
  }

  private wakeIdle(): void {
    if (this.idleWaiters.length === 0) return;
    const waiters = this.idleWaiters;
    this.idleWaiters = [];
    for (const wake of waiters) wake();
  }

  private catchUp(): void {
    const { queueBytes, catchUpBytes, counters, now } = this.options;
    for (const subscription of this.waiting) {
      const { channel } = subscription;
      const missed = channel.missedSince(subscription.sentOffset, now());
      const exact = missed !== undefined && sizeOf(missed) <= catchUpBytes;
      const packets = exact ? missed : [channel.current()];
      if (this.heldBytes > 0 && this.heldBytes + sizeOf(packets) > queueBytes) continue;
      if (!exact) counters.framesCoalesced += channel.offset - subscription.sentOffset;
      this.waiting.delete(subscription);
      subscription.behind = false;
      subscription.sentOffset = channel.offset;
      for (const packet of packets) this.sendFrame(subscription, packet);
    }
  }
}

function sizeOf(packets: readonly Packet[]): number {
  return packets.reduce((sum, packet) => sum + packet.bytes, 0);
}
