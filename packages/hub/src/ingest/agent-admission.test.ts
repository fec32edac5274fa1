import { expect, test } from 'vitest';
import { AgentAdmission } from './agent-admission.ts';

const options = { perSecond: 100, burst: 50, perSecondLate: 5 };

test('agents that come at once are let in at the rate, each told its own turn', () => {
  let nowMs = 0;
  const admission = new AgentAdmission(
    options,
    () => false,
    () => nowMs,
  );
  const comeAt = new Map<number, number>();
  let admitted = 0;
  for (let agent = 0; agent < 2_000; agent++) comeAt.set(agent, 0);
  const perSecond: number[] = [];
  for (; comeAt.size > 0 && nowMs < 60_000; nowMs += 10)
    for (const [agent, atMs] of comeAt) {
      if (atMs > nowMs) continue;
      const waitMs = admission.enter();
      if (waitMs === 0) {
        comeAt.delete(agent);
        admitted++;
        const second = Math.floor(nowMs / 1_000);
        perSecond[second] = (perSecond[second] ?? 0) + 1;
      } else comeAt.set(agent, nowMs + waitMs);
    }
  expect(admitted).toBe(2_000);
  expect(nowMs).toBeLessThan(25_000);
  expect(Math.max(...perSecond)).toBeLessThanOrEqual(options.burst + options.perSecond);
  // Most are sent away once.
  expect(admission.deferred).toBeLessThan(4_000);
});

test('a hub that is late lets few in, and nobody is sent away for more than a minute', () => {
  let nowMs = 0;
  const admission = new AgentAdmission(
    options,
    () => true,
    () => nowMs,
  );
  let admitted = 0;
  let longestMs = 0;
  for (let at = 0; at < 1_000; at++) {
    nowMs += 10;
    const waitMs = admission.enter();
    if (waitMs === 0) admitted++;
    longestMs = Math.max(longestMs, waitMs);
  }
  expect(admitted).toBeLessThanOrEqual(10 * options.perSecondLate + options.perSecondLate);
  expect(longestMs).toBeLessThanOrEqual(60_000);
});
