/**
 * A Socket.IO packet encoded once: its data and, beside it, the pre-encoded WebSocket frame, which is written to the
 * socket directly or passed to engine.io (`wsPreEncodedFrame`, which socket.io-adapter uses for text). Transports that
 * cannot use it encode `data` themselves.
 */

export interface Packet {
  readonly data: Buffer;
  readonly bytes: number;
  /** The WebSocket frame. */
  readonly framed: Buffer;
  readonly options: { readonly compress: boolean; readonly wsPreEncodedFrame: readonly Buffer[] };
}

const BINARY = 0x82;

/** The header of a final, unmasked, binary WebSocket frame (RFC 6455 §5.2). */
function header(length: number): Buffer {
  if (length < 126) return Buffer.from([BINARY, length]);
  const long = length > 0xff_ff;
  const bytes = Buffer.alloc(long ? 10 : 4);
  bytes[0] = BINARY;
  bytes[1] = long ? 127 : 126;
  if (long) bytes.writeBigUInt64BE(BigInt(length), 2);
  else bytes.writeUInt16BE(length, 2);
  return bytes;
}

/** A frame: one binary packet of these encoded parts. */
export function framePacket(parts: readonly Uint8Array[]): Packet {
  let bytes = 0;
  for (const part of parts) bytes += part.length;
  const head = header(bytes);
  const framed = Buffer.concat([head, ...parts], head.length + bytes);
  return {
    data: framed.subarray(head.length),
    bytes,
    framed,
    options: { compress: true, wsPreEncodedFrame: [framed] },
  };
}
