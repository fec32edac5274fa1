/** A process of its own: the bare `ws` package that sends every client the same bytes each second. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { reportUsage, tell, type Listening } from './talk.ts';

const FRAME_MS = 1000;
const PING_MS = 5000;
const bytes = randomBytes(Number(process.argv[2]));
const httpServer = createServer();
const server = new WebSocketServer({ server: httpServer, perMessageDeflate: false });
setInterval(() => {
  for (const client of server.clients) client.send(bytes);
}, FRAME_MS);
setInterval(() => {
  for (const client of server.clients) client.ping();
}, PING_MS);
reportUsage();
httpServer.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const { port } = httpServer.address() as AddressInfo;
  tell({ url: `http://127.0.0.1:${port}`, token: '', keys: [] } satisfies Listening);
});
