import { afterEach, beforeEach, expect, test } from 'vitest';
import { alertOf, eventOf } from '../../test/gateway/fakes.ts';
import { Follower, startHub, type TestHub } from '../../test/gateway/hub.ts';

let hub: TestHub;
let client: Follower;
beforeEach(async () => {
  hub = await startHub();
  client = await Follower.connect(hub.url);
});
afterEach(async () => {
  client.socket.disconnect();
  await hub.stop();
});

const payloads = (follower: Follower): unknown[] => follower.messages.map(({ payload }) => payload);
const ids = (follower: Follower): unknown[] =>
  follower.messages.map(({ payload }) =>
    payload.topic === 'alerts' ? payload.alerts.map(({ id }) => id) : null,
  );

test('alerts: a snapshot with what is open and what was resolved within the hour, then changes', async () => {
  const resolved = (id: string) => alertOf(id, { state: 'resolved', resolvedAtMs: hub.time.now() });
  hub.alerts.tell(resolved('old'));
  hub.time.pass(3_600_001);
  hub.alerts.tell(alertOf('open'), resolved('gone'));
  expect(await client.subscribe('alerts')).toMatchObject({ ok: true, recovery: 'fresh' });
  hub.alerts.tell(resolved('open'));
  await client.settle();
  expect(client.messages.map(({ payload: { kind } }) => kind)).toEqual(['snapshot', 'change']);
  expect(ids(client)).toEqual([['open', 'gone'], ['open']]);
});

test('snapshots are shared, but not for long', async () => {
  hub.alerts.tell(alertOf('gone', { state: 'resolved', resolvedAtMs: hub.time.now() }));
  await client.subscribe('alerts');
  await client.settle();
  hub.time.pass(3_600_001);
  await client.subscribe('alerts');
  await client.settle();
  expect(ids(client)).toEqual([['gone'], []]);
});

test('alerts below minPriority are left out, their offsets too', async () => {
  await client.subscribe('alerts', 'critical');
  hub.alerts.tell(alertOf('a', { severity: 'warning' }));
  hub.alerts.tell(alertOf('b', { severity: 'critical' }), alertOf('c', { severity: 'info' }));
  await client.settle();
  expect(ids(client)).toEqual([[], ['b']]);
  expect(client.holes).toBe(0);
});

test('alerts after a break: exactly the missed changes', async () => {
  await client.subscribe('alerts');
  hub.alerts.tell(alertOf('a'));
  await client.settle();
  client.socket.disconnect();
  hub.alerts.tell(alertOf('b'));
  hub.alerts.tell(alertOf('c'));
  const back = await Follower.connect(hub.url);
  back.cursor = client.cursor;
  expect(await back.subscribe('alerts', undefined, client.cursor)).toMatchObject({
    ok: true,
    recovery: 'recovered',
  });
  await back.settle();
  expect(ids(back)).toEqual([['b'], ['c']]);
  expect(back.holes).toBe(0);
  back.socket.disconnect();
});

test('alerts of another epoch: the snapshot tells all within the hour, and a gap is said beyond it', async () => {
  const since = (ageMs: number) => ({ epoch: 1, offset: 5, timeMs: hub.time.now() - ageMs });
  const now = hub.time.now();
  expect(await client.subscribe('alerts', undefined, since(60_000))).toMatchObject({
    recovery: 'backfilled',
    fromMs: now - 60_000,
    toMs: now,
  });
  expect(await client.subscribe('alerts', undefined, since(3_600_001))).toMatchObject({
    recovery: 'gap',
  });
  await client.settle();
  expect(payloads(client)).toHaveLength(2);
});

test('events: a snapshot of the newest 200, complete as far as it reaches', async () => {
  for (let id = 1; id <= 300; id++) hub.events.tell(eventOf(id));
  const oldest = eventOf(101).timeMs;
  await client.subscribe('events');
  hub.events.tell(eventOf(301));
  await client.settle();
  const [snapshot, change] = payloads(client) as { events: { id: number }[] }[];
  expect(snapshot?.events.map(({ id }) => id)).toEqual(
    Array.from({ length: 200 }, (_, index) => 300 - index),
  );
  expect(change).toMatchObject({ kind: 'change', events: [{ id: 301 }] });
  hub.time.pass(1000);
  const since = (timeMs: number) => ({ epoch: 1, offset: 0, timeMs });
  expect(await client.subscribe('events', undefined, since(oldest + 1))).toMatchObject({
    recovery: 'backfilled',
  });
  expect(await client.subscribe('events', undefined, since(oldest - 1))).toMatchObject({
    recovery: 'gap',
  });
});

test('system: at once, then every two seconds while somebody listens', async () => {
  const { pending } = hub.time;
  await client.subscribe('system');
  hub.time.pass(2000);
  await client.settle();
  hub.time.pass(2000);
  await client.settle();
  expect(client.messages.map(({ offset }) => offset)).toEqual([0, 1, 2]);
  const since = client.cursor;
  expect(await client.subscribe('system', undefined, since)).toMatchObject({ recovery: 'fresh' });
  await client.settle();
  expect(client.messages).toHaveLength(4);
  await client.ask('unsubscribe', { topic: 'system' });
  hub.time.pass(60_000);
  expect(hub.time.pending).toBe(pending);
});
