import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Notification, Outcome } from '../index.ts';
import {
  alert,
  host,
  HOUR_MS,
  MINUTE_MS,
  resolved,
  SECOND_MS,
  VirtualHub,
} from '../../test/dispatch-kit.ts';

const delivered: Outcome = { kind: 'delivered', answer: '200 ok' };
const refused: Outcome = { kind: 'failed', answer: '503' };
const a = alert({ id: 'a' });

describe('retries', () => {
  test('doubles the wait, spread by chance, up to its bound, and keeps the key', () => {
    const hub = new VirtualHub();
    const tried: { atMs: number; key: string }[] = [];
    hub.answer = ({ key }, atMs) => {
      tried.push({ atMs, key });
      return refused;
    };
    hub.take(a);
    hub.run(HOUR_MS);
    const waits = tried.slice(1).map(({ atMs }, index) => atMs - (tried[index]?.atMs ?? 0));
    for (const [index, wait] of waits.entries()) {
      const most = Math.min(300_000, 1_000 * 2 ** index);
      expect(wait).toBeGreaterThanOrEqual(most / 2);
      expect(wait).toBeLessThanOrEqual(most + 2 * SECOND_MS);
    }
    expect(new Set(tried.map(({ key }) => key)).size).toBe(1);
    expect(hub.log()).toMatchObject([{ outcome: 'failed', answer: '503', attempts: tried.length }]);
    hub.answer = () => delivered;
    hub.run(6 * MINUTE_MS);
    expect(hub.log()).toMatchObject([
      {
        outcome: 'delivered',
        answer: '200 ok',
        attempts: tried.length + 1,
        reason: 'new',
        alertCount: 1,
      },
    ]);
  });

  test('obeys Retry-After', () => {
    const hub = new VirtualHub();
    const tried: number[] = [];
    hub.answer = (_, nowMs) => {
      tried.push(nowMs);
      return tried.length === 1 ? { ...refused, retryAfterMs: 90_000 } : delivered;
    };
    hub.take(a);
    hub.run(10 * MINUTE_MS);
    expect(tried).toHaveLength(2);
    expect((tried[1] ?? 0) - (tried[0] ?? 0)).toBeGreaterThanOrEqual(90_000);
  });

  test('gives up after a day, and says so', () => {
    const hub = new VirtualHub(
      {},
      {
        retry: { firstMs: 1_000, mostMs: MINUTE_MS, retryAfterMostMs: HOUR_MS, giveUpMs: HOUR_MS },
      },
    );
    hub.answer = () => ({ kind: 'failed', answer: '404', permanent: true });
    hub.take(a);
    hub.run(1.5 * HOUR_MS);
    expect(hub.log()).toMatchObject([{ outcome: 'given-up', answer: '404' }]);
  });

  test('a dead receiver delays nobody', () => {
    const route = { receivers: ['dead', 'alive'] };
    const hub = new VirtualHub({ route });
    hub.answer = ({ receiver }) => (receiver === 'dead' ? refused : delivered);
    hub.take(a);
    hub.run(MINUTE_MS);
    hub.take(alert({ id: 'b', target: host('h2') }));
    hub.run(MINUTE_MS);
    expect(hub.brief()).toEqual(['10 alive new firing: a+', '70 alive new firing: b+']);
  });

  test('a message is updated in place while its incident lasts', () => {
    const hub = new VirtualHub();
    const references: (string | undefined)[] = [];
    hub.answer = ({ reference }) => {
      references.push(reference);
      return { ...delivered, reference: `m${references.length}` };
    };
    hub.take(a);
    hub.run(MINUTE_MS);
    hub.take(alert({ id: 'b' }));
    hub.run(10 * MINUTE_MS);
    hub.kill();
    hub.take(resolved(a, hub.nowMs), resolved(alert({ id: 'b' }), hub.nowMs));
    hub.run(10 * MINUTE_MS);
    hub.take(alert({ id: 'c' }));
    hub.run(10 * MINUTE_MS);
    expect(references).toEqual([undefined, 'm1', 'm2', undefined]);
  });
});

