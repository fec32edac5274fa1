/**
 * What changed since the offset before: per host a run of bits of its own, so that a subscriber of some hosts gets
 * the same bytes of those as everybody else.
 *
 * zigzag (sample time of most − hub time) · varint n, ceil(n / 2) bytes with the order of each place, low nibble
 * first · selection · one segment per host, in that order · facts · details
 *
 * selection: u8 0: every host of the layout · 1: varint n, indices as varint distances (first from −1, less 1) ·
 *   2: bitmap over the layout, lowest bit first
 * segment, bits, filled up to a byte: 0 | 1 · golomb_12(zigzag(sample time − that of most)) · 0 | 1 · 4 bits state ·
 *   one bit per key, 1 if its code changed · its difference per changed key (code-diff.ts)
 * Places beyond n have the order 4.
 */
import { unzigzag, ByteReader, ByteWriter, zigzag } from '../codec/bytes.ts';
import { BitReader, BitWriter } from '../codec/bits.ts';
import { ProtocolError } from '../errors.ts';
import { limits } from '../limits.ts';
import { bestOrder, diffValue, readDiff, writeDiff, type Coding } from './code-diff.ts';
import type { FrameMeta, FrameDetails, HostDelta } from './frame.ts';
import { stateCode, stateOfCode, type HostStateFields } from './host-state.ts';
import { readMeta, writeMeta, type PlacedFacts } from './meta.ts';

const DEFAULT_ORDER = 4;
const TIME_ORDER = 12;
const MAX_ORDERS = 64;
/** A table of orders pays when each of its nibbles serves at least this many values. */
const VALUES_PER_ORDER = 6;

const selections = { all: 0, list: 1, bitmap: 2 } as const;

/** What a host's codes and state are compared with. */
export interface HostBefore extends HostStateFields {
  readonly codes: ArrayLike<number>;
  readonly codings: Uint8Array;
}

export interface DeltaInput {
  readonly hubTimeMs: number;
  /** Hosts in the channel's layout. */
  readonly size: number;
  /** Ascending by index. */
  readonly hosts: readonly (HostDelta & { readonly before: HostBefore })[];
  readonly facts: readonly PlacedFacts[];
  readonly details: FrameDetails | undefined;
}

/** An encoded delta that can be filtered by host. */
export interface EncodedDelta {
  /**
   * Body with the hosts at these indices, all when left out; undefined when none of them changed. Indices without
   * changes are skipped.
   */
  body(places?: readonly number[]): Uint8Array | undefined;
}

export function encodeDelta(input: DeltaInput): EncodedDelta {
  const baseMs = commonTime(input.hosts);
  const orders = ordersOf(input.hosts);
  const segments = new Map<number, Uint8Array>();
  for (const host of input.hosts) segments.set(host.index, segmentOf(host, baseMs, orders));
  const { hubTimeMs, size, facts, details } = input;
  return {
    body(places) {
      const picked = places?.filter((index) => segments.has(index)).toSorted((a, b) => a - b) ?? [
        ...segments.keys(),
      ];
      const pickedFacts =
        places === undefined ? facts : facts.filter(({ index }) => places.includes(index));
      if (picked.length === 0 && pickedFacts.length === 0 && details === undefined)
        return undefined;
      const writer = new ByteWriter(1024);
      writer.zigzag(baseMs - hubTimeMs);
      writeOrders(writer, orders);
      writeSelection(writer, picked, size);
      for (const index of picked) writer.raw(segments.get(index) as Uint8Array);
      writeMeta(writer, pickedFacts, details);
      return writer.finish();
    },
  };
}

/** The time that most hosts share: agents sample on a grid. */
function commonTime(hosts: readonly HostDelta[]): number {
  const counts = new Map<number, number>();
  let common = 0;
  let largest = 0;
  for (const { timeMs } of hosts) {
    const count = (counts.get(timeMs) ?? 0) + 1;
    counts.set(timeMs, count);
    if (count > largest) {
      largest = count;
      common = timeMs;
    }
  }
  return common;
}

function ordersOf(hosts: DeltaInput['hosts']): readonly number[] {
  const byPlace: number[][] = [];
  let values = 0;
  for (const { changed, codes, before } of hosts)
    for (const [at, place] of changed.entries()) {
      if (place >= MAX_ORDERS) break;
      const coding = before.codings[place] as Coding;
      const value = diffValue(codes[at] as number, before.codes[place] as number, coding);
      (byPlace[place] ??= []).push(value);
      values++;
    }
  if (values < byPlace.length * VALUES_PER_ORDER) return [];
  return Array.from(byPlace, (column) => bestOrder(column ?? []));
}

