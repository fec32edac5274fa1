import type { MessagePayload } from '@openmanager/protocol';
import { Channel, type ChannelOptions } from './channel.ts';
import { messagePacket, type Packet } from './packet.ts';
import type { Subscription } from './subscription.ts';

/** What is told of a span that the ring does not hold any more. */
export interface MessageState {
  readonly payload: MessagePayload;
  /** The state shows everything that happened since this time, epoch ms. */
  readonly completeSinceMs: number;
}

/** Snapshots are used again for this long, so that a crowd of subscribers costs one encoding. */
const SNAPSHOT_AGE_MS = 1_000;

/** Messages of `alerts`, `events` or `system`: a snapshot for who comes, changes for who is there. */
export class MessageChannel extends Channel {
  private readonly state: () => MessageState;
  private encodedMs = Number.NEGATIVE_INFINITY;

  constructor(options: ChannelOptions, state: () => MessageState) {
    super(options);
    this.state = state;
  }

  change(payload: MessagePayload): void {
    const offset = this.offset + 1;
    this.broadcast(this.encode(payload, offset), offset);
  }

  /** Whether the snapshot leaves nothing out that happened since. */
  isCompleteSince(timeMs: number): boolean {
    return this.state().completeSinceMs <= timeMs;
  }

  protected override isOutdated(): boolean {
    return Math.abs(this.clock.now() - this.encodedMs) >= SNAPSHOT_AGE_MS;
  }

  protected override encodeCurrent(): Packet {
    this.encodedMs = this.clock.now();
    return this.encode(this.state().payload, this.offset);
  }

  protected override send(subscription: Subscription, packet: Packet): void {
    subscription.outlet.sendMessage(packet);
    subscription.sentOffset = this.offset;
  }

  private encode(payload: MessagePayload, offset: number): Packet {
    const { number: channel, epoch } = this;
    return messagePacket({ channel, epoch, offset, timeMs: this.clock.now(), payload });
  }
}
