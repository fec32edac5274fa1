import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  alert,
  HOUR_MS,
  MINUTE_MS,
  resolved,
  SECOND_MS,
  VirtualHub,
} from '../../test/dispatch-kit.ts';

const route = {
  receivers: ['ops'],
  escalations: [{ afterMs: 10 * MINUTE_MS, receivers: ['boss'] }],
  repeatIntervalMs: HOUR_MS,
};

type Step =
  | { readonly kind: 'fires' | 'ends'; readonly id: string }
  | { readonly kind: 'passes'; readonly seconds: number }
  | { readonly kind: 'fails'; readonly fails: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('fires' as const, 'ends' as const),
    id: fc.constantFrom('a', 'b', 'c'),
  }),
  fc.record({ kind: fc.constant('passes' as const), seconds: fc.integer({ min: 1, max: 900 }) }),
  fc.record({ kind: fc.constant('fails' as const), fails: fc.boolean() }),
);

/** What is sent, by the time that really passed. */
function play(steps: readonly Step[], jumps: ReadonlyMap<number, number>): string[] {
  const hub = new VirtualHub({ route }, { random: () => 0.5 });
  let jumpedMs = 0;
  let failing = false;
  hub.nowMs = 10 * HOUR_MS;
  hub.answer = () =>
    failing ? { kind: 'failed', answer: '503' } : { kind: 'delivered', answer: 'ok' };
  const sent: string[] = [];
  const brief = (): void => {
    for (const { atMs, message } of hub.sent.splice(0))
      sent.push(
        `${(atMs - jumpedMs) / SECOND_MS} ${message.receiver} ${message.reason}: ${message.alerts
          .map((one) => one.alert.id + one.alert.state)
          // In a message they are in the order of their times, which the clock gave them.
          .toSorted()
          .join(' ')}`,
      );
  };
  for (const [at, one] of steps.entries()) {
    const jumpMs = jumps.get(at);
    if (jumpMs !== undefined) {
      brief();
      hub.clockMoved(jumpMs);
      jumpedMs += jumpMs;
    }
    if (one.kind === 'passes') hub.run(one.seconds * SECOND_MS);
    else if (one.kind === 'fails') failing = one.fails;
    else {
      const current = hub.current.get(one.id);
      const { nowMs } = hub;
      if (one.kind === 'ends' && current) hub.take(resolved(current, nowMs));
      if (one.kind === 'fires' && !current)
        hub.take(alert({ id: one.id, activeAtMs: nowMs, firedAtMs: nowMs }));
    }
  }
  failing = false;
  hub.run(2 * HOUR_MS);
  brief();
  return sent;
}

test('a clock that is set, forward or back, changes nothing of who is told what, and after how long', () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 2, maxLength: 20 }),
      fc.array(fc.tuple(fc.nat(19), fc.integer({ min: -7_200, max: 7_200 })), { maxLength: 3 }),
      (steps, jumps) => {
        const set = new Map(jumps.map(([at, seconds]) => [at, seconds * SECOND_MS] as const));
        expect(play(steps, set)).toEqual(play(steps, new Map()));
      },
    ),
    { numRuns: 100 },
  );
});

test.for([
  ['an hour back', -HOUR_MS],
  ['ten years back', -10 * 365 * 24 * HOUR_MS],
] as const)(
  'the clock is set %s while the hub is down: a new alert of a known group waits its interval, no longer',
  ([, jumpMs]) => {
    const hub = new VirtualHub({ route });
    hub.nowMs = 20 * 365 * 24 * HOUR_MS;
    const fires = (id: string): void =>
      hub.take(alert({ id, activeAtMs: hub.nowMs, firedAtMs: hub.nowMs }));
    fires('a');
    hub.run(MINUTE_MS);
    // Its message had not been sent when the hub ended.
    fires('b');
    hub.nowMs += jumpMs;
    hub.kill();
    hub.sent.length = 0;
    const startMs = hub.nowMs;
    hub.run(HOUR_MS - MINUTE_MS);
    expect(
      hub.sent.map(({ atMs, message }) => [
        (atMs - startMs) / MINUTE_MS,
        message.receiver,
        message.alerts.map((one) => one.alert.id).join(' '),
      ]),
    ).toEqual([
      [5, 'ops', 'a b'],
      [expect.closeTo(10, 0), 'boss', 'a b'],
    ]);
  },
);
