/** A gateway on a real HTTP server, and clients that follow the protocol's rules over real sockets. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inflateRawSync } from 'node:zlib';
import {
  bodyOfPart,
  capabilities,
  decodePart,
  limits,
  PROTOCOL_VERSION,
  splitFrame,
  type Answer,
  type Backfill,
  type Cursor,
  type ErrorBody,
  type DecodedKeyframe,
  type Delta,
  type FrameHost,
  type Lagging,
  type MessagePayload,
  type Part,
  type Priority,
  type Subscribed,
  type SubscribeRequest,
  type TargetLookup,
} from '@openmanager/protocol';
import * as parser from '@openmanager/protocol/parser';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { authorize } from '../../src/auth/authorize.ts';
import type { Authorize } from '../../src/ports/index.ts';
import { WebSocketManager } from '../../src/gateway/index.ts';
import type { GatewayLimits } from '../../src/gateway/options.ts';
import {
  FakeAlerts,
  FakeAuth,
  FakeEvents,
  FakeHistory,
  FakeOutlooks,
  FakeLive,
  fakeStatus,
  HandTime,
} from './fakes.ts';

export interface HubOptions {
  readonly limits?: GatewayLimits;
  readonly allowedOrigins?: readonly string[];
  readonly epoch?: number;
  readonly time?: HandTime;
  readonly live?: FakeLive;
  readonly authorize?: Authorize;
  readonly target?: TargetLookup;
}

export interface TestHub {
  readonly url: string;
  readonly time: HandTime;
  readonly live: FakeLive;
  readonly alerts: FakeAlerts;
  readonly events: FakeEvents;
  readonly auth: FakeAuth;
  readonly history: FakeHistory;
  readonly outlooks: FakeOutlooks;
  readonly gateway: WebSocketManager;
  readonly warnings: string[];
  stop(): Promise<void>;
}

export async function startHub(options: HubOptions = {}): Promise<TestHub> {
  const time = options.time ?? new HandTime();
  const live = options.live ?? new FakeLive(time);
  const [alerts, events, auth, history, outlooks] = [
    new FakeAlerts(),
    new FakeEvents(),
    new FakeAuth(),
    new FakeHistory(),
    new FakeOutlooks(),
  ];
  const warnings: string[] = [];
  const httpServer = createServer((_, response) => response.writeHead(404).end('other'));
  const note = (fields: object, message: string): void => {
    warnings.push(`${message} ${JSON.stringify(fields)}`);
  };
  const gateway = new WebSocketManager({
    httpServer,
    clock: time,
    timers: time,
    authorize: options.authorize ?? authorize,
    target: options.target ?? (() => undefined),
    authenticator: auth,
    allowedOrigins: options.allowedOrigins ?? [],
    live,
    alerts,
    events,
    status: fakeStatus,
    history,
    outlooks,
    log: { info: note, warn: note, error: note },
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.epoch === undefined ? {} : { epoch: options.epoch }),
  });
  await gateway.run();
  await new Promise<void>((resolve) => httpServer.listen(0, '127.0.0.1', resolve));
  const { port } = httpServer.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    time,
    live,
    alerts,
    events,
    auth,
    history,
    outlooks,
    gateway,
    warnings,
    async stop() {
      await gateway.stop();
      httpServer.closeAllConnections();
      await new Promise((resolve) => httpServer.close(resolve));
    },
  };
}

export type Dial = Partial<ManagerOptions & SocketOptions>;

/** A socket that is not connected yet. */
export function socketTo(url: string, dial: Dial = {}): Socket {
  return io(url, {
    parser,
    auth: { version: PROTOCOL_VERSION, token: 't-one', capabilities: [capabilities.deflate] },
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    ...dial,
  });
}

/** The error body (or the bare message) of a refused handshake; throws when it was accepted. */
export async function refusalOf(url: string, dial: Dial): Promise<ErrorBody | string> {
  const socket = socketTo(url, dial);
  try {
    return await new Promise((resolve, reject) => {
      socket.on('connect', () => reject(new Error('was accepted')));
      socket.on('connect_error', (error: Error & { data?: ErrorBody }) =>
        resolve(error.data ?? error.message),
      );
    });
  } finally {
    socket.disconnect();
  }
}

const inflate = (stream: Uint8Array, bytes: number): Uint8Array =>
  new Uint8Array(inflateRawSync(stream, { maxOutputLength: bytes }));

interface Message {
  readonly channel: number;
  readonly epoch: number;
  readonly offset: number;
  readonly timeMs: number;
  readonly payload: MessagePayload;
}

type Shown = FrameHost & { readonly codings: Uint8Array };

/**
 * A client that applies frames and messages of one subscription at a time, as PROTOCOL.md §3.4 says. Acknowledges
 * with every `settle`, and after as many bytes as a client has to.
 */
