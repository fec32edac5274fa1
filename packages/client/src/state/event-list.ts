import type { HubEvent } from '@openmanager/protocol';

export const EVENTS_KEPT = 200;

/** The events topic, newest first. */
export class EventList {
  #listed: readonly HubEvent[] = [];

  get list(): readonly HubEvent[] {
    return this.#listed;
  }

  snapshot(events: readonly HubEvent[]): void {
    const former = new Map(this.#listed.map((event) => [event.id, event]));
    const next = newest(events.map((event) => former.get(event.id) ?? event));
    if (
      next.length !== this.#listed.length ||
      next.some((event, index) => event !== this.#listed[index])
    )
      this.#listed = next;
  }

  change(events: readonly HubEvent[]): void {
    const known = new Set(this.#listed.map((event) => event.id));
    const fresh = events.filter((event) => !known.has(event.id));
    if (fresh.length > 0) this.#listed = newest([...fresh, ...this.#listed]);
  }

  clear(): void {
    this.#listed = [];
  }
}

function newest(events: readonly HubEvent[]): readonly HubEvent[] {
  return [...events].sort((a, b) => b.id - a.id).slice(0, EVENTS_KEPT);
}
