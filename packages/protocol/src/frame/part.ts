/**
 * A frame is a row of parts until its end, each of one channel and readable by itself, so that a client of several
 * topics gets one packet made of bytes that others get too.
 *
 * part: varint bytes that follow · u8 kind (bit 7: body is compressed) · varint channel · varint offset ·
 *   varint span · varint hub time ms · body
 * compressed body: varint bytes of the body · raw DEFLATE stream (RFC 1951)
 *
 * span: how many offsets up to and with `offset` the part makes up for. A part that does not reach down to what
 * the client has applied (offset − span > cursor) shows that something was left out.
 */
import { ByteReader, ByteWriter } from '../codec/bytes.ts';
import { ProtocolError } from '../errors.ts';
import { limits } from '../limits.ts';

export const partKinds = { keyframe: 1, delta: 2, backfill: 3, message: 4 } as const;
export type PartKind = keyof typeof partKinds;

const COMPRESSED = 0x80;
const kindNames = new Map<number, PartKind>(
  Object.entries(partKinds).map(([name, kind]) => [kind, name as PartKind]),
);

export interface PartHeader {
  readonly kind: PartKind;
  readonly channel: number;
  readonly offset: number;
  readonly span: number;
  readonly hubTimeMs: number;
}

export interface Part extends PartHeader {
  readonly compressed: boolean;
  readonly bytes: Uint8Array;
}

/** `compressed`: the raw DEFLATE stream of `body`, to be sent in its place. */
export function encodePart(
  header: PartHeader,
  body: Uint8Array,
  compressed?: Uint8Array,
): Uint8Array {
  const writer = new ByteWriter(40);
  writer.u8(partKinds[header.kind] | (compressed === undefined ? 0 : COMPRESSED));
  writer.varint(header.channel);
  writer.varint(header.offset);
  writer.varint(header.span);
  writer.varint(header.hubTimeMs);
  if (compressed !== undefined) writer.varint(body.length);
  const head = writer.finish();
  const rest = compressed ?? body;
  const whole = new ByteWriter(head.length + rest.length + 8);
  whole.varint(head.length + rest.length);
  whole.raw(head);
  whole.raw(rest);
  return whole.finish();
}

/** The parts of a frame, their headers read and their bodies not. Every defect is a ProtocolError. */
export function splitFrame(frame: Uint8Array): readonly Part[] {
  if (frame.length > limits.frameBytes)
    throw new ProtocolError('message-too-large', `frame of ${frame.length} bytes`);
  const parts: Part[] = [];
  const reader = new ByteReader(frame);
  while (reader.remaining > 0) {
    const part = new ByteReader(reader.raw(reader.varint()));
    const byte = part.u8();
    const kind = kindNames.get(byte & ~COMPRESSED);
    if (kind === undefined)
      throw new ProtocolError('malformed-message', `unknown kind of part ${byte}`);
    parts.push({
      kind,
      channel: part.varint(),
      offset: part.varint(),
      span: part.varint(),
      hubTimeMs: part.varint(),
      compressed: byte >= COMPRESSED,
      bytes: part.rest(),
    });
  }
  return parts;
}

/** Inflates a raw DEFLATE stream into exactly `bytes` bytes; throws any error when it cannot. */
export type Inflate = (stream: Uint8Array, bytes: number) => Uint8Array;

export function bodyOfPart(part: Part, inflate: Inflate): Uint8Array {
  if (!part.compressed) return part.bytes;
  const reader = new ByteReader(part.bytes);
  const size = reader.varint();
  if (size > limits.frameBytes)
    throw new ProtocolError('message-too-large', `body of ${size} bytes`);
  let body: Uint8Array;
  try {
    body = inflate(reader.rest(), size);
  } catch {
    throw new ProtocolError('malformed-message', 'the body cannot be decompressed');
  }
  if (body.length !== size)
    throw new ProtocolError('malformed-message', 'the body has another size than was said');
  return body;
}