/** What the far side took: how often each message came, and what it knows of each alert at the end. */
function farSide(messages: readonly Notification[]): {
  times: Map<string, number>;
  known: Map<string, string>;
} {
  const times = new Map<string, number>();
  const known = new Map<string, string>();
  for (const { key, alerts } of messages) {
    times.set(key, (times.get(key) ?? 0) + 1);
    for (const one of alerts) known.set(one.alert.id, one.alert.state);
  }
  return { times, known };
}

test('a receiver that is down for an hour, and the hub killed in between: nothing is missed, at most one duplicate', () => {
  const hub = new VirtualHub({ route: { receivers: ['ops', 'chat'] } });
  hub.answer = ({ receiver }, nowMs) =>
    receiver === 'ops' && nowMs > 5 * MINUTE_MS && nowMs < 65 * MINUTE_MS ? refused : delivered;
  const fired: string[] = [];
  hub.run(2 * HOUR_MS, () => {
    const minute = hub.nowMs / MINUTE_MS;
    if (hub.nowMs % (3 * MINUTE_MS) === 0 && minute <= 90) {
      const id = `f${minute}`;
      fired.push(id);
      hub.take(alert({ id, target: host(`h${minute % 2}`) }));
    }
    // Half of them resolve a minute and a half later, most while nobody can be told.
    const old = hub.current.get(`f${minute - 1.5}`);
    if (old && (minute - 1.5) % 2 === 0) hub.take(resolved(old, hub.nowMs));
    if (hub.nowMs === 40 * MINUTE_MS) hub.kill();
  });
  // Once more right after a message was taken and before the answer was noted.
  const last = alert({ id: 'last', target: host('h9') });
  hub.take(last);
  fired.push('last');
  const before = hub.sent.length;
  while (hub.sent.length === before) hub.run(SECOND_MS);
  hub.kill();
  hub.run(HOUR_MS);

  for (const receiver of ['ops', 'chat']) {
    const { times, known } = farSide(
      hub.sent.filter(({ message }) => message.receiver === receiver).map(({ message }) => message),
    );
    expect([...known.keys()].toSorted()).toEqual(fired.toSorted());
    for (const [id, state] of known)
      expect(state).toBe(hub.current.has(id) ? 'firing' : 'resolved');
    const twice = [...times.values()].filter((count) => count > 1);
    expect(twice).toEqual([2]);
  }
  // The duplicates carry the key of the first.
  expect(hub.records.get('notify-members')?.size).toBe(2 * hub.current.size);
});

test('whatever fires, fails and is killed: everything is told at last, a message twice at most per kill', () => {
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('fire' as const), id: fc.nat({ max: 8 }) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('resolve' as const), id: fc.nat({ max: 8 }) }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('wait' as const),
        id: fc.integer({ min: 1, max: 400 }),
      }),
    },
    fc.record({ do: fc.constant('kill' as const), id: fc.constant(0) }),
    fc.record({ do: fc.constantFrom('down' as const, 'up' as const), id: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const hub = new VirtualHub({ route: { receivers: ['ops'], groupBy: [] } });
      let down = false;
      let kills = 0;
      let turn = 0;
      hub.answer = () => (down ? refused : delivered);
      const live = new Map<number, ReturnType<typeof alert>>();
      const fired = new Set<string>();
      for (const one of steps) {
        if (one.do === 'fire' && !live.has(one.id)) {
          const fresh = alert({ id: `${one.id}/${turn++}` });
          live.set(one.id, fresh);
          fired.add(fresh.id);
          hub.take(fresh);
        } else if (one.do === 'resolve') {
          const known = live.get(one.id);
          if (known) hub.take(resolved(known, hub.nowMs));
          live.delete(one.id);
        } else if (one.do === 'wait') hub.run(one.id * SECOND_MS);
        else if (one.do === 'kill') {
          kills++;
          hub.kill();
        } else down = one.do === 'down';
      }
      down = false;
      hub.run(HOUR_MS);
      const { times, known } = farSide(hub.sent.map(({ message }) => message));
      expect(new Set(known.keys())).toEqual(fired);
      const firing = new Set([...live.values()].map(({ id }) => id));
      for (const [id, state] of known) expect(state).toBe(firing.has(id) ? 'firing' : 'resolved');
      const duplicates = [...times.values()].reduce((sum, count) => sum + count - 1, 0);
      expect(duplicates).toBeLessThanOrEqual(kills);
    }),
    { numRuns: 300 },
  );
});
