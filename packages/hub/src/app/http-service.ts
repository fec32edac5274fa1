import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Service } from '../ports/index.ts';
import { installFrontDoor, type FrontDoor, type FrontDoorOptions } from './front-door.ts';
import { listenError } from './hub-error.ts';
import { allowedHostnames, originOf, type ListenAddress } from './listen.ts';

/** The default of 511 is too small for a thousand clients that come back at once. */
const BACKLOG = 4096;

export interface HttpServiceOptions extends Omit<FrontDoorOptions, 'hostnames'> {
  readonly server: Server;
  readonly listen: ListenAddress;
  readonly allowOrigins: readonly string[];
}

/** The hub's listening socket. Runs last, once all request and upgrade handlers are attached. */
export class HttpService implements Service {
  readonly #options: HttpServiceOptions;
  #door: FrontDoor | undefined;

  constructor(options: HttpServiceOptions) {
    this.#options = options;
  }

  /** Throws HubError when the address cannot be used. */
  async run(): Promise<void> {
    const { server, listen, allowOrigins } = this.#options;
    const hostnames = allowedHostnames(listen, allowOrigins);
    this.#door = installFrontDoor(server, { ...this.#options, hostnames });
    server.listen({ host: listen.host, port: listen.port, backlog: BACKLOG });
    try {
      await once(server, 'listening');
    } catch (error) {
      throw listenError(error, listen.host, listen.port);
    }
  }

  /** To open in a browser on this machine. */
  get url(): string {
    const { server, listen } = this.#options;
    return originOf({ host: listen.host, port: (server.address() as AddressInfo).port });
  }

  /** No new connections; requests that came are answered. */
  async drain(): Promise<void> {
    this.#options.server.close();
    await this.#door?.idle();
  }

  async stop(): Promise<void> {
    this.#options.server.closeAllConnections();
  }
}
