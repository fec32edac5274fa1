import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MINUTE_MS } from '@openmanager/protocol/durations';
import type { Logger } from 'pino';
import type { HealthIssues, Service } from '../ports/index.ts';
import { installFrontDoor, type FrontDoor, type FrontDoorOptions } from './front-door.ts';
import { listenError } from './hub-error.ts';
import { allowedHostnames, originOf, type ListenAddress } from './listen.ts';
import type { Places } from './places.ts';

/** The default of 511 is too small for a thousand clients that come back at once. */
const BACKLOG = 4096;
const PART = 'connections';

export interface HttpServiceOptions extends Omit<FrontDoorOptions, 'hostnames' | 'touch'> {
  readonly server: Server;
  readonly listen: ListenAddress;
  readonly allowOrigins: readonly string[];
  readonly places: Places;
  readonly issues: HealthIssues;
  readonly log: Logger;
}

/** The hub's listening socket. Runs last, once all request and upgrade handlers are attached. */
export class HttpService implements Service {
  readonly #options: HttpServiceOptions;
  #door: FrontDoor | undefined;
  #watch: NodeJS.Timeout | undefined;
  #turnedAway = 0;
  #acceptFailed = false;

  constructor(options: HttpServiceOptions) {
    this.#options = options;
  }

  /** Throws HubError when the address cannot be used. */
  async run(): Promise<void> {
    const { server, listen, allowOrigins, places } = this.#options;
    const hostnames = allowedHostnames(listen, allowOrigins);
    const touch = places.touch.bind(places);
    this.#door = installFrontDoor(server, { ...this.#options, hostnames, touch });
    server.on('connection', (socket) => places.open(socket));
    server.listen({ host: listen.host, port: listen.port, backlog: BACKLOG });
    try {
      await once(server, 'listening');
    } catch (error) {
      throw listenError(error, listen.host, listen.port);
    }
    // A connection that could not be accepted is no reason to end: others can, once descriptors are free again.
    server.on('error', (error) => {
      if (!this.#acceptFailed) this.#options.log.error({ err: error }, 'accepting failed');
      this.#acceptFailed = true;
      this.#look();
    });
    this.#watch = setInterval(() => this.#look(), MINUTE_MS);
  }

  /** To open in a browser on this machine. */
  get url(): string {
    const { server, listen } = this.#options;
    return originOf({ host: listen.host, port: (server.address() as AddressInfo).port });
  }

  /** No new connections; requests that came are answered. */
  async drain(): Promise<void> {
    clearInterval(this.#watch);
    this.#options.server.close();
    await this.#door?.idle();
  }

  async stop(): Promise<void> {
    clearInterval(this.#watch);
    this.#options.server.closeAllConnections();
  }

  /** Says it while connections are turned away, in a minute one line. */
  #look(): void {
    const { places, issues, log } = this.#options;
    const stats = places.stats();
    const turnedAway = stats.evicted + stats.refused;
    const came = turnedAway - this.#turnedAway;
    if (came > 0)
      log.warn({ ...stats, since: came }, 'more connections came than there are places');
    if (came > 0 || this.#acceptFailed)
      issues.set(
        PART,
        'More connections came than the hub has places for: the longest quiet of those without credentials were cut. Raise the limit of open files (LimitNOFILE), or find who opens them.',
      );
    else issues.clear(PART);
    this.#turnedAway = turnedAway;
    this.#acceptFailed = false;
  }
}