function segmentOf(
  host: DeltaInput['hosts'][number],
  baseMs: number,
  orders: readonly number[],
): Uint8Array {
  const { before, changed, codes } = host;
  const writer = new BitWriter();
  writer.bit(host.timeMs !== baseMs);
  if (host.timeMs !== baseMs) writer.golomb(zigzag(host.timeMs - baseMs), TIME_ORDER);
  const state = stateCode(host);
  const moved = state !== stateCode(before);
  writer.bit(moved);
  if (moved) writer.bits(state, 4);
  let next = 0;
  for (let place = 0; place < before.codings.length; place++) {
    const isChanged = changed[next] === place;
    writer.bit(isChanged);
    if (isChanged) next++;
  }
  for (const [at, place] of changed.entries())
    writeDiff(
      writer,
      codes[at] as number,
      before.codes[place] as number,
      before.codings[place] as Coding,
      orders[place] ?? DEFAULT_ORDER,
    );
  return writer.finish();
}

function writeOrders(writer: ByteWriter, orders: readonly number[]): void {
  writer.varint(orders.length);
  for (let place = 0; place < orders.length; place += 2)
    writer.u8((orders[place] as number) | ((orders[place + 1] ?? 0) << 4));
}

function readOrders(reader: ByteReader): readonly number[] {
  const count = reader.varint();
  if (count > MAX_ORDERS) throw new ProtocolError('malformed-message', `${count} orders`);
  const bytes = reader.raw(Math.ceil(count / 2));
  return Array.from({ length: count }, (_, place) => {
    const byte = bytes[place >> 1] as number;
    return place % 2 === 0 ? byte & 15 : byte >> 4;
  });
}

function writeSelection(writer: ByteWriter, picked: readonly number[], size: number): void {
  if (picked.length === size) {
    writer.u8(selections.all);
    return;
  }
  const bitmapBytes = Math.ceil(size / 8);
  if (picked.length < bitmapBytes) {
    writer.u8(selections.list);
    writer.varint(picked.length);
    let last = -1;
    for (const index of picked) {
      writer.varint(index - last - 1);
      last = index;
    }
    return;
  }
  writer.u8(selections.bitmap);
  const bitmap = new Uint8Array(bitmapBytes);
  for (const index of picked)
    bitmap[index >> 3] = (bitmap[index >> 3] as number) | (1 << (index & 7));
  writer.raw(bitmap);
}

function readSelection(reader: ByteReader, size: number): readonly number[] {
  const kind = reader.u8();
  if (kind === selections.all) return Array.from({ length: size }, (_, index) => index);
  const picked: number[] = [];
  if (kind === selections.list) {
    let index = -1;
    for (let left = reader.count(size); left > 0; left--) {
      index += 1 + reader.varint();
      picked.push(index);
    }
    return picked;
  }
  if (kind !== selections.bitmap)
    throw new ProtocolError('malformed-message', `unknown selection ${kind}`);
  const bitmap = reader.raw(Math.ceil(size / 8));
  for (let index = 0; index < size; index++)
    if ((bitmap[index >> 3] as number) & (1 << (index & 7))) picked.push(index);
  return picked;
}

/** The layout a delta is decoded with: that of the channel's last keyframe, as far as this client received it. */
export interface DeltaLayout {
  readonly size: number;
  host(index: number): HostBefore | undefined;
}

export interface DeltaBody {
  readonly hosts: readonly HostDelta[];
  readonly meta: FrameMeta | undefined;
}

export function decodeDelta(bytes: Uint8Array, hubTimeMs: number, layout: DeltaLayout): DeltaBody {
  const reader = new ByteReader(bytes);
  const baseMs = hubTimeMs + reader.zigzag();
  const orders = readOrders(reader);
  if (layout.size > limits.hosts) throw new ProtocolError('message-too-large', 'layout');
  const picked = readSelection(reader, layout.size);
  const hosts = picked.map((index): HostDelta => {
    const before = layout.host(index);
    if (before === undefined)
      throw new ProtocolError('malformed-message', `unknown host index ${index}`);
    const bits = new BitReader(reader.ahead());
    const host = readSegment(bits, index, before, baseMs, orders);
    reader.raw(bits.position);
    return host;
  });
  const meta = readMeta(reader);
  reader.end();
  return { hosts, meta };
}

function readSegment(
  bits: BitReader,
  index: number,
  before: HostBefore,
  baseMs: number,
  orders: readonly number[],
): HostDelta {
  const timeMs = bits.bit() ? baseMs + unzigzag(bits.golomb(TIME_ORDER)) : baseMs;
  const { status, priority } = bits.bit() ? stateOfCode(bits.bits(4)) : before;
  const changed: number[] = [];
  for (let place = 0; place < before.codings.length; place++) if (bits.bit()) changed.push(place);
  const codes = changed.map((place) =>
    readDiff(
      bits,
      before.codes[place] as number,
      before.codings[place] as Coding,
      orders[place] ?? DEFAULT_ORDER,
    ),
  );
  return { index, timeMs, status, priority, changed, codes };
}
