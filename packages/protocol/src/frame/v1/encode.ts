/**
 * Frames of protocol version 1, for clients that speak only that. One packet is one frame:
 *
 * header: u8 kind · varint channel · varint epoch · varint offset · varint hub time ms
 * keyframe (1): varint keysets, each: varint n, n strings · varint hosts, each: string id · varint keyset ·
 *   zigzag (sample time − hub time) · u8 status | priority << 2 · varint code per key (metrics/quantise) · meta
 * delta (2): varint hosts, each: varint index · zigzag (sample time − hub time) · u8 status | priority << 2 ·
 *   bitmap of changed keys · varint code per set bit · meta
 * backfill (3): as in version 2 (frame/backfill.ts)
 * meta: string of JSON, empty when there is nothing to say
 */
import { ByteWriter } from '../../codec/bytes.ts';
import { writeBackfill } from '../backfill.ts';
import type {
  Backfill,
  Delta,
  FrameHeader,
  FrameHost,
  FrameMeta,
  HostDelta,
  Keyframe,
} from '../frame.ts';
import { stateCode } from '../host-state.ts';

type Unkinded<T> = Omit<T, 'kind'>;

export const frameKindsV1 = { keyframe: 1, delta: 2, backfill: 3 } as const;

/** Hosts have the places in which they stand here. */
export type KeyframeV1 = Omit<Keyframe, 'hosts'> & { readonly hosts: readonly FrameHost[] };

function writeHeader(writer: ByteWriter, kind: number, header: FrameHeader): void {
  writer.u8(kind);
  writer.varint(header.channel);
  writer.varint(header.epoch);
  writer.varint(header.offset);
  writer.varint(header.hubTimeMs);
}

function writeMeta(writer: ByteWriter, meta: FrameMeta | undefined): void {
  writer.string(meta === undefined ? '' : JSON.stringify(meta));
}

export function encodeKeyframeV1(frame: Unkinded<KeyframeV1>): Uint8Array {
  const writer = new ByteWriter(4096);
  writeHeader(writer, frameKindsV1.keyframe, frame);
  const keysets = new Map<string, { index: number; keys: readonly string[] }>();
  const keysetOf = frame.hosts.map((host) => {
    const name = host.keys.join('\n');
    let entry = keysets.get(name);
    if (!entry) keysets.set(name, (entry = { index: keysets.size, keys: host.keys }));
    return entry.index;
  });
  writer.varint(keysets.size);
  for (const { keys } of keysets.values()) {
    writer.varint(keys.length);
    for (const key of keys) writer.string(key);
  }
  writer.varint(frame.hosts.length);
  for (const [index, host] of frame.hosts.entries()) {
    writer.string(host.hostId);
    writer.varint(keysetOf[index] as number);
    writer.zigzag(host.timeMs - frame.hubTimeMs);
    writer.u8(stateCode(host));
    for (const code of host.codes) writer.varint(code);
  }
  writeMeta(writer, frame.meta);
  return writer.finish();
}

/** `keyCounts[i]` is the size of the keyset of host i in the last keyframe. */
export function encodeDeltaV1(frame: Unkinded<Delta>, keyCounts: ArrayLike<number>): Uint8Array {
  const writer = new ByteWriter(1024);
  writeHeader(writer, frameKindsV1.delta, frame);
  writer.varint(frame.hosts.length);
  for (const host of frame.hosts)
    writeHostDelta(writer, host, frame.hubTimeMs, keyCounts[host.index] as number);
  writeMeta(writer, frame.meta);
  return writer.finish();
}

function writeHostDelta(
  writer: ByteWriter,
  host: HostDelta,
  hubTimeMs: number,
  keys: number,
): void {
  writer.varint(host.index);
  writer.zigzag(host.timeMs - hubTimeMs);
  writer.u8(stateCode(host));
  let next = 0;
  for (let base = 0; base < keys; base += 8) {
    let byte = 0;
    while (next < host.changed.length && (host.changed[next] as number) < base + 8)
      byte |= 1 << ((host.changed[next++] as number) - base);
    writer.u8(byte);
  }
  for (const code of host.codes) writer.varint(code);
}

export function encodeBackfillV1(frame: Unkinded<Backfill>): Uint8Array {
  const writer = new ByteWriter(4096);
  writeHeader(writer, frameKindsV1.backfill, frame);
  writeBackfill(writer, frame);
  return writer.finish();
}
