import type { ServerMetrics } from '@openmanager/react';
import type { FleetOrder } from '../../state/preferences.ts';
import type { Format } from '@openmanager/texts';
import { selectHosts, type FleetFilter } from './select.ts';

export interface OrderInput {
  readonly hosts: readonly ServerMetrics[];
  readonly filter: FleetFilter;
  readonly order: FleetOrder;
  readonly format: Format;
  /** Changes every few seconds: only then may values move a host. */
  readonly turn: number;
}

/**
 * Ids in order. What people chose acts at once; what the values say acts every few seconds and waits while
 * the pointer is over the list, so that nothing moves away under a click.
 */
export class CalmOrder {
  #held = false;
  #input: OrderInput | undefined;
  #current: readonly string[] = [];

  hold(held: boolean): void {
    this.#held = held;
  }

  ids(input: OrderInput): readonly string[] {
    const before = this.#input;
    const chosen =
      before?.filter === input.filter &&
      before.order === input.order &&
      before.format === input.format &&
      before.hosts.length === input.hosts.length;
    if (before && chosen && (input.turn === before.turn || this.#held)) return this.#current;
    this.#input = input;
    const compare = (a: string, b: string): number => input.format.compare(a, b);
    const ids = selectHosts(input.hosts, input.filter, input.order, compare).map(
      (host) => host.hostId,
    );
    const same =
      ids.length === this.#current.length && ids.every((id, index) => id === this.#current[index]);
    if (!same) this.#current = ids;
    return this.#current;
  }
}
