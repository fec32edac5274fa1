import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePart, limits } from '@openmanager/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { needs } from '../../scripts/peers/needs.ts';
import { LoadClients, type GroupCount } from './clients.ts';

/** A hub as far as one connection goes, in the hands of a test. */
class FakeHub {
  readonly heard: string[] = [];
  readonly sockets: WebSocket[] = [];
  port = 0;
  readonly #server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  #waiting: { readonly text: RegExp; readonly found: () => void }[] = [];

  constructor() {
    this.#server.on('connection', (socket) => {
      this.sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('message', (data: Buffer) => this.#receive(socket, data.toString()));
      socket.send('0{"sid":"e","upgrades":[]}');
    });
  }

  async listens(): Promise<void> {
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
  }

  get last(): WebSocket {
    return this.sockets.at(-1) as WebSocket;
  }

  /** Resolves when a client said something like it. */
  async hears(text: RegExp): Promise<void> {
    if (this.heard.some((message) => text.test(message))) return;
    await new Promise<void>((found) => this.#waiting.push({ text, found }));
  }

  frame(kind: 'keyframe' | 'delta', offset: number, span: number, bytes = 10): void {
    const header = { kind, channel: 1, offset, span, hubTimeMs: Date.now() };
    this.last.send(encodePart(header, new Uint8Array(bytes)));
  }

  stop(): void {
    for (const socket of this.sockets) socket.terminate();
    this.#server.close();
  }

  #receive(socket: WebSocket, text: string): void {
    this.heard.push(text);
    if (text.startsWith('40')) socket.send('40{"sid":"s"}');
    if (text.startsWith('421')) {
      socket.send('431[{"ok":true,"topic":"fleet"}]');
      this.frame('keyframe', 7, 0);
    }
    for (const { text: wanted, found } of this.#waiting) if (wanted.test(text)) found();
  }
}

describe('the load generator', needs('linux', 'cc'), () => {
  let clients: LoadClients;
  let hub: FakeHub;
  beforeEach(async () => {
    clients = new LoadClients();
    hub = new FakeHub();
    await hub.listens();
  });
  afterEach(() => {
    clients.kill();
    hub.stop();
  });

  const counted = async (): Promise<GroupCount> =>
    (await clients.count()).groups['a'] as GroupCount;

  /** Counts add up until they reach it. */
  const framesReach = async (wanted: number): Promise<GroupCount> => {
    let last = await counted();
    for (let frames = last.frames; frames < wanted; frames += last.frames) last = await counted();
    return last;
  };

  const open = async (more: object = {}): Promise<Awaited<ReturnType<LoadClients['open']>>> =>
    await clients.open({
      group: 'a',
      n: 1,
      kind: 'hub',
      port: hub.port,
      token: 'omt_secret',
      ...more,
    });

  it('shakes hands, subscribes and is live with the first frame', async () => {
    const opened = await open();
    expect(opened).toMatchObject({ live: 1, failed: 0 });
    expect(opened.acceptedMs).toHaveLength(1);
    expect(opened.subscribedMs[0]).toBeGreaterThanOrEqual(opened.acceptedMs[0] as number);
    expect(opened.firstMs[0]).toBeGreaterThanOrEqual(opened.subscribedMs[0] as number);
    expect(hub.heard).toEqual([
      '40{"version":2,"token":"omt_secret","capabilities":["deflate"]}',
      '421["subscribe",{"topic":"fleet"}]',
    ]);
  });

  it('answers pings, and acknowledges at once when enough bytes came', async () => {
    await open();
    hub.last.send('2');
    hub.frame('delta', 8, 1, limits.acknowledgeBytes);
    await hub.hears(/^3$/);
    await hub.hears(/^42\["progress",2\]$/);
  });

  it('measures latency, and tells a delta that does not join what it had', async () => {
    await open();
    hub.frame('delta', 8, 1);
    hub.frame('delta', 10, 2);
    const { gaps, latency } = await framesReach(3);
    expect(gaps).toBe(0);
    expect(latency.max).toBeGreaterThanOrEqual(0);
    hub.frame('delta', 12, 1);
    expect((await framesReach(1)).gaps).toBe(1);
  });

  it('reads nothing while it stalls, and everything when it reads again', async () => {
    await open({ mode: 'stall', rcvbuf: 4096 });
    await framesReach(1);
    for (let offset = 8; offset < 108; offset++) hub.frame('delta', offset, 1, 1000);
    expect((await counted()).frames).toBe(0);
    await clients.behave('a', 'read', 'none');
    // Its timer came due while it slept.
    await hub.hears(/^42\["progress",\d+\]$/);
    await framesReach(100);
    const [resumed] = await clients.resumed('a');
    expect(resumed).toMatchObject({ fresh: true });
  });

  it('comes back after a loss, and says when', async () => {
    await open({ reconnect: 'full' });
    hub.last.terminate();
    let [times] = await clients.times('a');
    while (hub.sockets.length < 2 || times === undefined || times[1] <= times[0])
      [times] = await clients.times('a');
    expect(times[0]).toBeGreaterThan(0);
    expect((await counted()).lost).toBe(1);
  });

  it('says why a client was not let in', async () => {
    hub.stop();
    const opened = await open();
    expect(opened).toMatchObject({ live: 0, failed: 1, why: 'refused' });
  });

  it('keeps frames, the keyframe left out', async () => {
    const record = join(mkdtempSync(join(tmpdir(), 'openmanager-load-')), 'frames');
    await open({ record });
    hub.frame('delta', 8, 1, 50);
    await framesReach(2);
    const stored = readFileSync(record);
    expect(stored.readUInt32LE(0)).toBe(stored.length - 4);
    expect(stored.length).toBeGreaterThan(50);
  });

  it('polls with the tag it was given', async () => {
    const tags: (string | undefined)[] = [];
    const server = createServer((request: IncomingMessage, response) => {
      tags.push(request.headers['if-none-match']);
      if (request.headers['if-none-match'] === '"x"') response.writeHead(304).end();
      // Without a length, so that it is sent in chunks.
      else response.writeHead(200, { etag: '"x"' }).end('some');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await open({ kind: 'http', port, path: '/api', interval: 5 });
    let { unchanged, ok } = await counted();
    while (unchanged === 0) {
      const next = await counted();
      unchanged += next.unchanged;
      ok += next.ok;
    }
    expect(ok).toBe(1);
    expect(tags.slice(0, 2)).toEqual([undefined, '"x"']);
    server.closeAllConnections();
    server.close();
  });
});
