/**
 * The gateway: Socket.IO on the hub's HTTP server, admission of clients, channels, and the lifecycle of both.
 *
 * engine.io answers /socket.io/ and passes every other request to the listeners that the server had before `run`,
 * so other handlers attach first. Upgrades for other paths are left to their owners.
 */
import type { IncomingMessage } from 'node:http';
import {
  capabilities,
  limits as wire,
  ProtocolError,
  type ErrorCode,
  type Priority,
  type SlowClients,
  type Topic,
} from '@openmanager/protocol';
import * as parser from '@openmanager/protocol/parser';
import { Server, type ServerOptions } from 'socket.io';
import type { DeliveryStats, Service, Subject, Unsubscribe, Watchers } from '../ports/index.ts';
import { Admission } from './admission.ts';
import type { ChannelOptions } from './channel.ts';
import { GatewayClient } from './client.ts';
import { Commands } from './commands.ts';
import { SendScheduler } from './send-scheduler.ts';
import { DeliveryCounters } from './delivery-counters.ts';
import { FrameTopics } from './frame-topics.ts';
import { bodyOf, Refusal, shakeHands, type HubServer, type HubSocket } from './handshake.ts';
import { slim } from './lean.ts';
import { MessageTopics } from './message-topics.ts';
import { NoRooms } from './no-rooms.ts';
import { gatewayDefaults, heartbeat, type GatewayLimits, type GatewayOptions } from './options.ts';
import { judgeOrigin } from './origin.ts';
import { Proving, type Session } from './proving.ts';
import { FrameRecovery } from './recovery.ts';
import { systemTimers, type Cancel, type Timers } from './timers.ts';
import { WatchedHosts } from './watch.ts';

const COMPRESS_ABOVE_BYTES = 1024;
/** Interval of the check for stalled clients. */
const CHECK_MS = 1_000;
const SLOW_SHOWN = 20;

/** engine.io adds the query to the requests it is given. */
type EngineRequest = IncomingMessage & { readonly _query: { readonly sid?: string } };

export class WebSocketManager implements Service, Watchers {
  readonly #options: GatewayOptions;
  readonly #limits: Required<GatewayLimits>;
  readonly #timers: Timers;
  readonly #epoch: number;
  readonly #admission: Admission;
  readonly #proving: Proving;
  readonly #io: HubServer;
  readonly #counters: DeliveryCounters = new DeliveryCounters();
  readonly #clients: Map<HubSocket, GatewayClient> = new Map();
  /** Connections that have shaken hands, or are about to: a second time on the same one is an attack or a defect. */
  readonly #connections: WeakSet<object> = new WeakSet();
  readonly #scheduler: SendScheduler;
  readonly #watched: WatchedHosts;
  readonly #frames: FrameTopics;
  readonly #messages: MessageTopics;
  readonly #commands: Commands;
  #channelNumbers = 0;
  #draining = false;
  #ending: GatewayClient[] = [];
  #unsubscribes: readonly Unsubscribe[] = [];
  #nextCheck: Cancel | undefined;

