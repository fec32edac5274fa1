/** Answers in the form of Prometheus's HTTP API (https://prometheus.io/docs/prometheus/latest/querying/api/). */
import { showNumber, type Labels } from '@openmanager/store/contract';
import type { Series } from './samples.ts';

export function metricJson(labels: Labels): string {
  const parts = [...labels.keys()]
    .sort()
    .map((name) => `${JSON.stringify(name)}:${JSON.stringify(labels.get(name))}`);
  return `{${parts.join(',')}}`;
}

/** `[1700000000.123,"1.5"]` */
export function pointJson(timeMs: number, value: number): string {
  return `[${timeMs / 1000},"${showNumber(value)}"]`;
}

/** In UTF-8: an answer has many numbers, which are written as digits without a text of each. */
export function matrixJson(
  series: readonly Series[],
  timesMs: Float64Array,
): Uint8Array<ArrayBuffer> {
  const heads = Array.from(timesMs, (time) => encoder.encode(`,[${time / 1000},"`));
  const headBytes = heads.reduce((most, { length }) => Math.max(most, length), 0);
  let points = 0;
  for (const { present } of series) for (const is of present) points += is;
  const out = new Bytes(Math.min(MOST_ROOM, LEAST_ROOM + points * (headBytes + USUAL_BYTES)));
  out.text('{"resultType":"matrix","result":[');
  let any = false;
  for (const { labels, values, present } of series) {
    let first = true;
    for (let step = 0; step < values.length; step++) {
      if (present[step] !== 1) continue;
      if (first) out.text(`${any ? ',' : ''}{"metric":${metricJson(labels)},"values":[`);
      out.point(heads[step] as Uint8Array, first, values[step] as number, headBytes);
      first = false;
    }
    if (first) continue;
    out.text(']}');
    any = true;
  }
  out.text(']}');
  return out.taken();
}

const encoder = new TextEncoder();
/** The longest number without an exponent that is not large, and what stands around it. */
const NUMBER_BYTES = 340;
const [ZERO, MINUS, DOT] = [0x30, 0x2d, 0x2e];
const [QUOTE, CLOSE] = [0x22, 0x5d];
/** Decimals that are written here: with them and up to 15 digits in all, no shorter text has the same value. */
const DECIMALS = 6;
const SCALE = 10 ** DECIMALS;
const MOST = 1e15;

/** Of memory at first, bytes. */
const LEAST_ROOM = 4_096;
const MOST_ROOM = 64 * 1024 * 1024;
/** A number with what stands around it. */
const USUAL_BYTES = 21;

/** Text that grows. */
class Bytes {
  #bytes: Uint8Array<ArrayBuffer>;
  #end = 0;
  readonly #digits = new Uint8Array(16);

  constructor(room: number) {
    this.#bytes = new Uint8Array(room);
  }

  #room(bytes: number): void {
    if (this.#end + bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#end + bytes));
    grown.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = grown;
  }

  text(text: string): void {
    this.#room(text.length * 3);
    this.#end += encoder.encodeInto(text, this.#bytes.subarray(this.#end)).written;
  }

  /** `,[1700000000,"1.5"]`; the first of a list without the comma. */
  point(head: Uint8Array, first: boolean, value: number, headBytes: number): void {
    this.#room(headBytes + NUMBER_BYTES);
    const bytes = this.#bytes;
    let end = this.#end;
    for (let at = first ? 1 : 0; at < head.length; at++) bytes[end++] = head[at] as number;
    const scaled = Math.round(value * SCALE);
    if (scaled / SCALE === value && scaled < MOST && scaled > -MOST && !Object.is(value, -0))
      end = this.#decimal(scaled, end);
    else {
      const text = showNumber(value);
      for (let at = 0; at < text.length; at++) bytes[end++] = text.charCodeAt(at);
    }
    bytes[end++] = QUOTE;
    bytes[end++] = CLOSE;
    this.#end = end;
  }

  /** Millionths as digits, without zeros at the end. */
  #decimal(millionths: number, start: number): number {
    const bytes = this.#bytes;
    let end = start;
    if (millionths < 0) bytes[end++] = MINUS;
    const size = Math.abs(millionths);
    let whole = Math.floor(size / SCALE);
    let part = size - whole * SCALE;
    const digits = this.#digits;
    let count = 0;
    do {
      const next = Math.floor(whole / 10);
      digits[count++] = whole - next * 10;
      whole = next;
    } while (whole > 0);
    while (count > 0) bytes[end++] = ZERO + (digits[--count] as number);
    if (part === 0) return end;
    bytes[end++] = DOT;
    for (let weight = SCALE / 10; part > 0; weight /= 10) {
      const digit = Math.floor(part / weight);
      bytes[end++] = ZERO + digit;
      part -= digit * weight;
    }
    return end;
  }

  taken(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#end);
  }
}

export function vectorJson(series: readonly Series[], timeMs: number): string {
  const parts = series
    .filter(({ present }) => present[0] === 1)
    .map(
      ({ labels, values }) =>
        `{"metric":${metricJson(labels)},"value":${pointJson(timeMs, values[0] as number)}}`,
    );
  return `{"resultType":"vector","result":[${parts.join(',')}]}`;
}
