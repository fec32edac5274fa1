/** Groups anomalies of a host into one event, debounced; the earliest and strongest first. */
import { limits, type Anomaly } from '@openmanager/protocol';
import type { Clock, EventLog } from '../ports/index.ts';

/** Least time between two events of a host. */
const EVENT_GAP_MS = 300_000;

interface Incident {
  eventMs: number;
  waiting: Anomaly[];
}

export class Incidents {
  readonly #clock: Clock;
  readonly #events: Pick<EventLog, 'record'>;
  readonly #byHost = new Map<string, Incident>();

  constructor(clock: Clock, events: Pick<EventLog, 'record'>) {
    this.#clock = clock;
    this.#events = events;
  }

  add(hostId: string, anomalies: readonly Anomaly[]): void {
    let incident = this.#byHost.get(hostId);
    if (!incident) {
      incident = { eventMs: Number.NEGATIVE_INFINITY, waiting: [] };
      this.#byHost.set(hostId, incident);
    }
    incident.waiting.push(...anomalies);
  }

  /** Records the event when it is due. */
  poll(hostId: string): void {
    const incident = this.#byHost.get(hostId);
    const now = this.#clock.now();
    if (!incident || incident.waiting.length === 0 || now - incident.eventMs < EVENT_GAP_MS) return;
    const together = incident.waiting.toSorted((a, b) => a.timeMs - b.timeMs || b.score - a.score);
    incident.waiting = [];
    incident.eventMs = now;
    const root = together[0] as Anomaly;
    this.#events.record(
      'anomaly',
      hostId,
      { key: root.key, code: root.reason.code, count: together.length },
      together.slice(0, limits.outlookAnomalies),
    );
  }

  hostRemoved(hostId: string): void {
    this.#byHost.delete(hostId);
  }
}
