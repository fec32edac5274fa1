import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { PROBLEM_JSON, problemOf, ProtocolError } from '@openmanager/protocol';
import { cutSoon, refuse } from '../ports/index.ts';
import { hostnameOfHeader } from './listen.ts';

export interface FrontDoorOptions {
  /** Names under which the hub may be addressed; undefined for any. */
  readonly hostnames: ReadonlySet<string> | undefined;
  /** Takes an agent's upgrade and answers whether it was one. */
  readonly agents: (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;
  /** Path prefix of upgrades that the listeners before this one take. */
  readonly clientsPath: string;
  /** Told of each request, before it is looked at. */
  readonly touch: (socket: Duplex) => void;
  /** Paths whose bodies may take longer than `limits.bodyMs`, as long as something comes. */
  readonly uploads: readonly string[];
  readonly limits?: Partial<FrontDoorLimits>;
}

export interface FrontDoorLimits {
  /** From the connection, or the answer before, to the end of the headers. @default 10_000 */
  readonly headersMs: number;
  /** For a whole body. @default 30_000 */
  readonly bodyMs: number;
  /** Without a byte in or out while one is due: a body that does not come, an answer that is not read. @default 30_000 */
  readonly stalledMs: number;
  /** Between requests. @default 5_000 */
  readonly keepAliveMs: number;
}

export const frontDoorDefaults: FrontDoorLimits = {
  headersMs: 10_000,
  bodyMs: 30_000,
  stalledMs: 30_000,
  keepAliveMs: 5_000,
};

/**
 * Requests of one connection whose answers are under way. Browsers and proxies send the next one after an answer; who
 * sends hundreds at once and reads none would have all their answers kept in memory.
 */
const PIPELINED = 2;

/** How often Node looks for requests whose headers are late. */
const CHECK_MS = 1_000;

export interface FrontDoor {
  /** Resolves when no request is being answered. */
  idle(): Promise<void>;
}

const WRONG_HOST = new ProtocolError(
  'origin-not-allowed',
  'This hub listens on this machine only and was addressed by a name it does not know.',
);

/** Options for `createServer` that it takes no later. */
export const serverOptions: { readonly connectionsCheckingInterval: number } = {
  connectionsCheckingInterval: CHECK_MS,
};

/**
 * Checks `Host` before any other listener of the server (DNS rebinding), gives every upgrade to exactly one part, and
 * bounds how long a peer may take over what it sends and reads. To be installed last.
 */
export function installFrontDoor(server: Server, options: FrontDoorOptions): FrontDoor {
  type OnRequest = (request: IncomingMessage, response: ServerResponse) => void;
  type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  const onRequest = server.listeners('request') as OnRequest[];
  const onUpgrade = server.listeners('upgrade') as OnUpgrade[];
  const limits = { ...frontDoorDefaults, ...options.limits };
  /** Oldest first. */
  const answering = new Map<Socket, IncomingMessage[]>();
  let open = 0;
  const waiting: (() => void)[] = [];
  const known = (request: IncomingMessage): boolean =>
    options.hostnames === undefined ||
    options.hostnames.has(hostnameOfHeader(request.headers.host) ?? '');

  server.headersTimeout = limits.headersMs;
  server.keepAliveTimeout = limits.keepAliveMs;
  // A body is bounded here: Node's bound would end a long upload.
  server.requestTimeout = 0;
  server.timeout = limits.stalledMs;
  server.on('timeout', (socket) => {
    const request = answering.get(socket)?.at(-1);
    // The hub itself is at work on the answer, or the peer waits for news (long polling).
    const isOurs = request?.complete === true && socket.writableLength === 0;
    if (isOurs) socket.setTimeout(limits.stalledMs);
    else socket.destroy();
  });

  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const before = answering.get(socket) ?? [];
    // The rest of what was read at once is still told when the connection has been cut.
    if (socket.destroyed) return;
    if (before.length >= PIPELINED) {
      socket.destroy();
      return;
    }
    open++;
    answering.set(socket, [...before, request]);
    options.touch(socket);
    boundBody(request, response, options.uploads, limits.bodyMs);
    response.once('close', () => {
      open--;
      const left = (answering.get(socket) ?? []).filter((one) => one !== request);
      if (left.length > 0) answering.set(socket, left);
      else answering.delete(socket);
      if (open === 0) for (const resolve of waiting.splice(0)) resolve();
    });
    if (known(request)) {
      for (const listener of onRequest) listener.call(server, request, response);
      return;
    }
    response.writeHead(403, {
      'content-type': `${PROBLEM_JSON}; charset=utf-8`,
      connection: 'close',
    });
    response.end(JSON.stringify(problemOf(WRONG_HOST)));
  });

  server.removeAllListeners('upgrade');
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Without a listener, a reset by the peer would end the process.
    socket.on('error', () => socket.destroy());
    options.touch(socket);
    if (!known(request)) refuse(socket, WRONG_HOST);
    else if (request.url?.startsWith(options.clientsPath))
      for (const listener of onUpgrade) listener.call(server, request, socket, head);
    else if (!options.agents(request, socket, head)) refuse(socket, new ProtocolError('not-found'));
  });
  return {
    idle: () => (open === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}

/** A body must be there in time, and what still comes of it once the answer is given is not waited for. */
function boundBody(
  request: IncomingMessage,
  response: ServerResponse,
  uploads: readonly string[],
  bodyMs: number,
): void {
  const { headers, socket } = request;
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return;
  response.once('finish', () => {
    if (!request.complete) cutSoon(socket);
  });
  if (uploads.includes(request.url?.split('?', 1)[0] ?? '')) return;
  const timer = setTimeout(() => {
    if (!request.complete) socket.destroy();
  }, bodyMs);
  const clear = (): void => clearTimeout(timer);
  request.once('end', clear);
  request.once('close', clear);
  response.once('close', clear);
}
