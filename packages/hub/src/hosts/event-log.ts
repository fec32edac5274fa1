import type { Anomaly, EventKind, HubEvent } from '@openmanager/protocol';
import type { RecordStore } from '@openmanager/store';
import {
  Allowance,
  type Clock,
  type EventLog,
  type HealthIssues,
  type HostNames,
  type Unsubscribe,
} from '../ports/index.ts';
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
  /** Events of one host at once; more are left out and counted. @default 60 */
  readonly burst?: number;
}

export const eventLogDefaults = { limit: 10_000, burst: 60 } as const;

/** Of one host in the long run, so that it cannot wash those of all others out of the log. */
const EVENTS_PER_MINUTE = 1;

/** What one host may write into the log. */
interface Share {
  readonly allowance: Allowance;
  /** Left out since its last event. */
  leftOut: number;
}

/** The log of events, in memory and on disk, newest last. */
export class StoredEventLog implements EventLog {
  readonly #clock: Clock;
  readonly #names: HostNames;
  readonly #journal: Journal;
  readonly #keys: LogKeys<HubEvent>;
  readonly #events: HubEvent[];
  readonly #limit: number;
  readonly #listeners = new Set<(event: HubEvent) => void>();
  readonly #burst: number;
  readonly #shares = new Map<string, Share>();
  /** Events of hosts that were left out, since the hub started. */
  leftOut = 0;

  private constructor(
    { records, clock, issues, names, burst = eventLogDefaults.burst }: StoredEventLogOptions,
    limit: number,
    keys: LogKeys<HubEvent>,
    events: HubEvent[],
  ) {
    this.#clock = clock;
    this.#names = names;
    this.#limit = limit;
    this.#burst = burst;
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
    const share = hostId === undefined ? undefined : this.#shareOf(hostId);
    if (share && share.allowance.take() > 0) {
      share.leftOut++;
      this.leftOut++;
      return;
    }
    const told = share?.leftOut ? { ...detail, leftOut: share.leftOut } : detail;
    if (share) share.leftOut = 0;
    // A host that only enrolled has sent no facts yet.
    const name = hostId === undefined ? '' : (this.#names.hostname(hostId) ?? detail['hostname']);
    const event: HubEvent = {
      id: (this.#events.at(-1)?.id ?? 0) + 1,
      timeMs: this.#clock.now(),
      kind,
      ...(hostId === undefined
        ? {}
        : { target: { id: hostId, kind: 'host', name: String(name ?? hostId) } }),
      detail: told,
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

  hostRemoved(hostId: string): void {
    this.#shares.delete(hostId);
  }

  #shareOf(hostId: string): Share {
    const known = this.#shares.get(hostId);
    if (known) return known;
    const made = { allowance: new Allowance(EVENTS_PER_MINUTE / 60, this.#burst), leftOut: 0 };
    this.#shares.set(hostId, made);
    return made;
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
