import { HOUR_MS } from '@openmanager/protocol/durations';
import { expect, test } from 'vitest';
import { HubClock, type ClockChange } from './hub-clock.ts';

const START = 1_700_000_000_000;

/** A wall clock that can be set, beside one that cannot. */
function clocks(voters = 3): {
  clock: HubClock;
  changes: ClockChange[];
  pass(ms: number): void;
  set(ms: number): void;
  vote(agentId: string, saysMs: number): void;
  trueMs(): number;
} {
  let passedMs = 0;
  let setMs = 0;
  const clock = new HubClock({
    wall: { now: () => START + passedMs + setMs },
    monotonicMs: () => passedMs,
  });
  clock.voters = () => voters;
  const changes: ClockChange[] = [];
  clock.onChange((change) => changes.push(change));
  return {
    clock,
    changes,
    pass: (ms) => (passedMs += ms),
    set: (ms) => (setMs += ms),
    vote: (agentId, saysMs) => clock.heard(agentId, saysMs, 5_000),
    trueMs: () => START + passedMs,
  };
}

test('an hour ahead for 40 s and back: nobody who asks for the time sees it', () => {
  const { clock, changes, pass, set, vote, trueMs } = clocks();
  for (let second = 0; second < 120; second++) {
    pass(1_000);
    if (second === 30) set(HOUR_MS);
    if (second === 70) set(-HOUR_MS);
    for (const agent of ['a', 'b', 'c']) vote(agent, trueMs() - 2_000);
    expect(clock.now()).toBe(trueMs());
  }
  expect(changes).toEqual([
    { kind: 'held', stepMs: HOUR_MS },
    { kind: 'returned', stepMs: HOUR_MS },
  ]);
});

test('a jump that most agents agree with is followed', () => {
  const { clock, changes, pass, set, vote, trueMs } = clocks();
  pass(1_000);
  set(HOUR_MS);
  expect(clock.now()).toBe(trueMs());
  // The one on the hub's own machine.
  vote('a', trueMs() + HOUR_MS);
  expect(clock.now()).toBe(trueMs());
  vote('b', trueMs());
  expect(clock.now()).toBe(trueMs());
  vote('b', trueMs() + HOUR_MS);
  expect(clock.now()).toBe(trueMs() + HOUR_MS);
  expect(changes.at(-1)).toEqual({ kind: 'moved', stepMs: HOUR_MS });
});

test('agents whose clocks are off anyway, and rows of the past, say nothing', () => {
  const { clock, set, vote, trueMs } = clocks(1);
  set(-HOUR_MS);
  vote('a', trueMs() - 3 * HOUR_MS);
  expect(clock.heldMs).toBe(-HOUR_MS);
  vote('a', trueMs() - HOUR_MS);
  expect(clock.heldMs).toBe(0);
});

test('with nobody to ask, the wall clock is followed at once, or after a minute without a vote', () => {
  const alone = clocks(0);
  alone.set(-HOUR_MS);
  expect(alone.clock.now()).toBe(START - HOUR_MS);
  expect(alone.changes).toEqual([{ kind: 'moved', stepMs: -HOUR_MS }]);
  const left = clocks(2);
  left.set(HOUR_MS);
  left.clock.now();
  left.pass(59_000);
  expect(left.clock.now()).toBe(left.trueMs());
  left.pass(2_000);
  left.clock.now();
  expect(left.clock.now()).toBe(left.trueMs() + HOUR_MS);
});

test('a clock that is adjusted bit by bit is followed as it goes', () => {
  const { clock, changes, pass, set, trueMs } = clocks();
  for (let second = 1; second <= 60; second++) {
    pass(1_000);
    set(200);
    expect(clock.now()).toBe(trueMs() + 200 * second);
  }
  expect(changes).toEqual([]);
});
