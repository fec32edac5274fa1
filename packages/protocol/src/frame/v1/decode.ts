import * as v from 'valibot';
import { ByteReader } from '../../codec/bytes.ts';
import { ProtocolError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { readBackfill } from '../backfill.ts';
import {
  frameMetaSchema,
  type Backfill,
  type Delta,
  type FrameHeader,
  type FrameHost,
  type FrameMeta,
  type HostDelta,
} from '../frame.ts';
import { stateOfCode } from '../host-state.ts';
import { frameKindsV1, type KeyframeV1 } from './encode.ts';

export type FrameV1 = KeyframeV1 | Delta | Backfill;

const MAX_KEY_BYTES = 8192;

/** The header alone, enough to find the topic and to see whether a frame is missing. */
export function decodeFrameHeaderV1(bytes: Uint8Array): FrameHeader & { kind: number } {
  return readHeader(new ByteReader(bytes));
}

/**
 * Decodes one frame. A delta needs the key counts of the hosts of the topic's last keyframe.
 * Every defect is a ProtocolError.
 */
export function decodeFrameV1(bytes: Uint8Array, keyCounts: ArrayLike<number>): FrameV1 {
  if (bytes.length > limits.frameBytes)
    throw new ProtocolError('message-too-large', `frame of ${bytes.length} bytes`);
  const reader = new ByteReader(bytes);
  const { kind, ...header } = readHeader(reader);
  const frame = readBody(reader, kind, header, keyCounts);
  reader.end();
  return frame;
}

function readHeader(reader: ByteReader): FrameHeader & { kind: number } {
  return {
    kind: reader.u8(),
    channel: reader.varint(),
    epoch: reader.varint(),
    offset: reader.varint(),
    hubTimeMs: reader.varint(),
  };
}

function readBody(
  reader: ByteReader,
  kind: number,
  header: FrameHeader,
  keyCounts: ArrayLike<number>,
): FrameV1 {
  switch (kind) {
    case frameKindsV1.keyframe:
      return readKeyframe(reader, header);
    case frameKindsV1.delta:
      return readDelta(reader, header, keyCounts);
    case frameKindsV1.backfill:
      return { kind: 'backfill', ...header, ...readBackfill(reader) };
    default:
      throw new ProtocolError('malformed-message', `unknown frame kind ${kind}`);
  }
}

function readKeys(reader: ByteReader): string[] {
  const count = reader.count(limits.seriesPerSet);
  return Array.from({ length: count }, () => reader.string(MAX_KEY_BYTES));
}

function readMeta(reader: ByteReader): FrameMeta | undefined {
  const text = reader.string(limits.frameBytes);
  if (text === '') return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ProtocolError('malformed-message', 'meta is not JSON');
  }
  const parsed = v.safeParse(frameMetaSchema, json);
  if (!parsed.success) throw new ProtocolError('malformed-message', 'meta has an unknown form');
  return parsed.output;
}

function readKeyframe(reader: ByteReader, header: FrameHeader): KeyframeV1 {
  const keysets = Array.from({ length: reader.count(limits.seriesPerSet) }, () => readKeys(reader));
  const hosts = Array.from({ length: reader.count(1_000_000, 4) }, (): FrameHost => {
    const hostId = reader.string(limits.nameLength);
    const keys = keysets[reader.varint()];
    if (!keys) throw new ProtocolError('malformed-message', 'unknown keyset');
    const timeMs = header.hubTimeMs + reader.zigzag();
    const state = stateOfCode(reader.u8());
    if (keys.length > reader.remaining)
      throw new ProtocolError('malformed-message', 'codes missing');
    const codes = new Float64Array(keys.length);
    for (let index = 0; index < codes.length; index++) codes[index] = reader.varint();
    return { hostId, keys, timeMs, ...state, codes };
  });
  return { kind: 'keyframe', ...header, hosts, meta: readMeta(reader) };
}

function readDelta(reader: ByteReader, header: FrameHeader, keyCounts: ArrayLike<number>): Delta {
  const hosts = Array.from({ length: reader.count(keyCounts.length, 3) }, (): HostDelta => {
    const index = reader.varint();
    const keys = keyCounts[index];
    if (keys === undefined)
      throw new ProtocolError('malformed-message', `unknown host index ${index}`);
    const timeMs = header.hubTimeMs + reader.zigzag();
    const state = stateOfCode(reader.u8());
    const bitmap = reader.raw(Math.ceil(keys / 8));
    const changed: number[] = [];
    for (let key = 0; key < keys; key++)
      if ((bitmap[key >> 3] as number) & (1 << (key & 7))) changed.push(key);
    return { index, timeMs, ...state, changed, codes: changed.map(() => reader.varint()) };
  });
  return { kind: 'delta', ...header, hosts, meta: readMeta(reader) };
}
