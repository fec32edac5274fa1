/**
 * One incident is one alarm: after it no other, until all has been quiet for a while, or it has lasted so long that it
 * alarms again. What lasts that long is likely to stay, so from then on until its end the host should learn faster.
 */

/** Strength from which an incident goes on; 1 is the alarm. */
const KEEPING = 0.7;
/** Samples without such a strength that end an incident. */
const QUIET = 30;

/** Samples left until the incident is over (0: none), how long it has lasted since its alarm, 1 if it lasts long. */
export const INCIDENT = { left: 0, length: 1, lasting: 2 } as const;
export const INCIDENT_SIZE: number = Object.keys(INCIDENT).length;

/** Whether this sample raises the alarm; `longest` is the number of samples after which it may again. */
export function alarmAt(incident: Float64Array, strength: number, longest: number): boolean {
  const ongoing = incident[INCIDENT.left]! > 0;
  if (ongoing && incident[INCIDENT.length]! >= longest) incident[INCIDENT.lasting] = 1;
  if (strength >= 1 && (!ongoing || incident[INCIDENT.length]! >= longest)) {
    incident[INCIDENT.left] = QUIET;
    incident[INCIDENT.length] = 0;
    return true;
  }
  if (!ongoing) return false;
  incident[INCIDENT.left] = strength >= KEEPING ? QUIET : incident[INCIDENT.left]! - 1;
  incident[INCIDENT.length]! += 1;
  if (incident[INCIDENT.left] === 0) incident[INCIDENT.lasting] = 0;
  return false;
}
