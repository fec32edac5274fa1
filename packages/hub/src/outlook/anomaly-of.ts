/** An alarm of the detectors as people and clients see it. */
import type { Reason } from '@openmanager/analytics';
import { targetRef, type Anomaly, type TargetRef } from '@openmanager/protocol';
import type { Alarm, HostAlarm } from './series-watch.ts';

export function anomalyOf(target: TargetRef, alarm: Alarm | HostAlarm): Omit<Anomaly, 'id'> {
  const { key, timeMs, value, score } = alarm;
  const bound = (edge: number): number | null => (Number.isFinite(edge) ? edge : null);
  return {
    target: targetRef(target),
    key,
    timeMs,
    value,
    lower: bound(alarm.lower),
    upper: bound(alarm.upper),
    score,
    ...('contributors' in alarm
      ? {
          reason: finite({ code: 'host', factor: alarm.reason.factor }),
          contributors: alarm.contributors,
        }
      : { reason: finite(alarm.reason) }),
  };
}

/** JSON has no Infinity. */
function finite(reason: Reason | Anomaly['reason']): Anomaly['reason'] {
  const fields = Object.entries(reason).filter(
    ([, field]) => typeof field !== 'number' || Number.isFinite(field),
  );
  return Object.fromEntries(fields) as unknown as Anomaly['reason'];
}
