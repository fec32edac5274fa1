/**
 * Writes packets of one connection. A frame goes straight to the TCP socket when nothing is queued before it, which is
 * half the work of a packet through engine.io. Everything else, and every other transport, goes through engine.io in
 * order. Uses internal fields of engine.io 6 and ws 8; without them it falls back to engine.io.
 */
import type { Writable } from 'node:stream';
import type { Packet } from './packet.ts';

/** What we use of engine.io's Socket. */
export interface EngineConnection {
  readonly readyState: string;
  readonly transport: {
    readonly name: string;
    readonly writable: boolean;
    /** When it can take something again, after what engine.io had queued. */
    on(event: 'ready', listener: () => void): void;
    readonly socket?: {
      readonly readyState?: number;
      _socket?: Writable | null;
      terminate?(): void;
    };
  };
  readonly writeBuffer: readonly unknown[];
  write(data: Buffer | string, options: Packet['options']): void;
  close(discard: boolean): void;
  on(event: 'upgrade' | 'packetCreate', listener: (argument?: unknown) => void): void;
}

const OPEN = 1;
const NOTHING = Buffer.alloc(0);

export class SocketWriter {
  readonly #connection: EngineConnection;

  /** `onReady` is called whenever the transport can take something again. */
  constructor(connection: EngineConnection, onReady: () => void) {
    this.#connection = connection;
    connection.transport.on('ready', onReady);
    connection.on('upgrade', () => {
      connection.transport.on('ready', onReady);
      onReady();
    });
  }

  /** Whether nothing is buffered in this process, so that a write goes to the kernel at once. */
  get isFree(): boolean {
    const connection = this.#connection;
    if (connection.writeBuffer.length > 0 || !connection.transport.writable) return false;
    return (this.#socket()?.writableLength ?? 0) === 0;
  }

  send(packet: Packet): void {
    const socket = this.isFree ? this.#socket() : undefined;
    if (socket === undefined) this.#connection.write(packet.data, packet.options);
    else socket.write(packet.framed);
  }

  /** Calls back once what waits in the TCP socket was taken by the kernel; what waits in engine.io ends in `onReady`. */
  whenFree(run: () => void): void {
    const socket = this.#socket();
    if (socket !== undefined && socket.writableLength > 0) socket.write(NOTHING, () => run());
  }

  /** Ends the connection without waiting for a peer that may never read. */
  terminate(): void {
    const { transport } = this.#connection;
    this.#connection.close(true);
    transport.socket?.terminate?.();
  }

  #socket(): Writable | undefined {
    const { readyState, transport } = this.#connection;
    if (readyState !== 'open' || transport.name !== 'websocket') return undefined;
    const web = transport.socket;
    return web?.readyState === OPEN ? (web._socket ?? undefined) : undefined;
  }
}
