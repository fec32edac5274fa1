import type { Anomaly, EventKind, HubEvent } from '@openmanager/protocol';
import type { RecordChange, RecordStore } from '@openmanager/store';
import type { Clock, EventLog, Unsubscribe } from '../ports/index.ts';
import type { Problems } from '../ports/health-issues.ts';

const COLLECTION = 'events';
const PART = 'events';
/** Digits of a key, so that keys sort like ids. */
const KEY_DIGITS = 16;

export interface EventJournalOptions {
  readonly records: RecordStore;
  readonly clock: Clock;
  readonly problems: Problems;
  readonly hostname: (hostId: string) => string | undefined;
  /** Events kept; the oldest go first. @default 10_000 */
  readonly limit?: number;
}

export const eventJournalDefaults = { limit: 10_000 } as const;

/** The log of events, in memory and on disk, newest last. */
export class EventJournal implements EventLog {
  readonly #options: EventJournalOptions;
  readonly #limit: number;
  readonly #events: HubEvent[];
  readonly #listeners = new Set<(event: HubEvent) => void>();
  /** Changes that are not on disk yet, by key: at most as many as there are events. */
  readonly #unsaved = new Map<string, RecordChange>();
  #writing: Promise<void> | undefined;

  private constructor(options: EventJournalOptions, events: HubEvent[]) {
    this.#options = options;
    this.#limit = options.limit ?? eventJournalDefaults.limit;
    this.#events = events;
  }

  static async open(options: EventJournalOptions): Promise<EventJournal> {
    const limit = options.limit ?? eventJournalDefaults.limit;
    const newest = await options.records.latest<HubEvent>(COLLECTION, limit);
    return new EventJournal(options, newest.map(([, event]) => event).toReversed());
  }

  recent(limit: number, before: number = Infinity): readonly HubEvent[] {
    const found: HubEvent[] = [];
    for (let index = this.#events.length - 1; index >= 0 && found.length < limit; index--) {
      const event = this.#events[index] as HubEvent;
      if (event.id < before) found.push(event);
    }
    return found;
  }

  record(
    kind: EventKind,
    hostId: string | undefined,
    detail: HubEvent['detail'],
    anomalies?: readonly Anomaly[],
  ): void {
    const hostname = hostId === undefined ? undefined : this.#options.hostname(hostId);
    const event: HubEvent = {
      id: (this.#events.at(-1)?.id ?? 0) + 1,
      timeMs: this.#options.clock.now(),
      kind,
      ...(hostId === undefined ? {} : { hostId }),
      ...(hostname === undefined ? {} : { hostname }),
      detail,
      ...(anomalies === undefined ? {} : { anomalies }),
    };
    this.#events.push(event);
    this.#unsaved.set(keyOf(event.id), {
      collection: COLLECTION,
      key: keyOf(event.id),
      value: event,
    });
    while (this.#events.length > this.#limit) this.#forget(this.#events.shift() as HubEvent);
    for (const listener of this.#listeners) listener(event);
    this.save();
  }

  onEvent(listener: (event: HubEvent) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tries again to write what could not be written; called now and then. */
  save(): void {
    if (this.#unsaved.size > 0)
      this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
  }

  /** Resolves when everything was written, or could not be. */
  async drain(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  #forget(event: HubEvent): void {
    const key = keyOf(event.id);
    // One that never reached the disk needs no removal there, unless its write is under way.
    if (this.#unsaved.delete(key) && !this.#writing) return;
    this.#unsaved.set(key, { collection: COLLECTION, key, remove: true });
    // A store that fails for long: removals of old events must not pile up. They are found again at a start.
    if (this.#unsaved.size > this.#limit * 2)
      this.#unsaved.delete(this.#unsaved.keys().next().value as string);
  }

  async #write(): Promise<void> {
    // The events of one turn go to disk together.
    await Promise.resolve();
    while (this.#unsaved.size > 0) {
      const batch = [...this.#unsaved];
      try {
        await this.#options.records.write(batch.map(([, change]) => change));
      } catch {
        this.#options.problems.set(PART, 'Events cannot be stored; the newest are kept in memory.');
        return;
      }
      this.#options.problems.clear(PART);
      for (const [key, change] of batch)
        if (this.#unsaved.get(key) === change) this.#unsaved.delete(key);
    }
  }
}

function keyOf(id: number): string {
  return String(id).padStart(KEY_DIGITS, '0');
}
