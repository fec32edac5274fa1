/**
 * The client's side of a WebSocket (RFC 6455), as much as an agent needs: no extensions, no server. The `ws` package
 * does the same and more, with Node's HTTP client, TLS and zlib behind it, for 4 MB more of resident memory; TLS is
 * loaded here only for https.
 */
import { createHash, randomBytes, randomFillSync } from 'node:crypto';
import { createConnection, type Socket } from 'node:net';
import { FrameError, FrameReader } from './frame-reader.ts';

export interface ClientSocketOptions {
  /** ws: or wss: */
  readonly url: string;
  readonly subprotocol: string;
  readonly authorization: string;
  /** Messages from the server beyond this end the connection. */
  readonly limitBytes: number;
  /** From the connection's begin to the end of the upgrade. */
  readonly handshakeMs: number;
  /** Makes the TCP or TLS connection. @default node:net, and node:tls for wss: */
  readonly connect?: (url: URL) => Socket;
}

export interface ClientSocketHandlers {
  open(): void;
  text(text: string): void;
  binary(): void;
  ping(): void;
  /** The server answered the upgrade with another status. */
  refused(status: number, body: string): void;
  error(error: Error): void;
  /** After open: the connection is over. 1006 without a close frame. */
  closed(code: number): void;
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const HEAD_LIMIT_BYTES = 16 * 1024;
const BODY_LIMIT_BYTES = 4 * 1024;
const END_OF_HEAD = '\r\n\r\n';
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PONG = 10;
const ABNORMAL = 1006;

/** How to connect: TLS is loaded first where it is needed. */
async function connectorFor(url: URL): Promise<(url: URL) => Socket> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol !== 'wss:')
    return () => createConnection({ host, port: Number(url.port || 80), noDelay: true });
  const tls = await import('node:tls');
  return () =>
    tls.connect({
      host,
      port: Number(url.port || 443),
      servername: /^[\d.:]+$/.test(host) ? '' : host,
      ALPNProtocols: ['http/1.1'],
    });
}

export class ClientSocket {
  readonly #options: ClientSocketOptions;
  readonly #handlers: ClientSocketHandlers;
  readonly #key = randomBytes(16).toString('base64');
  readonly #reader: FrameReader;
  readonly #mask = Buffer.alloc(4);
  #socket: Socket | undefined;
  #head: Buffer = Buffer.alloc(0);
  #phase: 'connecting' | 'open' | 'closing' | 'over' = 'connecting';
  #closeCode = ABNORMAL;

  constructor(options: ClientSocketOptions, handlers: ClientSocketHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#reader = new FrameReader(options.limitBytes);
    void this.#connect(new URL(options.url));
  }

