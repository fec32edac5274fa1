import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { PROBLEM_JSON, problemOf, ProtocolError } from '@openmanager/protocol';
import { refuse } from '../ports/index.ts';
import { hostnameOfHeader } from './listen.ts';

export interface FrontDoorOptions {
  /** Names under which the hub may be addressed; undefined for any. */
  readonly hostnames: ReadonlySet<string> | undefined;
  /** Takes an agent's upgrade and answers whether it was one. */
  readonly agents: (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;
  /** Path prefix of upgrades that the listeners before this one take. */
  readonly clientsPath: string;
}

export interface FrontDoor {
  /** Resolves when no request is being answered. */
  idle(): Promise<void>;
}

const WRONG_HOST = new ProtocolError(
  'origin-not-allowed',
  'This hub listens on this machine only and was addressed by a name it does not know.',
);

/**
 * Checks `Host` before any other listener of the server (DNS rebinding), and gives every upgrade to exactly one part.
 * To be installed last.
 */
export function installFrontDoor(server: Server, options: FrontDoorOptions): FrontDoor {
  type OnRequest = (request: IncomingMessage, response: ServerResponse) => void;
  type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  const onRequest = server.listeners('request') as OnRequest[];
  const onUpgrade = server.listeners('upgrade') as OnUpgrade[];
  let answering = 0;
  const waiting: (() => void)[] = [];
  const answered = (): void => {
    answering--;
    if (answering === 0) for (const resolve of waiting.splice(0)) resolve();
  };
  const known = (request: IncomingMessage): boolean =>
    options.hostnames === undefined ||
    options.hostnames.has(hostnameOfHeader(request.headers.host) ?? '');

  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answering++;
    response.once('close', answered);
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
    if (!known(request)) refuse(socket, WRONG_HOST);
    else if (request.url?.startsWith(options.clientsPath))
      for (const listener of onUpgrade) listener.call(server, request, socket, head);
    else if (!options.agents(request, socket, head)) refuse(socket, new ProtocolError('not-found'));
  });
  return {
    idle: () =>
      answering === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve)),
  };
}