  constructor(options: GatewayOptions) {
    const { live, outlooks, clock, log } = options;
    this.#options = options;
    this.#limits = { ...gatewayDefaults, ...options.limits };
    this.#timers = options.timers ?? systemTimers;
    this.#epoch = options.epoch ?? clock.now();
    this.#admission = new Admission(this.#timers, this.#limits.handshakesWaiting);
    this.#proving = new Proving({ ...options, limits: this.#limits });
    this.#io = new Server(this.#serverOptions());
    this.#watched = new WatchedHosts(this.#timers);
    this.#scheduler = new SendScheduler(this.#timers);
    this.#frames = new FrameTopics({
      live,
      outlooks,
      timers: this.#timers,
      counters: this.#counters,
      lingerMs: this.#limits.channelLingerMs,
      idleChannels: this.#limits.idleChannels,
      maxChannels: this.#limits.channels,
      describe: (topic, minPriority, firstOffset) =>
        this.#describe(topic, minPriority, firstOffset),
    });
    this.#messages = new MessageTopics({
      ...options,
      timers: this.#timers,
      describe: (topic, minPriority) => this.#describe(topic, minPriority, 0),
    });
    const recovery = new FrameRecovery({
      history: options.history,
      clock,
      log,
      limits: this.#limits,
    });
    const limits = this.#limits;
    const frames = this.#frames;
    const messages = this.#messages;
    const watched = this.#watched;
    this.#commands = new Commands({ ...options, limits, frames, messages, recovery, watched });
  }

  async run(): Promise<void> {
    const { authenticator, pulse } = this.#options;
    this.#unsubscribes = [
      authenticator.onRevoked((subject) => this.#cutSubject(subject)),
      ...(pulse ? [pulse.onMissed((ms) => this.#missed(ms))] : []),
    ];
    this.#io.use((socket, next) => {
      void this.#admit(socket, next);
    });
    this.#io.on('connection', (socket) => this.#connected(socket));
    this.#io.attach(this.#options.httpServer);
    const { engine } = this.#io;
    engine.on('connection', (session: Session) => this.#proving.opened(session));
    engine.use((request: EngineRequest, _response: unknown, next: () => void) => {
      if (request._query.sid !== undefined) this.#proving.came(request._query.sid, request.socket);
      next();
    });
    this.#watchProgress();
  }

  /** Refuses new clients and announces the shutdown to all others; their connections end after that message. */
  async drain(): Promise<void> {
    this.#draining = true;
    for (const client of this.#clients.values()) {
      this.#ending.push(client);
      client.cut('shutting-down');
    }
  }

  /** Ends the clients and every timer; the HTTP server stays with its owner. */
  async stop(): Promise<void> {
    await this.drain();
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
    this.#nextCheck?.();
    this.#frames.stop();
    this.#messages.stop();
    this.#watched.stop();
    this.#io.engine?.close();
    for (const client of this.#ending) client.outlet.terminate();
    this.#ending = [];
  }

  get clientsConnected(): number {
    return this.#clients.size;
  }

  stats(): DeliveryStats {
    return this.#counters.read(this.#clients.size, this.#slowClients());
  }

  isWatched(hostId: string): boolean {
    return this.#watched.isWatched(hostId);
  }

  onWatched(listener: (hostId: string, watched: boolean) => void): Unsubscribe {
    return this.#watched.onWatched(listener);
  }

  #serverOptions(): NonNullable<ConstructorParameters<typeof Server>[0]> & object {
    const { allowedOrigins } = this.#options;
    return {
      parser,
      transports: ['websocket', 'polling'],
      adapter: NoRooms as unknown as NonNullable<ServerOptions['adapter']>,
      allowRequest: (request, decide) => {
        const refused = this.#refuse(request);
        if (refused === null) void this.#begin(request, decide);
        else decide(refused, false);
      },
      // Only for polling from pages of other origins; these bring tokens, never cookies.
      cors: { origin: [...allowedOrigins], credentials: false },
      maxHttpBufferSize: wire.clientMessageBytes,
      pingInterval: heartbeat.pingIntervalMs,
      pingTimeout: heartbeat.pingTimeoutMs,
      connectTimeout: this.#limits.provingMs,
      perMessageDeflate: false,
      httpCompression: { threshold: COMPRESS_ABOVE_BYTES },
      cookie: false,
      serveClient: false,
      destroyUpgrade: false,
    };
  }

  async #begin(
    request: IncomingMessage,
    decide: (refused: string | null, isAllowed: boolean) => void,
  ): Promise<void> {
    const mayEnter =
      (await this.#proving.mayBegin(request)) && this.#admission.enter(() => decide(null, true));
    if (!mayEnter) decide(refusal('too-many-requests'), false);
  }

  /** Why a request may not become a connection: an error body as JSON, for engine.io's 403; or null. */
  #refuse(request: IncomingMessage): string | null {
    const { allowedOrigins, log } = this.#options;
    if (this.#draining) return refusal('shutting-down');
    if (this.#io.engine.clientsCount >= this.#limits.clients) {
      log.warn({ clients: this.#limits.clients }, 'client refused: too many are connected');
      return refusal('too-many-requests');
    }
    if (judgeOrigin(request.headers, allowedOrigins) !== 'refused') return null;
    const { origin, host } = request.headers;
    log.warn({ origin, host }, 'origin refused: --allow-origin with this origin would allow it');
    return refusal('origin-not-allowed');
  }

  async #admit(socket: HubSocket, next: (error?: Error) => void): Promise<void> {
    if (this.#connections.has(socket.conn)) {
      socket.conn.close(true);
      return;
    }
    this.#connections.add(socket.conn);
    try {
      socket.data = await shakeHands(socket.request, socket.handshake.auth, this.#options);
      if (this.#draining) throw new ProtocolError('shutting-down');
      // It may have closed while the credentials were checked, and there is no second close event.
      if (socket.conn.readyState !== 'open') return;
      this.#proving.proved(socket.conn as unknown as Session, socket.data.subject);
      // From here on a revocation reaches it.
      this.#commands.serve(this.#newClient(socket));
      next();
    } catch (error) {
      this.#connections.delete(socket.conn);
      next(new Refusal(bodyOf(error, this.#options.log, 'handshake')));
    }
  }

  #newClient(socket: HubSocket): GatewayClient {
    const timers = this.#timers;
    const counters = this.#counters;
    const limits = this.#limits;
    const scheduler = this.#scheduler;
    const client = new GatewayClient({
      socket,
      scheduler,
      timers,
      counters,
      limits,
      clock: this.#options.clock,
    });
    this.#clients.set(socket, client);
    socket.conn.on('close', () => {
      this.#clients.delete(socket);
      client.detach();
    });
    return client;
  }

  #connected(socket: HubSocket): void {
    // Revoked between the handshake and now.
    if (this.#clients.get(socket)?.closed !== false) socket.disconnect(true);
    slim(socket);
    const { version, canInflate } = socket.data;
    socket.emit('welcome', { version, capabilities: canInflate ? [capabilities.deflate] : [] });
    // Leaving the namespace without closing the connection would leave an empty one behind.
    socket.on('disconnect', () => socket.conn.close());
  }

  #watchProgress(): void {
    this.#nextCheck = this.#timers.after(CHECK_MS, () => {
      this.#options.pulse?.check();
      const nowMs = this.#options.clock.now();
      for (const client of this.#clients.values()) client.outlet.check(nowMs);
      this.#watchProgress();
    });
  }

  /** What came meanwhile is read before anyone is given up: an acknowledgement, the answer to a ping. */
  #missed(ms: number): void {
    const nowMs = this.#options.clock.now();
    for (const [socket, client] of this.#clients) {
      client.outlet.missed(ms, nowMs);
      awaitPong(socket.conn);
    }
  }

  #slowClients(): SlowClients {
    let lagging = 0;
    const slow: GatewayClient[] = [];
    for (const client of this.#clients.values()) {
      if (client.outlet.lagging) lagging++;
      if (client.outlet.lagging || client.outlet.framesCoalesced > 0) slow.push(client);
    }
    slow.sort(
      (a, b) =>
        Number(b.outlet.lagging) - Number(a.outlet.lagging) ||
        b.outlet.framesCoalesced - a.outlet.framesCoalesced,
    );
    const worst = slow.slice(0, SLOW_SHOWN).map((client) => client.slowness);
    return { lagging, evicted: this.#counters.clientsEvicted, worst };
  }

  #cutSubject(subject: Subject): void {
    for (const client of this.#clients.values())
      if (isMeant(client.subject, subject))
        client.cut('unauthenticated', 'This session or token was revoked.');
  }

  #describe(topic: Topic, minPriority: Priority, firstOffset: number): ChannelOptions {
    const { ringEntries: entries, ringBytes: bytes, ringAgeMs: ageMs } = this.#limits;
    const number = ++this.#channelNumbers;
    const { clock } = this.#options;
    return {
      topic,
      minPriority,
      number,
      epoch: this.#epoch,
      firstOffset,
      clock,
      ring: { entries, bytes, ageMs },
    };
  }
}

function refusal(code: ErrorCode): string {
  return JSON.stringify(new ProtocolError(code).toBody());
}

/** Whether a client of `subject` is meant by the revocation of `revoked`: the very session, token or key. */
function isMeant(subject: Subject, revoked: Subject): boolean {
  if (subject.kind === 'user')
    return revoked.kind === 'user' && subject.sessionId === revoked.sessionId;
  if (subject.kind === 'token')
    return revoked.kind === 'token' && subject.tokenId === revoked.tokenId;
  return false;
}

/** Gives the connection the whole time-out again if it owes a pong. The timer is engine.io's own; it has no method for it. */
function awaitPong(connection: HubSocket['conn']): void {
  const { pingTimeoutTimer } = connection as unknown as {
    readonly pingTimeoutTimer?: NodeJS.Timeout | null;
  };
  pingTimeoutTimer?.refresh();
}
