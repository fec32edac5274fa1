/**
 * Full state and the dictionary that deltas rest on.
 *
 * varint hosts in the layout · varint keysets, each: varint n, n × (string key · u8 coding) ·
 * varint hosts told, each: varint index · string id · varint keyset · zigzag (sample time − hub time) ·
 *   u8 status | priority << 2 · varint code per key · facts · details
 *
 * A subscriber of some hosts is told those only; the layout's size is that of the whole channel.
 */
import { ByteReader, ByteWriter } from '../codec/bytes.ts';
import { ProtocolError } from '../errors.ts';
import { limits } from '../limits.ts';
import { codings, codingOf, type Coding } from './code-diff.ts';
import type { FrameMeta, FrameDetails, PlacedHost } from './frame.ts';
import { stateCode, stateOfCode } from './host-state.ts';
import { readMeta, writeMeta, type PlacedFacts } from './meta.ts';

const MAX_KEY_BYTES = 8192;
/** Fewest bytes of a host. */
const HOST_BYTES = 5;

export interface KeyframeInput {
  readonly hubTimeMs: number;
  /** Hosts in the channel's layout. */
  readonly size: number;
  readonly hosts: readonly PlacedHost[];
  readonly facts: readonly PlacedFacts[];
  readonly details: FrameDetails | undefined;
}

export interface KeyframeBody {
  readonly size: number;
  readonly hosts: readonly (PlacedHost & { readonly codings: Uint8Array })[];
  readonly meta: FrameMeta | undefined;
}

export function encodeKeyframe(input: KeyframeInput): Uint8Array {
  const writer = new ByteWriter(4096);
  writer.varint(input.size);
  const byArray = new Map<readonly string[], number>();
  const byName = new Map<string, number>();
  const keysets: (readonly string[])[] = [];
  for (const { keys } of input.hosts) {
    if (byArray.has(keys)) continue;
    const name = keys.join('\n');
    let place = byName.get(name);
    if (place === undefined) {
      place = keysets.push(keys) - 1;
      byName.set(name, place);
    }
    byArray.set(keys, place);
  }
  writer.varint(keysets.length);
  for (const keys of keysets) {
    writer.varint(keys.length);
    for (const key of keys) {
      writer.string(key);
      writer.u8(codingOf(key));
    }
  }
  writer.varint(input.hosts.length);
  for (const host of input.hosts) {
    writer.varint(host.index);
    writer.string(host.hostId);
    writer.varint(byArray.get(host.keys) as number);
    writer.zigzag(host.timeMs - input.hubTimeMs);
    writer.u8(stateCode(host));
    for (const code of host.codes) writer.varint(code);
  }
  writeMeta(writer, input.facts, input.details);
  return writer.finish();
}

export function decodeKeyframe(bytes: Uint8Array, hubTimeMs: number): KeyframeBody {
  const reader = new ByteReader(bytes);
  const size = reader.varint();
  if (size > limits.hosts) throw new ProtocolError('message-too-large', `${size} hosts`);
  const keysets = Array.from({ length: reader.count(limits.seriesPerSet) }, () => {
    const count = reader.count(limits.seriesPerSet, 2);
    const kinds = new Uint8Array(count);
    const keys = Array.from({ length: count }, (_, place) => {
      const key = reader.string(MAX_KEY_BYTES);
      kinds[place] = readCoding(reader);
      return key;
    });
    return { keys, codings: kinds };
  });
  const hosts = Array.from({ length: reader.count(size, HOST_BYTES) }, () => {
    const index = reader.varint();
    if (index >= size) throw new ProtocolError('malformed-message', `host ${index} of ${size}`);
    const hostId = reader.string(limits.nameLength);
    const keyset = keysets[reader.varint()];
    if (!keyset) throw new ProtocolError('malformed-message', 'unknown keyset');
    const timeMs = hubTimeMs + reader.zigzag();
    const state = stateOfCode(reader.u8());
    if (keyset.keys.length > reader.remaining)
      throw new ProtocolError('malformed-message', 'codes missing');
    const codes = new Float64Array(keyset.keys.length);
    for (let place = 0; place < codes.length; place++) codes[place] = reader.varint();
    return { index, hostId, ...keyset, timeMs, ...state, codes };
  });
  const meta = readMeta(reader);
  reader.end();
  return { size, hosts, meta };
}

function readCoding(reader: ByteReader): Coding {
  const byte = reader.u8();
  if (byte !== codings.fixed && byte !== codings.exponent)
    throw new ProtocolError('malformed-message', `unknown coding ${byte}`);
  return byte;
}
