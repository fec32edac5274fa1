import { expect, test } from 'vitest';
import { HubPulse } from './hub-pulse.ts';

function pulseOf(): {
  pulse: HubPulse;
  missed: number[];
  pass(ms: number): void;
  set(ms: number): void;
} {
  let passedMs = 0;
  let setMs = 0;
  const pulse = new HubPulse({
    clock: { now: () => 1e12 + passedMs + setMs },
    monotonicMs: () => passedMs,
  });
  const missed: number[] = [];
  pulse.onMissed((ms) => missed.push(ms));
  return { pulse, missed, pass: (ms) => (passedMs += ms), set: (ms) => (setMs += ms) };
}

test('beats that come in time miss nothing; after a stop all but a second of it was missed', () => {
  const { pulse, missed, pass } = pulseOf();
  for (let beat = 0; beat < 40; beat++) {
    pass(beat % 2 === 0 ? 250 : 900);
    pulse.check();
  }
  expect(missed).toEqual([]);
  pass(12_000);
  pulse.check();
  pulse.check();
  expect(missed).toEqual([11_000]);
  expect(pulse.missedMs).toBe(11_000);
});

test('a machine that slept, and a clock that was set back, are missed time as well', () => {
  const { pulse, missed, pass, set } = pulseOf();
  set(3_600_000);
  pulse.check();
  pass(250);
  set(-3_600_000);
  pulse.check();
  expect(missed).toEqual([3_600_000, -3_600_000]);
});

test('while it holds, all time is missed', () => {
  const { pulse, missed, pass } = pulseOf();
  pulse.hold(true);
  for (let beat = 0; beat < 8; beat++) {
    pass(250);
    pulse.check();
  }
  pulse.hold(false);
  pass(250);
  pulse.check();
  expect(missed.reduce((sum, ms) => sum + ms, 0)).toBe(2_000);
});