export class Follower {
  readonly socket: Socket;
  /** By place in the layout. */
  readonly #byIndex = new Map<number, Shown>();
  #epoch = 0;
  #size = 0;
  #unread = 0;
  cursor: Cursor | undefined;
  offsets: number[] = [];
  kinds: string[] = [];
  /** Hosts in each delta. */
  deltas: string[][] = [];
  backfills: Backfill[] = [];
  messages: Message[] = [];
  closing: ErrorBody[] = [];
  lagging: Lagging[] = [];
  welcomes: unknown[] = [];
  metas: unknown[] = [];
  /** Number of parts in each frame. */
  parts: number[] = [];
  /** Spans that the hub said it left out. */
  leftOut = 0;
  holes = 0;
  frames = 0;
  frameBytes = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('frame', (bytes: Uint8Array) => {
      this.frames++;
      this.frameBytes += bytes.length;
      this.#unread += bytes.length;
      if (this.#unread >= limits.acknowledgeBytes) {
        this.#unread = 0;
        socket.emit('progress', this.frames);
      }
      this.#frame(bytes);
    });
    socket.on('closing', (body: ErrorBody) => this.closing.push(body));
    socket.on('lagging', (lagging: Lagging) => this.lagging.push(lagging));
  }

  static async connect(url: string, dial: Dial = {}): Promise<Follower> {
    const socket = socketTo(url, dial);
    const welcomes: unknown[] = [];
    socket.on('welcome', (told: unknown) => welcomes.push(told));
    await new Promise<void>((resolve, reject) => {
      socket.on('connect', resolve);
      socket.on('connect_error', reject);
    });
    const follower = new Follower(socket);
    follower.welcomes = welcomes;
    return follower;
  }

  /** Goes on with what another one has. */
  succeed(other: Follower): void {
    for (const [index, host] of other.#byIndex) this.#byIndex.set(index, host);
    this.#size = other.#size;
    this.cursor = other.cursor;
  }

  get hosts(): FrameHost[] {
    return [...this.#byIndex].sort(([a], [b]) => a - b).map(([, host]) => host);
  }

  async ask<T>(event: string, ...parameters: unknown[]): Promise<Answer<T>> {
    return (await this.socket.emitWithAck(event, ...parameters)) as Answer<T>;
  }

  async subscribe(
    topic: string,
    minPriority?: Priority,
    since?: Cursor,
    view: Partial<SubscribeRequest> = {},
  ): Promise<Answer<Subscribed>> {
    return await new Promise((resolve) => {
      // In the callback itself: frames may follow before a promise has its turn.
      const answered = (answer: Answer<Subscribed>): void => {
        if (answer.ok) this.#epoch = answer.epoch;
        resolve(answer);
      };
      this.socket.emit('subscribe', { topic, minPriority, since, ...view }, answered);
    });
  }

  /** Everything that the hub sent before now has arrived, and the hub knows it. */
  async settle(): Promise<void> {
    await this.ask('clock');
    await this.ask('clock', this.frames);
  }

  async untilClosed(): Promise<void> {
    if (this.socket.connected)
      await new Promise((resolve) => this.socket.once('disconnect', resolve));
  }

  #sets(at: { offset: number; epoch: number; timeMs: number }): void {
    this.cursor = { epoch: at.epoch, offset: at.offset, timeMs: at.timeMs };
    this.offsets.push(at.offset);
  }

  #frame(bytes: Uint8Array): void {
    const parts = splitFrame(bytes);
    this.parts.push(parts.length);
    for (const part of parts) this.#part(part);
  }

  #part(part: Part): void {
    const { kind, offset, span, hubTimeMs, channel } = part;
    const epoch = this.#epoch;
    const applied = this.cursor?.offset ?? -1;
    if (kind === 'message') {
      const text = new TextDecoder().decode(bodyOfPart(part, inflate));
      const payload = JSON.parse(text) as MessagePayload;
      this.#message({ channel, epoch, offset, timeMs: hubTimeMs, payload }, span);
      return;
    }
    // A delta that was applied already may be of an older layout than the hosts here: it is not to be decoded.
    if (kind === 'delta' && offset <= applied) return;
    const layout = { size: this.#size, host: (index: number) => this.#byIndex.get(index) };
    const frame = decodePart({ ...part, kind }, epoch, layout, inflate);
    this.kinds.push(frame.kind);
    if (frame.kind !== 'backfill' && frame.meta !== undefined) this.metas.push(frame.meta);
    if (frame.kind === 'backfill') this.backfills.push(frame);
    if (frame.kind === 'backfill' && offset === 0) return;
    if (frame.kind !== 'keyframe') {
      if (offset <= applied) return;
      if (offset - span > applied) this.holes++;
    } else if (this.cursor?.epoch === epoch && offset - span > applied) this.leftOut++;
    this.#sets({ epoch, offset, timeMs: hubTimeMs });
    if (frame.kind === 'keyframe') this.#lay(frame);
    else if (frame.kind === 'delta') this.#change(frame);
  }

  #lay(frame: Pick<DecodedKeyframe, 'size' | 'hosts'>): void {
    this.#byIndex.clear();
    this.#size = frame.size;
    for (const { index, ...host } of frame.hosts) this.#byIndex.set(index, host);
  }

  #change(frame: Delta): void {
    this.deltas.push(frame.hosts.map(({ index }) => this.#byIndex.get(index)?.hostId ?? '?'));
    for (const { index, changed, codes, ...rest } of frame.hosts) {
      const before = this.#byIndex.get(index);
      if (before === undefined) throw new Error(`no host ${index}`);
      const now = Float64Array.from(before.codes);
      for (const [at, key] of changed.entries()) now.set([codes[at] ?? 0], key);
      this.#byIndex.set(index, { ...before, ...rest, codes: now });
    }
  }

  #message(message: Message, span: number): void {
    this.messages.push(message);
    if (message.payload.kind === 'change' && message.offset - span > (this.cursor?.offset ?? -1))
      this.holes++;
    this.#sets(message);
  }
}

/** Host states as a map for comparison. */
export function stateOf(hosts: readonly FrameHost[]): Record<string, unknown> {
  return Object.fromEntries(
    hosts.map(({ hostId, keys, codes, status, priority, timeMs }) => [
      hostId,
      { keys: [...keys], codes: [...codes], status, priority, timeMs },
    ]),
  );
}
