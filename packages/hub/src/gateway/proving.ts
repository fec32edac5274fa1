/**
 * Connections of which nobody has shown yet who they are. Over polling such a session costs its peer one request and
 * holds no socket, so that sessions are bounded here, and sockets by the hub's `Connections`: a small pool with a share
 * per address, a short life, and a bound on how many an address may begin for nothing. What came with the cookie of a
 * session is no stranger from the start and passes all of it.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  peerOf,
  Strangers,
  type Authenticator,
  type Clock,
  type Connections,
  type Subject,
} from '../ports/index.ts';
import type { GatewayLimits } from './options.ts';
import { cookieCounts } from './origin.ts';

const WINDOW_MS = 10_000;
/** Addresses that are counted; with more, counting begins anew. */
const ADDRESSES = 10_000;

/** What is used of an engine.io connection. */
export interface Session {
  readonly id: string;
  readonly request: IncomingMessage;
  readonly transport: { readonly name: string };
  close(discard?: boolean): unknown;
  once(event: 'close', listener: () => void): unknown;
}

export interface ProvingOptions {
  readonly clock: Clock;
  readonly authenticator: Authenticator;
  readonly allowedOrigins: readonly string[];
  readonly connections?: Connections | undefined;
  readonly limits: Pick<
    Required<GatewayLimits>,
    'strangers' | 'strangersPerAddress' | 'handshakesPerAddress'
  >;
}

export class Proving {
  readonly #options: ProvingOptions;
  readonly #strangers: Strangers<Session>;
  /** Who has proven itself, by the id of its connection, where that has no socket of its own. */
  readonly #proven = new Map<string, Subject>();
  /** Handshakes of this window that came to nothing yet, by address. */
  readonly #begun = new Map<string, number>();
  /** Handshakes whose cookie was right. */
  readonly #signedIn = new WeakSet<IncomingMessage>();
  #windowEndsMs = 0;

  constructor(options: ProvingOptions) {
    this.#options = options;
    const { strangers: total, strangersPerAddress: perAddress } = options.limits;
    this.#strangers = new Strangers({ total, perAddress }, (session) => session.close(true));
  }

  get strangers(): number {
    return this.#strangers.size;
  }

  /** Whether a new connection may begin. */
  async mayBegin(request: IncomingMessage): Promise<boolean> {
    if (await this.#hasSession(request)) return true;
    const nowMs = this.#options.clock.now();
    if (nowMs >= this.#windowEndsMs || this.#begun.size > ADDRESSES) {
      this.#begun.clear();
      this.#windowEndsMs = nowMs + WINDOW_MS;
    }
    const peer = peerOf(request.socket.remoteAddress);
    const begun = this.#begun.get(peer) ?? 0;
    if (begun >= this.#options.limits.handshakesPerAddress) return false;
    this.#begun.set(peer, begun + 1);
    return true;
  }

  /** A connection began. */
  opened(session: Session): void {
    if (this.#signedIn.has(session.request)) return;
    this.#strangers.add(session, peerOf(session.request.socket.remoteAddress));
    session.once('close', () => this.#strangers.delete(session));
  }

  /** It has shown who it is. */
  proved(session: Session, subject: Subject): void {
    if (session.transport.name === 'polling') {
      this.#proven.set(session.id, subject);
      session.once('close', () => this.#proven.delete(session.id));
    }
    this.#options.connections?.known(session.request.socket, subject);
    if (!this.#strangers.delete(session)) return;
    const peer = peerOf(session.request.socket.remoteAddress);
    const begun = this.#begun.get(peer) ?? 0;
    if (begun > 0) this.#begun.set(peer, begun - 1);
  }

  /** A further request or upgrade of a connection, over a socket of its own. */
  came(sessionId: string, socket: Duplex): void {
    const subject = this.#proven.get(sessionId);
    if (subject) this.#options.connections?.known(socket, subject);
  }

  async #hasSession(request: IncomingMessage): Promise<boolean> {
    const { authenticator, allowedOrigins, connections } = this.#options;
    const { cookie } = request.headers;
    if (cookie === undefined || !cookieCounts(request, allowedOrigins)) return false;
    try {
      const subject = await authenticator.authenticate({ cookie });
      if (subject.kind === 'anonymous') return false;
      this.#signedIn.add(request);
      connections?.known(request.socket, subject);
      return true;
    } catch {
      return false;
    }
  }
}
