/** A gateway on a real HTTP server, and clients that follow the protocol's rules over real sockets. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  decodeFrame,
  decodeFrameHeader,
  frameKinds,
  PROTOCOL_VERSION,
  type Answer,
  type Backfill,
  type Cursor,
  type ErrorBody,
  type FrameHost,
  type Message,
  type Priority,
  type Subscribed,
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
}

export interface TestHub {
  readonly url: string;
  readonly time: HandTime;
  readonly live: FakeLive;
  readonly alerts: FakeAlerts;
  readonly events: FakeEvents;
  readonly auth: FakeAuth;
  readonly history: FakeHistory;
  readonly gateway: WebSocketManager;
  readonly warnings: string[];
  stop(): Promise<void>;
}

export async function startHub(options: HubOptions = {}): Promise<TestHub> {
  const time = options.time ?? new HandTime();
  const live = options.live ?? new FakeLive(time);
  const [alerts, events, auth, history] = [
    new FakeAlerts(),
    new FakeEvents(),
    new FakeAuth(),
    new FakeHistory(),
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
    authenticator: auth,
    allowedOrigins: options.allowedOrigins ?? [],
    live,
    alerts,
    events,
    status: fakeStatus,
    history,
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
    auth: { version: PROTOCOL_VERSION, token: 't-one' },
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

/** A client that applies frames and messages of one subscription at a time, as PROTOCOL.md §3.4 says. */
export class Follower {
  readonly socket: Socket;
  hosts: FrameHost[] = [];
  cursor: Cursor | undefined;
  offsets: number[] = [];
  kinds: string[] = [];
  /** Hosts in each delta. */
  deltas: string[][] = [];
  backfills: Backfill[] = [];
  messages: Message[] = [];
  closing: ErrorBody[] = [];
  metas: unknown[] = [];
  holes = 0;
  frameBytes = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('frame', (bytes: Uint8Array) => this.frame(bytes));
    socket.on('message', (message: Message) => this.message(message));
    socket.on('closing', (body: ErrorBody) => this.closing.push(body));
  }

  static async connect(url: string, dial: Dial = {}): Promise<Follower> {
    const socket = socketTo(url, dial);
    await new Promise<void>((resolve, reject) => {
      socket.on('connect', resolve);
      socket.on('connect_error', reject);
    });
    return new Follower(socket);
  }

  async ask<T>(event: string, ...parameters: unknown[]): Promise<Answer<T>> {
    return (await this.socket.emitWithAck(event, ...parameters)) as Answer<T>;
  }

  async subscribe(
    topic: string,
    minPriority?: Priority,
    since?: Cursor,
  ): Promise<Answer<Subscribed>> {
    return await this.ask('subscribe', { topic, minPriority, since });
  }

  /** Everything that the hub sent before now has arrived. */
  async settle(): Promise<void> {
    await this.ask('clock');
  }

  async untilClosed(): Promise<void> {
    if (this.socket.connected)
      await new Promise((resolve) => this.socket.once('disconnect', resolve));
  }

  private sets(at: { offset: number; epoch: number; timeMs: number }): void {
    this.cursor = { epoch: at.epoch, offset: at.offset, timeMs: at.timeMs };
    this.offsets.push(at.offset);
  }

  private frame(bytes: Uint8Array): void {
    this.frameBytes += bytes.length;
    const header = decodeFrameHeader(bytes);
    // A delta that was applied already may be of an older layout than the hosts here: it is not to be decoded.
    if (header.kind === frameKinds.delta && header.offset <= (this.cursor?.offset ?? -1)) return;
    const frame = decodeFrame(
      bytes,
      this.hosts.map((host) => host.keys.length),
    );
    this.kinds.push(frame.kind);
    if (frame.kind !== 'backfill' && frame.meta !== undefined) this.metas.push(frame.meta);
    if (frame.kind === 'backfill') this.backfills.push(frame);
    if (frame.kind === 'backfill' && frame.offset === 0) return;
    if (frame.kind !== 'keyframe') {
      if (frame.offset <= (this.cursor?.offset ?? -1)) return;
      if (frame.offset !== (this.cursor?.offset ?? -1) + 1) this.holes++;
    }
    this.sets({ ...frame, timeMs: frame.hubTimeMs });
    if (frame.kind === 'keyframe') this.hosts = [...frame.hosts];
    if (frame.kind !== 'delta') return;
    this.deltas.push(frame.hosts.map(({ index }) => this.hosts[index]?.hostId ?? '?'));
    for (const { index, changed, codes, ...rest } of frame.hosts) {
      const before = this.hosts[index];
      if (before === undefined) throw new Error(`no host ${index}`);
      const now = Float64Array.from(before.codes);
      for (const [at, key] of changed.entries()) now.set([codes[at] ?? 0], key);
      this.hosts[index] = { ...before, ...rest, codes: now };
    }
  }

  private message(message: Message): void {
    this.messages.push(message);
    if (message.payload.kind === 'change' && message.offset !== (this.cursor?.offset ?? -1) + 1)
      this.holes++;
    this.sets(message);
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
