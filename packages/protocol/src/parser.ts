/**
 * Socket.IO's parser, but with a frame as one bare binary packet instead of a placeholder and an attachment:
 * half the packets for what is sent most. Everything else stays as the stock parser has it.
 */
import {
  Decoder as StockDecoder,
  Encoder as StockEncoder,
  PacketType,
  type Packet,
} from 'socket.io-parser';

export class Encoder extends StockEncoder {
  override encode(packet: Packet): unknown[] {
    const data = packet.data as unknown;
    if (packet.type === PacketType.EVENT && Array.isArray(data) && data[0] === 'frame')
      return [data[1]];
    return super.encode(packet) as unknown[];
  }
}

export class Decoder extends StockDecoder {
  override add(chunk: unknown): void {
    if (typeof chunk === 'string') {
      super.add(chunk);
      return;
    }
    const bytes = chunk instanceof ArrayBuffer ? new Uint8Array(chunk) : chunk;
    this.emitReserved('decoded', {
      type: PacketType.EVENT,
      nsp: '/',
      data: ['frame', bytes],
    });
  }
}
