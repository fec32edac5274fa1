/**
 * What goes into a socket, encoded once: the data of a Socket.IO packet and, beside it, the WebSocket frame around
 * it, which is written to the socket as it is, or handed to engine.io (`wsPreEncodedFrame`, which socket.io-adapter
 * uses for text). Transports that cannot use it encode `data` themselves.
 */
import type { Message } from '@openmanager/protocol';

export interface Packet {
  readonly data: Buffer | string;
  readonly bytes: number;
  /** The WebSocket frame. */
  readonly framed: Buffer;
  readonly options: { readonly compress: boolean; readonly wsPreEncodedFrame: readonly Buffer[] };
}

const TEXT = 0x81;
const BINARY = 0x82;

/** The header of a final, unmasked WebSocket frame (RFC 6455 §5.2). */
function header(opcode: number, length: number): Buffer {
  if (length < 126) return Buffer.from([opcode, length]);
  const long = length > 0xff_ff;
  const bytes = Buffer.alloc(long ? 10 : 4);
  bytes[0] = opcode;
  bytes[1] = long ? 127 : 126;
  if (long) bytes.writeBigUInt64BE(BigInt(length), 2);
  else bytes.writeUInt16BE(length, 2);
  return bytes;
}

/** A frame: one binary packet of these pieces. */
export function framePacket(pieces: readonly Uint8Array[]): Packet {
  let bytes = 0;
  for (const piece of pieces) bytes += piece.length;
  const head = header(BINARY, bytes);
  const framed = Buffer.concat([head, ...pieces], head.length + bytes);
  return {
    data: framed.subarray(head.length),
    bytes,
    framed,
    options: { compress: true, wsPreEncodedFrame: [framed] },
  };
}

/** Version 1's event `message`. */
export function messagePacket(message: Message): Packet {
  // Socket.IO's type in front: 2 is an event of the default namespace.
  const data = `2${JSON.stringify(['message', message])}`;
  // engine.io's own type in front: 4 is "message".
  const payload = Buffer.from(`4${data}`);
  const framed = Buffer.concat([header(TEXT, payload.length), payload]);
  return {
    data,
    bytes: payload.length,
    framed,
    options: { compress: true, wsPreEncodedFrame: [framed] },
  };
}
