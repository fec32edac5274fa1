import type { Packet } from './packet.ts';

export interface RingBounds {
  readonly entries: number;
  readonly bytes: number;
  readonly ageMs: number;
}

interface Entry {
  readonly offset: number;
  readonly timeMs: number;
  readonly packet: Packet;
}

/**
 * The newest packets of a channel, in sequence, bounded by count, bytes and age. Offsets are consecutive, so the
 * place of an offset is known without a search.
 */
export class ReplayRing {
  private readonly bounds: RingBounds;
  private readonly slots: (Entry | undefined)[];
  private first = 0;
  private count = 0;
  private held = 0;

  constructor(bounds: RingBounds) {
    this.bounds = bounds;
    this.slots = [];
  }

  get entries(): number {
    return this.count;
  }

  get bytes(): number {
    return this.held;
  }

  push(offset: number, timeMs: number, packet: Packet): void {
    if (this.count === this.bounds.entries) this.shift();
    this.slots[(this.first + this.count) % this.bounds.entries] = { offset, timeMs, packet };
    this.count++;
    this.held += packet.bytes;
    while (this.held > this.bounds.bytes) this.shift();
    this.expire(timeMs);
  }

  /** Every packet after `offset` up to `newest`, or undefined when one of them is gone or was never made. */
  since(offset: number, newest: number, nowMs: number): readonly Packet[] | undefined {
    if (offset === newest) return [];
    if (offset > newest) return undefined;
    this.expire(nowMs);
    const oldest = this.slots[this.first];
    if (this.count === 0 || oldest === undefined || offset + 1 < oldest.offset) return undefined;
    const packets: Packet[] = [];
    for (let index = offset + 1 - oldest.offset; index < this.count; index++)
      packets.push((this.slots[(this.first + index) % this.bounds.entries] as Entry).packet);
    return packets;
  }

  private expire(nowMs: number): void {
    for (;;) {
      const oldest = this.slots[this.first];
      if (this.count === 0 || oldest === undefined || nowMs - oldest.timeMs <= this.bounds.ageMs)
        return;
      this.shift();
    }
  }

  private shift(): void {
    const oldest = this.slots[this.first];
    this.slots[this.first] = undefined;
    this.first = (this.first + 1) % this.bounds.entries;
    this.count--;
    this.held -= oldest?.packet.bytes ?? 0;
  }
}
