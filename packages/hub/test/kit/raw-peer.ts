import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A peer that speaks bytes, and closes only when it wants to. */
export class RawPeer {
  readonly socket: Socket;
  received = '';
  /** When the hub ended the connection, `performance.now()`. */
  readonly closed: Promise<number>;
  firstByteAt: number | undefined;
  #isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      this.firstByteAt ??= performance.now();
      this.received += chunk.toString('latin1');
    });
    this.closed = new Promise((resolve) =>
      socket.once('close', () => {
        this.#isClosed = true;
        resolve(performance.now());
      }),
    );
  }

  /** `from`: an address of this machine to come from. */
  static async connect(url: string, from?: string): Promise<RawPeer> {
    const { hostname, port } = new URL(url);
    const socket = connect({
      host: hostname,
      port: Number(port),
      allowHalfOpen: true,
      ...(from === undefined ? {} : { localAddress: from }),
    });
    const peer = new RawPeer(socket);
    // One that is cut at once never connects, as seen from here.
    await Promise.race([once(socket, 'connect'), peer.closed]);
    return peer;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Sends, and keeps sending now and then: a socket that was destroyed on the other side answers that with a reset,
   * one that was only ended takes it.
   */
  send(text: string | Buffer): this {
    this.socket.write(text);
    return this;
  }

  probe(everyMs = 50): this {
    const timer = setInterval(() => this.socket.write('x'), everyMs);
    void this.closed.then(() => clearInterval(timer));
    return this;
  }

  destroy(): void {
    this.socket.destroy();
  }
}
