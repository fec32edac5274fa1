/**
 * A process of its own: the fleet by REST. `fastify`: a route that answers the state, with the compress and etag
 * plugins, as their documentation shows. `cached`: every answer serialised, compressed and tagged once per
 * change of the data, and handed out by `node:http` as it is: the least a polled server can do.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import compress from '@fastify/compress';
import etag from '@fastify/etag';
import { fastify } from 'fastify';
import { optionsOf, serve, type Listening } from './talk.ts';
import { JsonFleet } from './walk.ts';

export interface RestOptions {
  readonly hosts: number;
  readonly how: 'fastify' | 'cached';
  /** How often the data changes. */
  readonly changeMs: number;
}

const { hosts, how, changeMs } = optionsOf() as RestOptions;
const fleet = new JsonFleet(hosts);
let state = fleet.read(Date.now());
const changed: (() => void)[] = [];
setInterval(() => {
  fleet.step(Math.round(changeMs / 1000));
  state = fleet.read(Date.now());
  for (const listener of changed) listener();
}, changeMs);

async function usual(): Promise<number> {
  const app = fastify();
  await app.register(etag);
  await app.register(compress, { encodings: ['gzip', 'identity'] });
  app.get('/api/hosts', () => state);
  await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  return (app.server.address() as AddressInfo).port;
}

async function byHand(): Promise<number> {
  let body = Buffer.alloc(0);
  let tag = '';
  const store = (): void => {
    body = gzipSync(JSON.stringify(state));
    tag = `"${createHash('sha1').update(body).digest('base64url')}"`;
  };
  changed.push(store);
  store();
  const server = createServer((request, response) => {
    if (request.headers['if-none-match'] === tag) {
      response.writeHead(304, { etag: tag });
      response.end();
      return;
    }
    response.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-encoding': 'gzip',
      'content-length': body.length,
      vary: 'accept-encoding',
      etag: tag,
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => {
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve);
  });
  return (server.address() as AddressInfo).port;
}

serve();
const port = how === 'fastify' ? await usual() : await byHand();
process.send?.({
  url: `http://127.0.0.1:${port}`,
  port,
  listeningMs: Date.now(),
} satisfies Listening);
