import { ProtocolError, unknownHost, type Target } from '@openmanager/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Follower, startHub, type TestHub } from '../../test/gateway/hub.ts';

const A = 'aaaaaaaaaaaa';
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

test.each([
  ['subscribe', { topic: 'cpu' }, { code: 'unknown-topic', field: 'topic' }],
  ['subscribe', { topic: 'host:UPPER' }, { code: 'unknown-topic', field: 'topic' }],
  ['subscribe', { topic: 7 }, { code: 'invalid-input', field: 'topic' }],
  ['subscribe', {}, { code: 'invalid-input', field: 'topic' }],
  ['subscribe', null, { code: 'invalid-input' }],
  ['subscribe', 'fleet', { code: 'invalid-input' }],
  [
    'subscribe',
    { topic: 'fleet', minPriority: 'urgent' },
    { code: 'invalid-input', field: 'minPriority' },
  ],
  [
    'subscribe',
    { topic: 'fleet', since: { epoch: 1, offset: -1, timeMs: 0 } },
    { code: 'invalid-input', field: 'since.offset' },
  ],
  ['subscribe', { topic: `host:${A}` }, { code: 'not-found', field: 'topic' }],
  ['unsubscribe', { topic: 'cpu' }, { code: 'unknown-topic', field: 'topic' }],
  [
    'history',
    { hostId: A, fromMs: 2, toMs: 1, maxPoints: 5 },
    { code: 'invalid-input', field: 'fromMs' },
  ],
  [
    'history',
    { hostId: A, fromMs: 0, toMs: 1, maxPoints: 1e9 },
    { code: 'invalid-input', field: 'maxPoints' },
  ],
  ['nonsense', {}, { code: 'invalid-input', field: 'event' }],
])('%s %j is answered with %j and everything else goes on', async (event, request, error) => {
  hub.live.set('bbbbbbbbbbbb', [1], { keys: ['k'] });
  await client.subscribe('fleet');
  expect(await client.ask(event, request)).toMatchObject({ ok: false, error });
  expect(await client.ask('clock')).toEqual({ ok: true, hubTimeMs: hub.time.now() });
  hub.live.set('bbbbbbbbbbbb', [2]);
  hub.time.pass(50);
  await client.settle();
  expect(client.kinds).toEqual(['keyframe', 'delta']);
});

test('every event is authorised, not only the handshake', async () => {
  const asked: unknown[] = [];
  const host: Target = { id: A, kind: 'host', name: 'a', labels: { team: 'shop' } };
  const strict = await startHub({
    target: (id) => (id === A ? host : undefined),
    authorize: (_, action, object) => {
      asked.push([action, object]);
      if (object !== undefined) throw new ProtocolError('forbidden');
    },
  });
  const follower = await Follower.connect(strict.url);
  const refused = { ok: false, error: { code: 'forbidden' } };
  expect(await follower.subscribe('events')).toMatchObject(refused);
  expect(await follower.ask('unsubscribe', { topic: 'fleet' })).toMatchObject(refused);
  const request = { hostId: A, fromMs: 0, toMs: 5, maxPoints: 10 };
  expect(await follower.ask('history', request)).toMatchObject(refused);
  expect(await follower.subscribe(`host:${A}`)).toMatchObject(refused);
  expect(await follower.ask('outlook', { ...request, hostId: 'nobody', key: 'k' })).toMatchObject(
    refused,
  );
  expect(asked).toEqual([
    ['topic:subscribe', undefined],
    ['topic:subscribe', { kind: 'topic', topic: 'events' }],
    ['topic:subscribe', { kind: 'topic', topic: 'fleet' }],
    ['history:read', { kind: 'target', target: host }],
    ['topic:subscribe', { kind: 'target', target: host }],
    // Nothing is known of it: no label that a right could ask for.
    ['history:read', { kind: 'target', target: unknownHost('nobody') }],
  ]);
  follower.socket.disconnect();
  await strict.stop();
});

