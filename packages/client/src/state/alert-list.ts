import { HOUR_MS } from '@openmanager/protocol/durations';
import { tellsBrowsers, type Alert } from '@openmanager/protocol';

/** Resolved alerts leave after this long. */
const KEEP_RESOLVED_MS = HOUR_MS;
/** Most alerts kept; resolved ones go first, then the oldest. */
export const ALERTS_KEPT = 1_000;
/** Most firings remembered as announced. */
export const ANNOUNCED_KEPT = 4_000;

/**
 * The alerts topic: newest first. Each firing is announced once, when the hub's decision lets browsers be told of it:
 * as it begins, or while it lasts, when what mutes it ends.
 */
export class AlertList {
  #byId = new Map<string, Alert>();
  readonly #announced = new Set<string>();
  #primed = false;
  #listed: readonly Alert[] = [];
  readonly #announce: (alert: Alert) => void;

  constructor(announce: (alert: Alert) => void) {
    this.#announce = announce;
  }

  get list(): readonly Alert[] {
    return this.#listed;
  }

  /** Replaces the list. What fires already at the first snapshot is not announced, unless nobody was to be told of it yet. */
  snapshot(alerts: readonly Alert[], nowMs: number): void {
    const former = this.#byId;
    this.#byId = new Map();
    for (const alert of alerts) this.#byId.set(alert.id, same(former.get(alert.id), alert));
    const silent = !this.#primed;
    this.#primed = true;
    this.#settle(alerts, silent, nowMs);
  }

  change(alerts: readonly Alert[], nowMs: number): void {
    for (const alert of alerts) this.#byId.set(alert.id, same(this.#byId.get(alert.id), alert));
    this.#settle(alerts, false, nowMs);
  }

  /** Forgets the alerts, but not which were announced. */
  clear(): void {
    this.#byId.clear();
    this.#listed = [];
  }

  #settle(changed: readonly Alert[], silent: boolean, nowMs: number): void {
    for (const [id, alert] of this.#byId)
      if (
        alert.state === 'inactive' ||
        (alert.state === 'resolved' &&
          (alert.resolvedAtMs ?? alert.sampleTimeMs) < nowMs - KEEP_RESOLVED_MS)
      )
        this.#byId.delete(id);
    const next = [...this.#byId.values()].sort(newestFirst);
    while (next.length > ALERTS_KEPT) {
      const resolved = next.findLastIndex((alert) => alert.state === 'resolved');
      for (const dropped of next.splice(resolved < 0 ? next.length - 1 : resolved, 1))
        this.#byId.delete(dropped.id);
    }
    if (
      next.length !== this.#listed.length ||
      next.some((alert, index) => alert !== this.#listed[index])
    )
      this.#listed = next;
    for (const alert of changed) this.#tell(alert, silent);
  }

  #tell(alert: Alert, silent: boolean): void {
    if (alert.state !== 'firing') return;
    const firing = `${alert.id} ${alert.firedAtMs ?? alert.activeAtMs}`;
    const isAnnounced = this.#announced.delete(firing);
    // An acknowledged one is known to somebody, whether or not it ever rang here.
    const isNews = tellsBrowsers(alert) || (silent && alert.notify?.muted === 'acknowledged');
    if (!isAnnounced && !isNews) return;
    // Moves to the end (LRU), so that an alert that keeps firing is never forgotten.
    this.#announced.add(firing);
    if (isAnnounced) return;
    if (this.#announced.size > ANNOUNCED_KEPT)
      for (const oldest of this.#announced) {
        this.#announced.delete(oldest);
        break;
      }
    if (!silent) this.#announce(alert);
  }
}

function newestFirst(a: Alert, b: Alert): number {
  return b.activeAtMs - a.activeAtMs || (a.id < b.id ? -1 : 1);
}

function same(former: Alert | undefined, alert: Alert): Alert {
  return former && JSON.stringify(former) === JSON.stringify(alert) ? former : alert;
}
