/**
 * Prometheus' remote write: protobuf in Snappy's block format (a single literal, so that the receiver has nothing to
 * expand). https://prometheus.io/docs/concepts/remote_write_spec/ · https://github.com/google/snappy/blob/main/format_description.txt
 */
import { parseSeriesKey } from '@openmanager/protocol';
import type { Rows } from '@openmanager/store';

/** Names as Prometheus has them. */
export function promName(name: string): string {
  return name.replaceAll('.', '_');
}

/** Tags: field number × 8 + wire type. */
const SERIES = 0x0a;
const LABEL = 0x0a;
const SAMPLE = 0x12;
const NAME = 0x0a;
const TEXT = 0x12;
const VALUE = 0x09;
const TIME = 0x10;
const LITERAL_WITH_FOUR_BYTES = 0xfc;

/** Most bytes of a sample: its tag and length, the value, the time. */
const SAMPLE_BYTES = 24;

class Bytes {
  #bytes: Buffer;
  length = 0;

  constructor(room = 256) {
    this.#bytes = Buffer.alloc(room);
  }

  reserve(more: number): void {
    if (this.length + more <= this.#bytes.length) return;
    const grown = Buffer.alloc((this.length + more) * 2);
    this.#bytes.copy(grown, 0, 0, this.length);
    this.#bytes = grown;
  }

  varint(value: number): void {
    this.reserve(10);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.length++] = rest;
  }

  field(tag: number, content: Uint8Array): void {
    this.varint(tag);
    this.varint(content.length);
    this.reserve(content.length);
    this.#bytes.set(content, this.length);
    this.length += content.length;
  }

  sample(timeMs: number, value: number): void {
    this.reserve(SAMPLE_BYTES);
    this.#bytes[this.length++] = SAMPLE;
    const lengthAt = this.length++;
    this.#bytes[this.length++] = VALUE;
    this.length = this.#bytes.writeDoubleLE(value, this.length);
    this.#bytes[this.length++] = TIME;
    this.varint(timeMs);
    this.#bytes[lengthAt] = this.length - lengthAt - 1;
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }
}

const labelsOf = new Map<string, Buffer>();

/** `series` tells apart what functions that drop the metric's name would mix. */
function labels(hostId: string, key: string, place: number): Buffer {
  const name = `${hostId} ${key}`;
  const known = labelsOf.get(name);
  if (known) return known;
  const { metric, attributes } = parseSeriesKey(key);
  const pairs = Object.entries({ ...attributes, host: hostId, series: String(place) }).map(
    ([label, value]) => [promName(label), value] as const,
  );
  pairs.push(['__name__', promName(metric)]);
  pairs.sort(([one], [other]) => (one < other ? -1 : 1));
  const out = new Bytes();
  for (const [label, value] of pairs) {
    const pair = new Bytes();
    pair.field(NAME, Buffer.from(label));
    pair.field(TEXT, Buffer.from(value));
    out.field(LABEL, pair.finish());
  }
  const made = Buffer.from(out.finish());
  labelsOf.set(name, made);
  return made;
}

/** The body of a request with all samples of a batch. */
export function writeRequest(hostId: string, { keys, timesMs, columns }: Rows): Buffer {
  const request = new Bytes(keys.length * (timesMs.length * SAMPLE_BYTES + 256));
  for (const [place, key] of keys.entries()) {
    const known = labels(hostId, key, place);
    const series = new Bytes(timesMs.length * SAMPLE_BYTES);
    const column = columns[place];
    for (const [row, timeMs] of timesMs.entries()) series.sample(timeMs, column?.[row] as number);
    request.field(SERIES, Buffer.concat([known, series.finish()]));
  }
  const body = request.finish();
  const head = new Bytes();
  head.varint(body.length);
  const literal = Buffer.alloc(5);
  literal[0] = LITERAL_WITH_FOUR_BYTES;
  literal.writeUInt32LE(body.length - 1, 1);
  return Buffer.concat([head.finish(), literal, body]);
}
