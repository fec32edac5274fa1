/**
 * Remote write 1.0 (https://prometheus.io/docs/specs/prw/remote_write_spec/): a protobuf message of series, each with
 * its labels in order of their names and its samples in order of time.
 */
import type { Labels } from '../contract/exposition.ts';

export interface WrittenSeries {
  readonly labels: Labels;
  /** Ascending, epoch ms. */
  readonly timesMs: readonly number[];
  readonly values: readonly number[];
}

const text = new TextEncoder();

/** Grows as it is written to. */
class Writer {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  /** A whole number below 2^53 that is not negative. */
  varint(value: number): void {
    this.#room(10);
    let rest = value;
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  double(value: number): void {
    this.#room(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** A field with its length before it. */
  field(tag: number, content: Uint8Array): void {
    this.varint(tag);
    this.varint(content.length);
    this.#room(content.length);
    this.#bytes.set(content, this.#length);
    this.#length += content.length;
  }

  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }
}

const FIRST_BYTES = 10;
const SECOND_BYTES = 18;

export function encodeWriteRequest(series: readonly WrittenSeries[]): Uint8Array {
  const [all, one, part] = [new Writer(), new Writer(), new Writer()];
  for (const { labels, timesMs, values } of series) {
    for (const name of [...labels.keys()].sort()) {
      part.field(FIRST_BYTES, text.encode(name));
      part.field(SECOND_BYTES, text.encode(labels.get(name)));
      one.field(FIRST_BYTES, part.take());
    }
    for (const [place, time] of timesMs.entries()) {
      part.varint(9);
      part.double(values[place] as number);
      part.varint(16);
      part.varint(time);
      one.field(SECOND_BYTES, part.take());
    }
    all.field(FIRST_BYTES, one.take());
  }
  return all.take();
}
