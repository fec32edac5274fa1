export interface RingBounds {
  readonly entries: number;
  readonly bytes: number;
  readonly ageMs: number;
}

interface Sized {
  readonly size: number;
}

interface Entry<T> {
  readonly offset: number;
  readonly timeMs: number;
  readonly part: T;
}

/**
 * The newest parts of a channel, in sequence, bounded by count, bytes and age. Offsets are consecutive, so the
 * place of an offset is known without a search.
 */
export class ReplayRing<T extends Sized> {
  readonly #bounds: RingBounds;
  readonly #slots: (Entry<T> | undefined)[];
  #first = 0;
  #count = 0;
  #held = 0;

  constructor(bounds: RingBounds) {
    this.#bounds = bounds;
    this.#slots = [];
  }

  get entries(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#held;
  }

  push(offset: number, timeMs: number, part: T): void {
    if (this.#count === this.#bounds.entries) this.#shift();
    this.#slots[(this.#first + this.#count) % this.#bounds.entries] = { offset, timeMs, part };
    this.#count++;
    this.#held += part.size;
    while (this.#held > this.#bounds.bytes) this.#shift();
    this.#expire(timeMs);
  }

  /** Every part after `offset` up to `newest`, or undefined when one of them is gone or was never made. */
  since(offset: number, newest: number, nowMs: number): readonly T[] | undefined {
    if (offset === newest) return [];
    if (offset > newest) return undefined;
    this.#expire(nowMs);
    const oldest = this.#slots[this.#first];
    if (this.#count === 0 || oldest === undefined || offset + 1 < oldest.offset) return undefined;
    const parts: T[] = [];
    for (let index = offset + 1 - oldest.offset; index < this.#count; index++)
      parts.push((this.#slots[(this.#first + index) % this.#bounds.entries] as Entry<T>).part);
    return parts;
  }

  #expire(nowMs: number): void {
    for (;;) {
      const oldest = this.#slots[this.#first];
      if (this.#count === 0 || oldest === undefined || nowMs - oldest.timeMs <= this.#bounds.ageMs)
        return;
      this.#shift();
    }
  }

  #shift(): void {
    const oldest = this.#slots[this.#first];
    this.#slots[this.#first] = undefined;
    this.#first = (this.#first + 1) % this.#bounds.entries;
    this.#count--;
    this.#held -= oldest?.part.size ?? 0;
  }
}
