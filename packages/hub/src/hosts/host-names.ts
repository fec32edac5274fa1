import type { HostNames } from '../ports/index.ts';

/**
 * Names of hosts, which the registry fills. Made before the store is opened: a cluster store labels samples with
 * them, and the registry reads its hosts from that store.
 */
export class HostNameBook implements HostNames {
  readonly #names = new Map<string, string>();

  hostname(hostId: string): string | undefined {
    return this.#names.get(hostId);
  }

  set(hostId: string, hostname: string): void {
    this.#names.set(hostId, hostname);
  }

  delete(hostId: string): void {
    this.#names.delete(hostId);
  }
}
