import { expect, test } from 'vitest';
import { countEvents, f1, sum } from './events.ts';

/** Rows as text: labels with 1, alarms with x. */
function count(labels: string, alarms: string, delay?: number): ReturnType<typeof countEvents> {
  return countEvents(
    alarms.split('').map((mark) => mark === 'x'),
    labels.split('').map(Number),
    delay,
  );
}

test.each([
  ['0001110', '.......', { events: 1, detected: 0, falseAlarms: 0 }],
  ['0001110', '...x...', { events: 1, detected: 1, falseAlarms: 0 }],
  ['0001110', '..x....', { events: 1, detected: 0, falseAlarms: 1 }],
  ['0001110', '...xxxx', { events: 1, detected: 1, falseAlarms: 1 }],
  ['0110110', '.x..xx.', { events: 2, detected: 2, falseAlarms: 0 }],
  ['0000000', 'xx..x.x', { events: 0, detected: 0, falseAlarms: 3 }],
  ['1111111', '......x', { events: 1, detected: 1, falseAlarms: 0 }],
])('%s with alarms %s', (labels, alarms, counts) => {
  expect(count(labels, alarms)).toEqual(counts);
});

test('an alarm later than the delay misses the event, and is not false', () => {
  expect(count('1111111111', '.......x..')).toMatchObject({ detected: 1 });
  expect(count('1111111111', '........xx')).toEqual({ events: 1, detected: 0, falseAlarms: 0 });
  expect(count('11111', '..x..', 1)).toMatchObject({ detected: 0 });
});

test('F1 of all series together', () => {
  const all = sum([
    { events: 3, detected: 2, falseAlarms: 1 },
    { events: 1, detected: 1, falseAlarms: 0 },
  ]);
  // Precision 3 / 4, recall 3 / 4.
  expect(f1(all)).toBeCloseTo(0.75, 9);
  expect(f1({ events: 5, detected: 0, falseAlarms: 0 })).toBe(0);
});
