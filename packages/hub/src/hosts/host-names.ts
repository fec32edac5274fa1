import { limits } from '@openmanager/protocol';
import type { HostNames } from '../ports/index.ts';

/** Room that a number behind a name may take. */
const NUMBER_LENGTH = 8;

/**
 * Names of hosts, which the registry fills: no two hosts have the same, or one could pass for the other in alerts and
 * in PromQL. Made before the store is opened: a cluster store labels samples with them, and the registry reads its
 * hosts from that store.
 */
export class HostNameBook implements HostNames {
  readonly #names = new Map<string, string>();
  /** By name as compared: who has it. */
  readonly #holders = new Map<string, string>();

  hostname(hostId: string): string | undefined {
    return this.#names.get(hostId);
  }

  /**
   * The name under which the host is known: as its agent says, and with a number behind where another host has that
   * name already, `web-1 (2)`. A host keeps what it got for as long as its agent says the same.
   */
  claim(hostId: string, hostname: string): string {
    const known = this.#names.get(hostId);
    const wanted = hostname.slice(0, limits.nameLength - NUMBER_LENGTH);
    if (known !== undefined && (known === hostname || isNumbered(known, wanted))) {
      if (known === hostname || !this.#isFree(hostId, hostname)) return known;
    }
    let name = hostname;
    for (let number = 2; !this.#isFree(hostId, name); number++) name = `${wanted} (${number})`;
    this.delete(hostId);
    this.#names.set(hostId, name);
    this.#holders.set(compared(name), hostId);
    return name;
  }

  delete(hostId: string): void {
    const name = this.#names.get(hostId);
    if (name !== undefined) this.#holders.delete(compared(name));
    this.#names.delete(hostId);
  }

  #isFree(hostId: string, name: string): boolean {
    return (this.#holders.get(compared(name)) ?? hostId) === hostId;
  }
}

function isNumbered(name: string, hostname: string): boolean {
  return name.startsWith(`${hostname} (`) && /^ \(\d+\)$/.test(name.slice(hostname.length));
}

/** Names that people read as the same are the same: case, width, and characters that show nothing. */
function compared(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .replace(/\s+/gu, ' ')
    .trim()
    .toLowerCase();
}
