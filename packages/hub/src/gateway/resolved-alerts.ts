import { HOUR_MS } from '@openmanager/protocol/durations';
import type { Alert } from '@openmanager/protocol';

const AGE_MS = HOUR_MS;
const LIMIT = 1_000;

/** Alerts resolved in the last hour, at most 1,000 of them, for snapshots: sources know only the open ones. */
export class ResolvedAlerts {
  readonly #alerts: Map<string, Alert> = new Map();
  /** Nothing resolved after this time was dropped for lack of room. */
  #completeMs = 0;

  note(changed: readonly Alert[]): void {
    for (const alert of changed) {
      this.#alerts.delete(alert.id);
      if (alert.state === 'resolved') this.#alerts.set(alert.id, alert);
    }
    for (const [id, alert] of this.#alerts) {
      if (this.#alerts.size <= LIMIT) break;
      this.#alerts.delete(id);
      this.#completeMs = Math.max(this.#completeMs, alert.resolvedAtMs ?? 0);
    }
  }

  recent(nowMs: number): readonly Alert[] {
    for (const [id, alert] of this.#alerts)
      if (nowMs - (alert.resolvedAtMs ?? 0) > AGE_MS) this.#alerts.delete(id);
    return [...this.#alerts.values()];
  }

  completeSince(nowMs: number): number {
    return Math.max(this.#completeMs, nowMs - AGE_MS);
  }
}
