/**
 * Event F1 with a delay, the rule of the AIOps challenge 2018 taken per event:
 *  – an event is a run of rows labelled 1; it is detected when an alarm falls on its first row or on one of the
 *    `delay` rows after it (7), inside the event; an event without such an alarm is missed, however many alarms it
 *    has later on;
 *  – a false alarm is a run of consecutive alarm rows outside events; alarm rows inside an event, early or late,
 *    are never false, and a run that goes on from inside an event is one, as its rows outside are wrong;
 *  – precision = detected / (detected + false alarms), recall = detected / events, F1 from both, over all series
 *    taken together with one threshold.
 */
export interface EventCounts {
  readonly events: number;
  readonly detected: number;
  readonly falseAlarms: number;
}

export function countEvents(
  alarms: ArrayLike<boolean | number>,
  labels: ArrayLike<number>,
  delay = 7,
): EventCounts {
  let events = 0;
  let detected = 0;
  let falseAlarms = 0;
  let start = -1;
  let found = false;
  let inFalse = false;
  for (let row = 0; row < labels.length; row++) {
    const alarm = Boolean(alarms[row]);
    if (labels[row] === 1) {
      if (start < 0) {
        start = row;
        found = false;
        events++;
      }
      if (alarm && !found && row - start <= delay) {
        found = true;
        detected++;
      }
      inFalse = false;
    } else {
      start = -1;
      if (alarm && !inFalse) falseAlarms++;
      inFalse = alarm;
    }
  }
  return { events, detected, falseAlarms };
}

export function sum(counts: readonly EventCounts[]): EventCounts {
  return counts.reduce(
    (all, one) => ({
      events: all.events + one.events,
      detected: all.detected + one.detected,
      falseAlarms: all.falseAlarms + one.falseAlarms,
    }),
    { events: 0, detected: 0, falseAlarms: 0 },
  );
}

export function f1({ events, detected, falseAlarms }: EventCounts): number {
  return detected === 0 ? 0 : (2 * detected) / (events + detected + falseAlarms);
}
