import { beforeEach, expect, test } from 'vitest';
import { HealthIssues } from '../ports/index.ts';
import { HubLag } from './hub-lag.ts';

let nowMs: number;
let loopMs: number;
let held: boolean;
let issues: HealthIssues;
let lag: HubLag;
const told: string[] = [];

beforeEach(() => {
  nowMs = 0;
  loopMs = 0;
  held = false;
  issues = new HealthIssues();
  told.length = 0;
  lag = new HubLag({
    pulse: {
      hold: (holding) => (held = holding),
      lag: { p50: 0, p99: 0 },
      missedMs: 0,
      get recentLagMs() {
        return loopMs;
      },
    },
    issues,
    log: {
      warn: (first: unknown, message?: string) => told.push(message ?? String(first)),
    } as never,
    monotonicMs: () => nowMs,
  });
});

function pass(ms: number, pongMs?: number): void {
  for (let passed = 0; passed < ms; passed += 500) {
    nowMs += 500;
    if (pongMs !== undefined) for (let agent = 0; agent < 3; agent++) lag.record('queue', pongMs);
    lag.judge();
  }
}

test('a late event loop holds silence back at once, and is a problem after ten seconds', () => {
  loopMs = 3_000;
  pass(500);
  expect([held, lag.isBehind, issues.status()]).toEqual([true, false, 'ok']);
  pass(10_000);
  expect([held, lag.isBehind, issues.status()]).toEqual([true, true, 'degraded']);
  expect(issues.list().join()).toMatch(/cannot keep up.* 3\.0 s late/);
  loopMs = 100;
  pass(4_000);
  expect(held).toBe(true);
  pass(1_500);
  expect([held, lag.isBehind, issues.status()]).toEqual([false, false, 'ok']);
  expect(told).toEqual(['the hub cannot keep up', 'the hub keeps up again']);
});

test('what waits unread counts by the pongs of most agents; a minute of it is no service any more', () => {
  pass(15_000, 5_000);
  expect(issues.status()).toBe('degraded');
  pass(15_000, 70_000);
  expect(issues.status()).toBe('down');
  // No pong comes any more: that is nobody's lag.
  pass(20_000);
  expect([held, issues.status()]).toEqual([false, 'ok']);
});

test('what waits for a slow disk holds silence back, too, and the advice is about the disk', () => {
  let waitMs = 2_000;
  lag.storeWaitMs = () => waitMs;
  pass(500);
  expect([held, lag.isBehind]).toEqual([true, false]);
  pass(10_500);
  expect(issues.list().join()).toMatch(/stores what agents send 2\.0 s late.*faster disk/);
  waitMs = 20;
  pass(5_500);
  expect([held, issues.status()]).toEqual([false, 'ok']);
});

test('a slow network of some agents is not the hub', () => {
  for (let round = 0; round < 60; round++) {
    lag.record('queue', 9_000);
    lag.record('queue', 3);
    pass(500);
  }
  expect([held, lag.isBehind]).toEqual([false, false]);
});
