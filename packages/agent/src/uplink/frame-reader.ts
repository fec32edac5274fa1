/** Frames of a WebSocket (RFC 6455, section 5) as a server sends them, from chunks cut anywhere. */
export type SocketEvent =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'binary' }
  | { readonly kind: 'ping'; readonly payload: Buffer }
  | { readonly kind: 'close'; readonly code: number };

/** What the other side did wrong; the connection cannot go on. */
export class FrameError extends Error {
  readonly closeCode: number;

  constructor(closeCode: number, message: string) {
    super(message);
    this.name = 'FrameError';
    this.closeCode = closeCode;
  }
}

const CONTINUATION = 0;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const CONTROL_LIMIT_BYTES = 125;
const NO_CODE = 1005;
const PROTOCOL_ERROR = 1002;
const TOO_BIG = 1009;

interface Frame {
  readonly final: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

export class FrameReader {
  readonly #limitBytes: number;
  #buffer: Buffer = Buffer.alloc(0);
  /** Parts of a message that is not complete yet. */
  #parts: Buffer[] = [];
  #partsBytes = 0;
  #opcode = CONTINUATION;

  /** @param limitBytes of one message, all its fragments together */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** What the chunk completes. Throws FrameError. */
  *take(chunk: Buffer): Generator<SocketEvent> {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    for (let frame = this.#frame(); frame; frame = this.#frame()) {
      const event = frame.opcode >= CLOSE ? control(frame) : this.#data(frame);
      if (event) yield event;
    }
  }

  #frame(): Frame | undefined {
    const buffer = this.#buffer;
    if (buffer.length < 2) return undefined;
    const [first, second] = buffer as unknown as [number, number];
    if ((first & 0x70) !== 0)
      throw new FrameError(PROTOCOL_ERROR, 'an extension was not agreed on');
    if ((second & 0x80) !== 0) throw new FrameError(PROTOCOL_ERROR, 'a server masks nothing');
    let length = second & 0x7f;
    let at = 2;
    if (length === 126) {
      if (buffer.length < 4) return undefined;
      length = buffer.readUInt16BE(2);
      at = 4;
    } else if (length === 127) {
      if (buffer.length < 10) return undefined;
      length = Number(buffer.readBigUInt64BE(2));
      at = 10;
    }
    if (length + this.#partsBytes > this.#limitBytes)
      throw new FrameError(TOO_BIG, `a message of more than ${this.#limitBytes} bytes`);
    if (buffer.length < at + length) return undefined;
    this.#buffer = buffer.subarray(at + length);
    return {
      final: (first & 0x80) !== 0,
      opcode: first & 0x0f,
      payload: buffer.subarray(at, at + length),
    };
  }

  #data({ final, opcode, payload }: Frame): SocketEvent | undefined {
    const starts = opcode === TEXT || opcode === BINARY;
    if (!starts && opcode !== CONTINUATION)
      throw new FrameError(PROTOCOL_ERROR, `unknown opcode ${opcode}`);
    if (starts !== (this.#opcode === CONTINUATION))
      throw new FrameError(PROTOCOL_ERROR, 'fragments out of order');
    if (starts) this.#opcode = opcode;
    this.#parts.push(payload);
    this.#partsBytes += payload.length;
    if (!final) return undefined;
    const kind = this.#opcode;
    const whole = this.#parts.length === 1 ? payload : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#partsBytes = 0;
    this.#opcode = CONTINUATION;
    return kind === TEXT ? { kind: 'text', text: whole.toString() } : { kind: 'binary' };
  }
}

function control({ final, opcode, payload }: Frame): SocketEvent | undefined {
  if (!final || payload.length > CONTROL_LIMIT_BYTES)
    throw new FrameError(PROTOCOL_ERROR, 'a control frame is short and whole');
  switch (opcode) {
    case CLOSE:
      return { kind: 'close', code: payload.length >= 2 ? payload.readUInt16BE(0) : NO_CODE };
    case PING:
      return { kind: 'ping', payload };
    case PONG:
      return undefined;
    default:
      throw new FrameError(PROTOCOL_ERROR, `unknown opcode ${opcode}`);
  }
}