  /**
   * A socket that cannot even begin (no network, no descriptors left) emits its error in the next tick: it gets its
   * listeners in the tick that makes it, or that error would end the process.
   */
  async #connect(url: URL): Promise<void> {
    try {
      // Awaited in any case: handlers are called only after the constructor has returned.
      const connect = await (this.#options.connect ?? connectorFor(url));
      if (this.#phase === 'connecting') this.#attach(connect(url), url);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  get isOpen(): boolean {
    return this.#phase === 'open';
  }

  /** Bytes that the kernel has not taken yet. */
  get bufferedBytes(): number {
    return this.#socket?.writableLength ?? 0;
  }

  sendText(text: string): void {
    if (this.isOpen) this.#write(TEXT, Buffer.from(text));
  }

  sendBinary(bytes: Uint8Array, flushed: () => void): void {
    if (this.isOpen) this.#write(BINARY, bytes, flushed);
  }

  /** Starts the closing handshake; the caller calls `terminate` a moment later. */
  close(code: number): void {
    if (!this.isOpen) return this.terminate();
    this.#phase = 'closing';
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.#write(CLOSE, payload);
  }

  /** Closes the socket at once. */
  terminate(): void {
    this.#phase = 'over';
    this.#socket?.destroy();
  }

  #attach(socket: Socket, url: URL): void {
    this.#socket = socket;
    socket.on('error', (error) => this.#fail(error));
    socket.setTimeout(this.#options.handshakeMs, () =>
      this.#fail(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })),
    );
    socket.on('data', (chunk: Buffer) => this.#received(chunk));
    socket.on('close', () => this.#ended());
    socket.write(
      [
        `GET ${url.pathname}${url.search} HTTP/1.1`,
        `Host: ${url.host}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${this.#key}`,
        `Sec-WebSocket-Protocol: ${this.#options.subprotocol}`,
        `Authorization: ${this.#options.authorization}`,
        END_OF_HEAD,
      ]
        .join('\r\n')
        .slice(0, -2),
    );
  }

  #received(chunk: Buffer): void {
    if (this.#phase === 'over') return;
    try {
      if (this.#phase === 'connecting') {
        this.#head = Buffer.concat([this.#head, chunk]);
        this.#upgrade();
        return;
      }
      for (const event of this.#reader.take(chunk)) {
        if (event.kind === 'text') this.#handlers.text(event.text);
        else if (event.kind === 'binary') this.#handlers.binary();
        else if (event.kind === 'ping') {
          this.#write(PONG, event.payload);
          this.#handlers.ping();
        } else {
          this.#closeCode = event.code;
          if (this.isOpen) this.close(1000);
          this.#socket?.end();
        }
      }
    } catch (error) {
      if (this.isOpen) this.close(error instanceof FrameError ? error.closeCode : 1011);
      this.#fail(error as Error);
    }
  }

  #upgrade(): void {
    const end = this.#head.indexOf(END_OF_HEAD);
    if (end < 0) {
      if (this.#head.length > HEAD_LIMIT_BYTES) this.#fail(new Error('the answer is no HTTP'));
      return;
    }
    const [statusLine = '', ...lines] = this.#head.toString('latin1', 0, end).split('\r\n');
    const headers = new Map(
      lines.map((line) => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
    );
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1]);
    const rest = this.#head.subarray(end + END_OF_HEAD.length);
    if (Number.isNaN(status)) return this.#fail(new Error('the answer is no HTTP'));
    if (status !== 101)
      return this.#refusal(status, Number(headers.get('content-length') ?? Number.NaN), rest);
    const accept = createHash('sha1')
      .update(this.#key + GUID)
      .digest('base64');
    if (
      headers.get('sec-websocket-accept') !== accept ||
      headers.get('sec-websocket-protocol') !== this.#options.subprotocol
    )
      return this.#fail(new Error('what answers there is no hub'));
    this.#socket?.setTimeout(0);
    this.#phase = 'open';
    this.#head = Buffer.alloc(0);
    this.#handlers.open();
    if (rest.length > 0) this.#received(rest);
  }

  /** Collects the response body up to its declared length, within a bound. */
  #refusal(status: number, length: number, body: Buffer): void {
    if (body.length < length && body.length < BODY_LIMIT_BYTES) return;
    if (Number.isNaN(length) && !this.#socket?.readableEnded && body.length === 0) return;
    this.terminate();
    this.#handlers.refused(status, body.toString('utf8', 0, BODY_LIMIT_BYTES));
  }

  #write(opcode: number, payload: Uint8Array, flushed?: () => void): void {
    const { length } = payload;
    const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
    const frame = Buffer.allocUnsafe(2 + extended + 4 + length);
    frame[0] = 0x80 | opcode;
    frame[1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127);
    if (extended === 2) frame.writeUInt16BE(length, 2);
    else if (extended === 8) frame.writeBigUInt64BE(BigInt(length), 2);
    const mask = this.#mask;
    randomFillSync(mask);
    const start = 2 + extended + 4;
    frame.set(mask, start - 4);
    for (let at = 0; at < length; at++)
      frame[start + at] = (payload[at] as number) ^ (mask[at & 3] as number);
    this.#socket?.write(frame, flushed);
  }

  #fail(error: Error): void {
    if (this.#phase === 'over') return;
    this.terminate();
    this.#handlers.error(error);
  }

  #ended(): void {
    if (this.#phase === 'over') return;
    const wasConnecting = this.#phase === 'connecting';
    this.#phase = 'over';
    if (wasConnecting)
      this.#handlers.error(new Error('the connection was closed before it was open'));
    else this.#handlers.closed(this.#closeCode);
  }
}
