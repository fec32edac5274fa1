import type { Anomaly, EventKind, HubEvent } from '@openmanager/protocol';
import type { RecordStore } from '@openmanager/store';
import type { Clock, EventLog, HealthIssues, HostNames, Unsubscribe } from '../ports/index.ts';
import { collection, Journal, LogKeys, timeKey, withTarget } from '../records/index.ts';

const eventRecords = collection<HubEvent>('events', (stored) => {
  const event = withTarget(stored);
  const { anomalies, target } = event;
  if (!anomalies) return event;
  return { ...event, anomalies: anomalies.map((one) => withTarget(one, () => target?.name)) };
});

export interface StoredEventLogOptions {
  readonly records: RecordStore;
  readonly clock: Clock;
  readonly issues: HealthIssues;
  readonly names: HostNames;
  /** Events kept; the oldest go first. @default 10_000 */
  readonly limit?: number;
}

export const eventLogDefaults = { limit: 10_000 } as const;

/** The log of events, in memory and on disk, newest last. */
export class StoredEventLog implements EventLog {
  readonly #clock: Clock;
  readonly #names: HostNames;
  readonly #journal: Journal;
  readonly #keys: LogKeys<HubEvent>;
  readonly #events: HubEvent[];
  readonly #limit: number;
  readonly #listeners = new Set<(event: HubEvent) => void>();

  private constructor(
    { records, clock, issues, names }: StoredEventLogOptions,
    limit: number,
    keys: LogKeys<HubEvent>,
    events: HubEvent[],
  ) {
    this.#clock = clock;
    this.#names = names;
    this.#limit = limit;
    this.#keys = keys;
    this.#events = events;
    this.#journal = new Journal({
      records,
      issues,
      part: 'events',
      failure: 'Events cannot be stored; the newest are kept in memory.',
    });
  }

  static async open(options: StoredEventLogOptions): Promise<StoredEventLog> {
    const limit = options.limit ?? eventLogDefaults.limit;
    const { keys, entries } = await LogKeys.open(options.records, eventRecords, limit);
    const events = entries.map(([, event]) => event);
    return new StoredEventLog(options, limit, keys, events);
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
    // A host that only enrolled has sent no facts yet.
    const name = hostId === undefined ? '' : (this.#names.hostname(hostId) ?? detail['hostname']);
    const event: HubEvent = {
      id: (this.#events.at(-1)?.id ?? 0) + 1,
      timeMs: this.#clock.now(),
      kind,
      ...(hostId === undefined
        ? {}
        : { target: { id: hostId, kind: 'host', name: String(name ?? hostId) } }),
      detail,
      ...(anomalies === undefined ? {} : { anomalies }),
    };
    this.#events.push(event);
    if (this.#events.length > this.#limit) this.#events.shift();
    const key = timeKey(event.id);
    this.#keys.add(key);
    this.#journal.write([eventRecords.put(key, event), ...this.#keys.trim()]);
    for (const listener of this.#listeners) listener(event);
  }

  onEvent(listener: (event: HubEvent) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Retries what could not be stored; called once a second. */
  retry(): void {
    this.#journal.retry();
  }

  /** Resolves when everything was stored, or could not be. */
  drain(): Promise<void> {
    return this.#journal.drain();
  }
}
