import { expect, test } from 'vitest';
import { HubClock } from './hub-clock.ts';

test('the quickest of the last eight probes is believed', () => {
  const clock = new HubClock();
  expect(clock.offsetMs).toBe(0);
  clock.measured(1100, 200, 1000);
  expect(clock.offsetMs).toBe(200);
  clock.measured(2050, 2, 2000);
  expect(clock.offsetMs).toBe(51);
  for (let probe = 0; probe < 7; probe++) clock.measured(3500, 400, 3000);
  expect(clock.offsetMs).toBe(51);
  clock.measured(3500, 400, 3000);
  expect(clock.offsetMs).toBe(700);
});

test('after a reconnect the old offset holds until the first probe', () => {
  const clock = new HubClock();
  clock.measured(1050, 0, 1000);
  clock.reset();
  expect(clock.offsetMs).toBe(50);
  clock.measured(5000, 300, 1000);
  expect(clock.offsetMs).toBe(4150);
});
