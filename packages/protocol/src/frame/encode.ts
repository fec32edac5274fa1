import { ByteWriter } from '../codec/bytes.ts';
import { writeColumn } from '../codec/column.ts';
import { hostStatuses, priorities } from '../model/host.ts';
import {
  frameKinds,
  type Backfill,
  type Delta,
  type FrameHeader,
  type FrameHost,
  type FrameMeta,
  type HostDelta,
  type Keyframe,
} from './frame.ts';

type Unkinded<T> = Omit<T, 'kind'>;

function writeHeader(writer: ByteWriter, kind: number, header: FrameHeader): void {
  writer.u8(kind);
  writer.varint(header.channel);
  writer.varint(header.epoch);
  writer.varint(header.offset);
  writer.varint(header.hubTimeMs);
}

function stateByte(host: Pick<FrameHost, 'status' | 'priority'>): number {
  return hostStatuses.indexOf(host.status) | (priorities.indexOf(host.priority) << 2);
}

function writeMeta(writer: ByteWriter, meta: FrameMeta | undefined): void {
  writer.string(meta === undefined ? '' : JSON.stringify(meta));
}

export function encodeKeyframe(frame: Unkinded<Keyframe>): Uint8Array {
  const writer = new ByteWriter(4096);
  writeHeader(writer, frameKinds.keyframe, frame);
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
    writer.u8(stateByte(host));
    for (const code of host.codes) writer.varint(code);
  }
  writeMeta(writer, frame.meta);
  return writer.finish();
}

/** `keyCounts[i]` is the size of the keyset of host i in the last keyframe. */
export function encodeDelta(frame: Unkinded<Delta>, keyCounts: ArrayLike<number>): Uint8Array {
  const writer = new ByteWriter(1024);
  writeHeader(writer, frameKinds.delta, frame);
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
  writer.u8(stateByte(host));
  let next = 0;
  for (let base = 0; base < keys; base += 8) {
    let byte = 0;
    while (next < host.changed.length && (host.changed[next] as number) < base + 8)
      byte |= 1 << ((host.changed[next++] as number) - base);
    writer.u8(byte);
  }
  for (const code of host.codes) writer.varint(code);
}

export function encodeBackfill(frame: Unkinded<Backfill>): Uint8Array {
  const writer = new ByteWriter(4096);
  writeHeader(writer, frameKinds.backfill, frame);
  writer.string(frame.hostId);
  writer.varint(frame.keys.length);
  for (const key of frame.keys) writer.string(key);
  writer.varint(frame.timesMs.length);
  let previous = 0;
  for (const [row, timeMs] of frame.timesMs.entries()) {
    if (row === 0) writer.varint(timeMs);
    else writer.zigzag(timeMs - previous);
    previous = timeMs;
  }
  for (const column of frame.columns) writeColumn(writer, column);
  return writer.finish();
}
