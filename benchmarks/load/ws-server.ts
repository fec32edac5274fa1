/**
 * A process of its own: the bare `ws` package that sends every client the same bytes each second, the frames of a
 * file (u32 length, bytes) in turn, the first 8 bytes of each being the time.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { optionsOf, serve, type Listening } from './talk.ts';

export interface WsServerOptions {
  /** Recorded frames. */
  readonly file?: string;
  /** Without a file: bytes of each message. */
  readonly bytes?: number;
}

const TICK_MS = 1000;
const PING_MS = 5000;
const { file, bytes } = optionsOf() as WsServerOptions;
const messages = file === undefined ? [randomBytes(bytes ?? 1000)] : recorded(readFileSync(file));
const httpServer = createServer();
const server = new WebSocketServer({ server: httpServer, perMessageDeflate: false });
let turn = 0;
setInterval(() => {
  const message = messages[turn++ % messages.length] as Buffer;
  message.writeDoubleLE(Date.now());
  for (const client of server.clients) client.send(message);
}, TICK_MS);
setInterval(() => {
  for (const client of server.clients) client.ping();
}, PING_MS);
serve();
httpServer.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const { port } = httpServer.address() as AddressInfo;
  process.send?.({
    url: `http://127.0.0.1:${port}`,
    port,
    listeningMs: Date.now(),
  } satisfies Listening);
});

function recorded(stored: Buffer): Buffer[] {
  const all: Buffer[] = [];
  for (let at = 0; at + 4 <= stored.length;) {
    const length = stored.readUInt32LE(at);
    if (length >= 8) all.push(stored.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return all;
}
