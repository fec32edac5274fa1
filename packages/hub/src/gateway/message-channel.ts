import type { MessagePayload } from '@openmanager/protocol';
import { Channel, type ChannelOptions } from './channel.ts';
import { Part } from './part.ts';

/** The snapshot sent when the ring no longer holds what a client missed. */
export interface MessageState {
  readonly payload: MessagePayload;
  /** The state shows everything that happened since this time, epoch ms. */
  readonly completeSinceMs: number;
}

/** Snapshots are reused for this long, so that many subscribers at once cost one encoding. */
const SNAPSHOT_AGE_MS = 1_000;

const encoder = new TextEncoder();

/** Messages of `alerts`, `events` or `system`: a snapshot for new subscribers, then changes. */
export class MessageChannel extends Channel {
  /** Alerts and events are never coalesced; of the hub's status only the newest matters. */
  override readonly conflates: boolean;
  readonly #state: () => MessageState;
  #encodedMs = Number.NEGATIVE_INFINITY;

  constructor(options: ChannelOptions, state: () => MessageState) {
    super(options);
    this.conflates = options.topic === 'system';
    this.#state = state;
  }

  change(payload: MessagePayload): void {
    this.broadcast(this.#encode(payload, this.offset + 1, true));
  }

  /** Whether the snapshot leaves nothing out that happened since. */
  isCompleteSince(timeMs: number): boolean {
    return this.#state().completeSinceMs <= timeMs;
  }

  protected override isOutdated(): boolean {
    return Math.abs(this.clock.now() - this.#encodedMs) >= SNAPSHOT_AGE_MS;
  }

  protected override encodeCurrent(): Part {
    this.#encodedMs = this.clock.now();
    return this.#encode(this.#state().payload, this.offset, false);
  }

  #encode(payload: MessagePayload, offset: number, inSequence: boolean): Part {
    const channel = this.number;
    const hubTimeMs = this.clock.now();
    return new Part({
      header: { kind: 'message', channel, offset, span: 1, hubTimeMs },
      inSequence,
      body: encoder.encode(JSON.stringify(payload)),
      compress: !inSequence,
    });
  }
}
