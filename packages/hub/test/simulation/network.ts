/**
 * A network of byte streams in memory, as TCP gives them: in order and once within a connection, delayed, held back by
 * a partition and sent again after it, reset, or half-open when one side never hears of the end. Data of a connection
 * that the agent has given up may still reach the hub after a newer connection has.
 */
import { Duplex } from 'node:stream';
import type { Life, VirtualTime } from './time.ts';

const WINDOW_BYTES = 256 * 1024;
/** Longest wait of a retransmission after a partition has healed, ms. */
const RETRANSMIT_MS = 3_000;

/** The way between one machine and the hub. */
export class Link {
  delayMs = 2;
  jitterMs = 3;
  isParted = false;
  /** What connect() fails with at once, in the tick of the call: no route, no permission, no descriptors. */
  refusal: string | undefined;
  /** Connections over it. */
  readonly sockets = new Set<SimSocket>();
  readonly #waiting: (() => void)[] = [];

  whenOpen(work: () => void): void {
    if (this.isParted) this.#waiting.push(work);
    else work();
  }

  heal(): void {
    this.isParted = false;
    for (const work of this.#waiting.splice(0)) work();
  }
}

type Packet = Uint8Array | 'end' | 'reset';

export class SimSocket extends Duplex {
  readonly life: Life;
  readonly link: Link;
  readonly isOfAgent: boolean;
  readonly remoteAddress = '192.0.2.1';
  readonly remotePort = 1;
  readonly encrypted = false;
  connecting = false;
  peer: SimSocket | undefined;
  readonly #network: SimNetwork;
  #lastMs = 0;
  #inFlight = 0;
  #held: (() => void) | undefined;
  #idle: NodeJS.Timeout | undefined;
  #idleMs = 0;

  constructor(network: SimNetwork, life: Life, link: Link, isOfAgent: boolean) {
    super({ allowHalfOpen: false });
    this.#network = network;
    this.life = life;
    this.link = link;
    this.isOfAgent = isOfAgent;
    link.sockets.add(this);
    life.onEnd(() => this.#processEnded());
  }

  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  setTimeout(ms: number, callback?: () => void): this {
    if (callback !== undefined) this.once('timeout', callback);
    this.#idleMs = ms;
    this.#active();
    return this;
  }

  #active(): void {
    clearTimeout(this.#idle);
    if (this.#idleMs > 0)
      this.#network.time.as(this.life, () => {
        this.#idle = setTimeout(() => this.emit('timeout'), this.#idleMs);
      });
  }

  override _read(): void {}

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.#active();
    // A copy: its owner may use the memory again.
    this.#send(Uint8Array.from(chunk));
    if (this.#inFlight < WINDOW_BYTES) done();
    else this.#held = done;
  }

  override _final(done: () => void): void {
    this.#send('end');
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#idle);
    this.link.sockets.delete(this);
    if (this.peer !== undefined) this.#send('reset');
    done(error);
  }

  /** The connection breaks; whoever is told hears of it at once. */
  cut(tellPeer: boolean): void {
    const { peer } = this;
    if (!tellPeer) this.peer = undefined;
    this.fail('ECONNRESET');
    if (!tellPeer && peer !== undefined) peer.peer = undefined;
  }

  fail(code: string): void {
    if (this.destroyed) return;
    const error = Object.assign(new Error(code), { code });
    this.#network.time.as(this.life, () => this.destroy(error));
  }

  /** The kernel closes what a process leaves open. */
  #processEnded(): void {
    if (this.destroyed) return;
    clearTimeout(this.#idle);
    this.link.sockets.delete(this);
    this.#send('reset');
  }

