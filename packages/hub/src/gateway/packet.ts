/**
 * What is broadcast, encoded once: the Socket.IO packet and, beside it, the WebSocket frame around it, which
 * engine.io hands to the socket as it is (`wsPreEncodedFrame`, used by socket.io-adapter for text). Transports
 * that cannot use it encode `data` themselves.
 */
import type { Message } from '@openmanager/protocol';

export interface Packet {
  readonly data: Buffer | string;
  readonly bytes: number;
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

export function framePacket(bytes: Uint8Array): Packet {
  const head = header(BINARY, bytes.length);
  const framed = Buffer.concat([head, bytes]);
  return {
    data: framed.subarray(head.length),
    bytes: bytes.length,
    options: { compress: true, wsPreEncodedFrame: [framed] },
  };
}

export function messagePacket(message: Message): Packet {
  // Socket.IO's type in front: 2 is an event of the default namespace.
  const data = `2${JSON.stringify(['message', message])}`;
  // engine.io's own type in front: 4 is "message".
  const payload = Buffer.from(`4${data}`);
  const framed = Buffer.concat([header(TEXT, payload.length), payload]);
  return { data, bytes: payload.length, options: { compress: true, wsPreEncodedFrame: [framed] } };
}
