import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Alert } from '@openmanager/protocol';
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

/**
 * What the far side took: how often each message came, what it knows of each series at the end, and of which it heard that
 * it ended though it had never heard that it fires.
 */
function farSide(messages: readonly Notification[]): {
  times: Map<string, number>;
  known: Map<string, string>;
  unheard: string[];
} {
  const times = new Map<string, number>();
  const known = new Map<string, string>();
  const unheard: string[] = [];
  for (const { key, alerts } of messages) {
    times.set(key, (times.get(key) ?? 0) + 1);
    if (times.get(key) !== 1) continue;
    for (const { alert: one } of alerts) {
      const series = seriesOf(one);
      if (one.state === 'resolved' && known.get(series) !== 'firing') unheard.push(one.id);
      known.set(series, one.state);
    }
  }
  return { times, known, unheard };
}

const seriesOf = ({ target, attributes }: Alert): string => `${target.id} ${attributes['n'] ?? ''}`;

test('a receiver that is down for an hour, and the hub killed in between: what fires on is told, at most one duplicate', () => {
  const hub = new VirtualHub({ route: { receivers: ['ops', 'chat'] } });
  hub.answer = ({ receiver }, nowMs) =>
    receiver === 'ops' && nowMs > 5 * MINUTE_MS && nowMs < 65 * MINUTE_MS ? refused : delivered;
  hub.run(2 * HOUR_MS, () => {
    const minute = hub.nowMs / MINUTE_MS;
    if (hub.nowMs % (3 * MINUTE_MS) === 0 && minute <= 90) {
      const id = `f${minute}`;
      hub.take(alert({ id, target: host(`h${minute % 2}`), attributes: { n: id } }));
    }
    // Half of them resolve a minute and a half later, most while nobody can be told.
    const old = hub.current.get(`f${minute - 1.5}`);
    if (old && (minute - 1.5) % 2 === 0) hub.take(resolved(old, hub.nowMs));
    if (hub.nowMs === 40 * MINUTE_MS) hub.kill();
  });
  // Once more right after a message was taken and before the answer was noted.
  const last = alert({ id: 'last', target: host('h9'), attributes: { n: 'last' } });
  hub.take(last);
  const before = hub.sent.length;
  while (hub.sent.length === before) hub.run(SECOND_MS);
  hub.kill();
  hub.run(HOUR_MS);

  for (const receiver of ['ops', 'chat']) {
    const { times, known, unheard } = farSide(
      hub.sent.filter(({ message }) => message.receiver === receiver).map(({ message }) => message),
    );
    const live = new Set([...hub.current.values()].map(seriesOf));
    for (const series of live) expect(known.get(series)).toBe('firing');
    for (const [series, state] of known)
      expect(state).toBe(live.has(series) ? 'firing' : 'resolved');
    // A message that was perhaps on its way when the hub was killed may have told of them.
    expect(unheard.length).toBeLessThanOrEqual(receiver === 'ops' ? 2 : 0);
    const twice = [...times.values()].filter((count) => count > 1);
    expect(twice).toEqual([2]);
  }
  // The duplicates carry the key of the first.
  expect(hub.records.get('notify-members')?.size).toBe(2 * hub.current.size);
});

test('whatever fires, fails and is killed: what fires is told at last, no end of what was never told, a message twice at most per kill', () => {
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
      for (const one of steps) {
        if (one.do === 'fire' && !live.has(one.id)) {
          const attributes = { n: String(one.id) };
          const fresh = alert({ id: `${one.id}/${turn++}`, attributes });
          live.set(one.id, fresh);
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
      const { times, known, unheard } = farSide(hub.sent.map(({ message }) => message));
      const firing = new Set([...live.values()].map(seriesOf));
      for (const series of firing) expect(known.get(series)).toBe('firing');
      for (const [series, state] of known)
        expect(state).toBe(firing.has(series) ? 'firing' : 'resolved');
      if (kills === 0) expect(unheard).toEqual([]);
      const duplicates = [...times.values()].reduce((sum, count) => sum + count - 1, 0);
      expect(duplicates).toBeLessThanOrEqual(kills);
    }),
    { numRuns: 300 },
  );
});