  #send(packet: Packet): void {
    const { peer, link } = this;
    // Sent into a connection of which the other side knows nothing any more: a reset comes back.
    if (peer === undefined) {
      if (typeof packet === 'string') return;
      const rtt = 2 * link.delayMs;
      this.#network.time.afterIn(this.life, rtt, () =>
        link.whenOpen(() => this.fail('ECONNRESET')),
      );
      return;
    }
    const bytes = typeof packet === 'string' ? 0 : packet.byteLength;
    this.#inFlight += bytes;
    this.#transmit(peer, packet, bytes, 0);
  }

  #transmit(peer: SimSocket, packet: Packet, bytes: number, extraMs: number): void {
    const { time, random } = this.#network;
    const wait = this.link.delayMs + random() * this.link.jitterMs + extraMs;
    // In order, whatever the delays.
    this.#lastMs = Math.max(this.#lastMs, time.nowMs + wait);
    time.after(this.#lastMs - time.nowMs, () => {
      if (!this.link.isParted) return this.#arrived(peer, packet, bytes);
      const order = this.#lastMs;
      this.link.whenOpen(() => {
        this.#lastMs = Math.max(this.#lastMs, order);
        this.#transmit(peer, packet, bytes, random() * RETRANSMIT_MS);
      });
    });
  }

  #arrived(peer: SimSocket, packet: Packet, bytes: number): void {
    this.#inFlight -= bytes;
    const held = this.#held;
    this.#held = undefined;
    if (held && !this.life.isOver) this.#network.time.afterIn(this.life, 0, held);
    if (peer.destroyed || peer.life.isOver) {
      if (typeof packet !== 'string' && !this.destroyed && !this.life.isOver)
        this.#network.time.afterIn(this.life, this.link.delayMs, () => this.fail('ECONNRESET'));
      return;
    }
    // A stopped process reads when it goes on; its kernel has taken the bytes.
    this.#network.time.afterIn(peer.life, 0, () => {
      if (peer.destroyed) return;
      peer.#active();
      if (packet === 'reset') {
        peer.peer = undefined;
        peer.fail('ECONNRESET');
      } else peer.push(packet === 'end' ? null : Buffer.from(packet));
    });
  }
}

export class SimNetwork {
  readonly time: VirtualTime;
  readonly random: () => number;
  #listener: { readonly life: Life; readonly accept: (socket: SimSocket) => void } | undefined;
  /** By machine. */
  readonly links = new Map<object, Link>();

  constructor(time: VirtualTime, random: () => number) {
    this.time = time;
    this.random = random;
  }

  listen(life: Life, accept: (socket: SimSocket) => void): void {
    this.#listener = { life, accept };
    life.onEnd(() => {
      if (this.#listener?.life === life) this.#listener = undefined;
    });
  }

  /** In place of createConnection of node:net, called by an agent. */
  connect(): SimSocket {
    const { life } = this.time;
    const link = life && this.links.get(life.clock);
    if (life === undefined || link === undefined) throw new Error('connect() outside of an agent');
    const socket = new SimSocket(this, life, link, true);
    if (link.refusal !== undefined) {
      const code = link.refusal;
      process.nextTick(() => socket.fail(code));
      return socket;
    }
    socket.connecting = true;
    socket.cork();
    const reach = (): void => link.whenOpen(() => this.#reached(socket));
    this.time.after(link.delayMs + this.random() * link.jitterMs, reach);
    return socket;
  }

  #reached(socket: SimSocket): void {
    const { time } = this;
    const { life, link } = socket;
    if (socket.destroyed || life.isOver) return;
    const listener = this.#listener;
    if (listener === undefined) {
      time.afterIn(life, link.delayMs, () => socket.fail('ECONNREFUSED'));
      return;
    }
    const other = new SimSocket(this, listener.life, link, false);
    other.peer = socket;
    socket.peer = other;
    // Reset while it waits in the backlog of a process that is stopped: the process never hears of it.
    const ignore = (): void => undefined;
    other.on('error', ignore);
    time.afterIn(listener.life, 0, () => {
      if (other.destroyed) return;
      listener.accept(other);
      other.off('error', ignore);
    });
    time.afterIn(life, link.delayMs, () => {
      socket.connecting = false;
      socket.uncork();
      socket.emit('connect');
    });
  }
}
