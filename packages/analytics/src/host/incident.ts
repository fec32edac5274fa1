/** One incident is one alarm: after it no other, until all has been quiet for a while, or it has lasted too long. */

/** Strength from which an incident goes on; 1 is the alarm. */
const KEEPING = 0.7;
/** Samples without such a strength that end an incident. */
const QUIET = 30;
/** Samples after which an incident that still goes on may alarm again. */
const LONGEST = 1440;

/** Two numbers: samples left until the incident is over (0: none), and how long it has lasted. */
export const INCIDENT_SIZE = 2;

/** Whether this sample raises the alarm. */
export function alarmAt(incident: Float64Array, strength: number): boolean {
  const ongoing = incident[0]! > 0 && incident[1]! < LONGEST;
  if (!ongoing && strength >= 1) {
    incident[0] = QUIET;
    incident[1] = 0;
    return true;
  }
  if (incident[0]! > 0) {
    incident[0] = strength >= KEEPING ? QUIET : incident[0]! - 1;
    incident[1] = incident[1]! + 1;
  }
  return false;
}
