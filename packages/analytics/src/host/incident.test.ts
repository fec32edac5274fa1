import { expect, test } from 'vitest';
import { alarmAt, INCIDENT, INCIDENT_SIZE } from './incident.ts';

const LONGEST = 100;

/** Rows with an alarm. */
function alarms(strengths: readonly number[], incident = new Float64Array(INCIDENT_SIZE)) {
  return strengths.flatMap((strength, row) => (alarmAt(incident, strength, LONGEST) ? [row] : []));
}

const quiet = (rows: number): number[] => Array.from({ length: rows }, () => 0.3);
const strong = (rows: number): number[] => Array.from({ length: rows }, () => 1.2);

test('one alarm for strong samples with pauses shorter than the quiet that ends an incident', () => {
  expect(alarms([0.99, 1, 5, ...quiet(29), 2, ...quiet(29), 1])).toEqual([1]);
  expect(alarms([1, ...quiet(30), 1])).toEqual([0, 31]);
});

test('what is nearly as strong keeps it going', () => {
  expect(alarms([1, ...quiet(29), 0.7, ...quiet(29), 1])).toEqual([0]);
  expect(alarms([1, ...quiet(29), 0.69, ...quiet(29), 1])).toEqual([0, 60]);
});

test('an incident that lasts alarms again, and is known to last until it is over', () => {
  const incident = new Float64Array(INCIDENT_SIZE);
  expect(alarms(strong(100), incident)).toEqual([0]);
  expect(incident[INCIDENT.lasting]).toBe(0);
  expect(alarms(strong(102), incident)).toEqual([1]);
  expect(incident[INCIDENT.lasting]).toBe(1);
  expect(alarms(quiet(30), incident)).toEqual([]);
  expect([...incident.subarray(0, 1), incident[INCIDENT.lasting]]).toEqual([0, 0]);
});