test('history is answered', async () => {
  const request = { hostId: A, fromMs: 0, toMs: 5, maxPoints: 10 };
  expect(await client.ask('history', request)).toEqual({
    ok: true,
    keys: ['a'],
    timesMs: [1, 2],
    columns: [[3, 4]],
    stepMs: 0,
  });
});

test('history answers under way are bounded', async () => {
  let open = (): void => undefined;
  hub.history.gate = new Promise((resolve) => {
    open = resolve;
  });
  const request = { hostId: A, fromMs: 0, toMs: 5, maxPoints: 10 };
  const asked = Array.from({ length: 17 }, () => client.ask('history', request));
  expect(await asked[16]).toMatchObject({ ok: false, error: { code: 'too-many-requests' } });
  open();
  const answers = await Promise.all(asked.slice(0, 16));
  expect(answers.every(({ ok }) => ok)).toBe(true);
});

test('a client holds at most 64 topics, and may change the ones it has', async () => {
  for (let index = 0; index < 65; index++)
    hub.live.set(`host${String(index).padStart(8, '0')}`, [1], { keys: ['k'] });
  const ids = hub.live.all().map(({ hostId }) => hostId);
  const answers = await Promise.all(ids.map((hostId) => client.subscribe(`host:${hostId}`)));
  expect(answers.filter(({ ok }) => ok)).toHaveLength(64);
  expect(answers[64]).toMatchObject({
    ok: false,
    error: { code: 'too-many-subscriptions', field: 'topic' },
  });
  expect(await client.subscribe(`host:${ids[3]}`)).toMatchObject({ ok: true });
  await client.ask('unsubscribe', { topic: `host:${ids[3]}` });
  expect(await client.subscribe(`host:${ids[64]}`)).toMatchObject({ ok: true });
});

test('requests are rate-limited: too many are refused, a client that keeps sending is cut', async () => {
  const answers = await Promise.all(Array.from({ length: 201 }, () => client.ask('clock')));
  expect(answers.filter(({ ok }) => ok)).toHaveLength(200);
  expect(answers[200]).toMatchObject({ ok: false, error: { code: 'too-many-requests' } });
  hub.time.pass(100);
  const later = await Promise.all(Array.from({ length: 6 }, () => client.ask('clock')));
  expect(later.filter(({ ok }) => ok)).toHaveLength(5);
  for (let index = 0; index < 500; index++) client.socket.emit('clock', () => undefined);
  await client.untilClosed();
  expect(client.closing).toMatchObject([{ code: 'too-many-requests' }]);
});

test('a message larger than the bound ends that connection only', async () => {
  const other = await Follower.connect(hub.url);
  client.socket.emit('subscribe', { topic: 'x'.repeat(70_000) });
  await client.untilClosed();
  await other.settle();
  other.socket.disconnect();
});

test('binary packets and text that is no packet do no harm', async () => {
  const other = await Follower.connect(hub.url);
  client.socket.io.engine.write(new Uint8Array([1, 2, 3]));
  await client.settle();
  client.socket.io.engine.write('2[nonsense');
  await client.untilClosed();
  await other.settle();
  other.socket.disconnect();
});

test('subscribing and unsubscribing in one breath ends as asked', async () => {
  hub.live.set(A, [1], { keys: ['k'] });
  let open = (): void => undefined;
  hub.history.gate = new Promise((resolve) => {
    open = resolve;
  });
  const since = { epoch: 1, offset: 1, timeMs: hub.time.now() - 1000 };
  const subscribed = client.subscribe('fleet', undefined, since);
  const left = client.ask('unsubscribe', { topic: 'fleet' });
  await client.settle();
  open();
  expect(await subscribed).toMatchObject({ ok: true, recovery: 'backfilled' });
  expect(await left).toMatchObject({ ok: true });
  hub.live.set(A, [2]);
  hub.time.pass(50);
  await client.settle();
  expect(client.kinds).toEqual([]);
});
