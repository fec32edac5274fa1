/** The hub's side of the agents' connection on a real socket; the test controls every answer. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type AgentDown,
  type AgentUp,
  agentUpSchema,
  type Batch,
  countIn,
  decodeBatch,
  type Hello,
  newestOf,
  nothingReceived,
  type ProcessesMessage,
  PROTOCOL_VERSION,
  raisedTo,
  type Received as Has,
  withRange,
} from '@openmanager/protocol';
import * as v from 'valibot';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Mark } from '../src/spool/mark.ts';

export interface Received {
  readonly batch: Batch;
  readonly keys: readonly string[];
  /** Which connection brought it, from 1. */
  readonly connection: number;
}

export class TestHub {
  /** Whether batches are stored and acknowledged as they come. */
  acknowledging = true;
  /** What a connection is refused with, before the upgrade. */
  refusal: { readonly status: number; readonly body: string } | undefined;
  /** Answers a hello in place of the welcome. */
  greet: ((hello: Hello, socket: WebSocket) => void) | undefined;
  readonly hellos: Hello[] = [];
  readonly received: Received[] = [];
  /** Each stored batch once, in the order it was stored. */
  readonly stored: Received[] = [];
  readonly tables: ProcessesMessage[] = [];
  readonly floors: Mark[] = [];
  readonly authorizations: (string | undefined)[] = [];
  connections = 0;
  /** Most batches that were unacknowledged at once. */
  maxInFlight = 0;
  has: Has = nothingReceived;
  socket: WebSocket | undefined;
  #unacknowledged = 0;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  #port = 0;
  #listeners: (() => void)[] = [];

  private constructor() {
    this.#server = createServer((_request, response) => response.writeHead(404).end());
    this.#sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 * 1024 });
    this.#server.on('upgrade', (request, socket, head) => {
      this.authorizations.push(request.headers.authorization);
      if (this.refusal) {
        const { status, body } = this.refusal;
        socket.end(
          `HTTP/1.1 ${status} No\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
        );
        this.#changed();
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#connected(webSocket));
    });
  }

  static async start(port = 0): Promise<TestHub> {
    const hub = new TestHub();
    hub.#port = port;
    await hub.listen();
    return hub;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The newest batch it has; setting it makes it have everything up to there, and nothing else. */
  get watermark(): Mark {
    return newestOf(this.has);
  }

  set watermark({ bootEpoch, seq }: Mark) {
    this.has = { bootEpoch, seq, ranges: [] };
  }

  get storedMarks(): Mark[] {
    return this.stored.map(({ batch }) => ({ bootEpoch: batch.bootEpoch, seq: batch.seq }));
  }

  listen(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.listen(this.#port, '127.0.0.1', () => {
        this.#port = (this.#server.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  /** Away: nothing listens and every connection is cut. */
  async leave(): Promise<void> {
    for (const client of this.#sockets.clients) client.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  say(message: AgentDown): void {
    this.socket?.send(JSON.stringify(message));
  }

  /** Acknowledges everything received so far. */
  acknowledgeAll(): void {
    this.#unacknowledged = 0;
    this.say({ type: 'ack', ...this.has });
  }

  /** Resolves when `condition` holds; it is asked again whenever something arrives. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const poll = (): void => {
        if (!condition()) return;
        this.#listeners = this.#listeners.filter((listener) => listener !== poll);
        resolve();
      };
      this.#listeners.push(poll);
      poll();
    });
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #connected(socket: WebSocket): void {
    this.socket = socket;
    const connection = ++this.connections;
    this.#unacknowledged = 0;
    const sets = new Map<string, readonly string[]>();
    socket.on('message', (data, isBinary) => {
      if (isBinary) this.#batch(data as Buffer, sets, connection);
      else
        this.#text(v.parse(agentUpSchema, JSON.parse((data as Buffer).toString())), sets, socket);
      this.#changed();
    });
    socket.on('close', () => this.#changed());
    this.#changed();
  }

  #text(message: AgentUp, sets: Map<string, readonly string[]>, socket: WebSocket): void {
    switch (message.type) {
      case 'hello':
        this.hellos.push(message);
        this.has = raisedTo(this.has, message.floor);
        if (this.greet) return this.greet(message, socket);
        return this.say({
          type: 'welcome',
          version: PROTOCOL_VERSION,
          hostId: 'abcdefghijkl',
          hubTimeMs: Date.now(),
          acknowledged: this.has,
        });
      case 'series-set':
        sets.set(message.id, message.keys);
        return;
      case 'floor':
        this.floors.push({ bootEpoch: message.bootEpoch, seq: message.seq });
        this.has = raisedTo(this.has, message);
        return;
      case 'processes':
        this.tables.push(message);
    }
  }

  #batch(bytes: Buffer, sets: ReadonlyMap<string, readonly string[]>, connection: number): void {
    const batch = decodeBatch(bytes);
    const keys = sets.get(batch.setId);
    if (!keys) throw new Error(`batch ${batch.seq} before its series set`);
    const received = { batch, keys, connection };
    this.received.push(received);
    this.maxInFlight = Math.max(this.maxInFlight, ++this.#unacknowledged);
    const { bootEpoch, seq, first = seq } = batch;
    const range = { bootEpoch, first, last: seq };
    const isNew = countIn(this.has, range) === 0;
    this.has = withRange(this.has, range);
    if (!this.acknowledging) return;
    if (isNew) this.stored.push(...rowsOf(received));
    this.acknowledgeAll();
  }
}

/** A packed batch as the batches that it stands for: one row each. */
function rowsOf({ batch, ...rest }: Received): Received[] {
  const first = batch.first ?? batch.seq;
  return batch.timesMs.map((timeMs, row) => ({
    ...rest,
    batch: {
      bootEpoch: batch.bootEpoch,
      seq: first + row,
      setId: batch.setId,
      timesMs: [timeMs],
      columns: batch.columns.map((column) => column.slice(row, row + 1)),
    },
  }));
}
