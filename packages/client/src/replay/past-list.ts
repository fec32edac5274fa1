/** Alerts and events as they stood at a time of the past, and what of them changed since another. */
import type { Alert, HubEvent } from '@openmanager/protocol';

/** The alert as it was, undefined when it was not there yet. Its value and severity are those of its end. */
export function alertAt(alert: Alert, timeMs: number): Alert | undefined {
  const { activeAtMs, firedAtMs, resolvedAtMs, ...rest } = alert;
  if (activeAtMs > timeMs) return undefined;
  if (resolvedAtMs !== undefined && resolvedAtMs <= timeMs) return alert;
  const hasFired = firedAtMs !== undefined && firedAtMs <= timeMs;
  return hasFired
    ? { ...rest, activeAtMs, firedAtMs, state: 'firing' }
    : { ...rest, activeAtMs, state: 'pending' };
}

/** Alerts whose state is another than at `beforeMs`, as they are at `timeMs`. */
export function alertsChanged(
  alerts: readonly Alert[],
  beforeMs: number,
  timeMs: number,
): readonly Alert[] {
  return alerts.flatMap((alert) => {
    const now = alertAt(alert, timeMs);
    return now === undefined || now.state === alertAt(alert, beforeMs)?.state ? [] : [now];
  });
}

export function eventsBetween(
  events: readonly HubEvent[],
  afterMs: number,
  timeMs: number,
): readonly HubEvent[] {
  return events.filter((event) => event.timeMs > afterMs && event.timeMs <= timeMs);
}
