/** What a client says it shows is what it gets. */
import { headlineKeys, PROTOCOL_VERSION, type SubscribeRequest } from '@openmanager/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Follower, startHub, stateOf, type TestHub } from '../../test/gateway/hub.ts';

const A = 'aaaaaaaaaaaa';
const B = 'bbbbbbbbbbbb';
const C = 'cccccccccccc';
const [CPU, MEMORY] = headlineKeys;
let hub: TestHub;
let client: Follower;
beforeEach(async () => {
  hub = await startHub();
  client = await Follower.connect(hub.url);
  for (const hostId of [A, B, C]) hub.live.set(hostId, [1, 2], { keys: [CPU, MEMORY] });
});
afterEach(async () => {
  client.socket.disconnect();
  await hub.stop();
});

const show = async (view: Partial<SubscribeRequest>, topic = 'fleet'): Promise<unknown> =>
  await client.subscribe(topic, undefined, undefined, view);

function beat(hostId: string, codes: readonly number[]): void {
  hub.live.set(hostId, codes);
  hub.time.pass(20);
}

test('some hosts: a keyframe of those, deltas of those, and no hole for the others', async () => {
  await show({ hosts: [B] });
  for (const [hostId, value] of [
    [A, 5],
    [B, 6],
    [C, 7],
    [B, 8],
  ] as const)
    beat(hostId, [value, 2]);
  await client.settle();
  expect(client.kinds).toEqual(['keyframe', 'delta', 'delta']);
  expect(client.hosts.map(({ hostId, codes }) => [hostId, codes[0]])).toEqual([[B, 8]]);
  expect([client.offsets, client.holes]).toEqual([[0, 2, 4], 0]);
});

test('other hosts without a new subscription: their state at once, then their news', async () => {
  await show({ hosts: [A, B] });
  beat(A, [5, 2]);
  await client.settle();
  expect(await client.ask('view', { topic: 'fleet', hosts: [B, C, 'nobody'] })).toMatchObject({
    ok: true,
  });
  beat(A, [6, 2]);
  beat(C, [7, 2]);
  await client.settle();
  expect(client.hosts.map(({ hostId, codes }) => [hostId, codes[0]])).toEqual([
    [B, 1],
    [C, 7],
  ]);
  expect([client.holes, client.leftOut]).toEqual([0, 0]);
  await client.ask('view', { topic: 'fleet' });
  await client.settle();
  expect(client.hosts.map(({ codes }) => codes[0])).toEqual([6, 1, 7]);
});

test('hosts that come and go among those that are shown', async () => {
  await show({ hosts: [B, 'dddddddddddd'] });
  hub.live.remove(A);
  hub.time.pass(20);
  hub.live.set('dddddddddddd', [9], { keys: [CPU] });
  hub.time.pass(1000);
  beat(B, [4, 4]);
  await client.settle();
  expect(client.hosts.map(({ hostId, codes }) => [hostId, codes[0]])).toEqual([
    [B, 4],
    ['dddddddddddd', 9],
  ]);
  expect([client.holes, client.leftOut]).toEqual([0, 0]);
});

test('a break: exactly what was missed of the hosts that are shown; late rows of others are not sent', async () => {
  await show({ hosts: [B] });
  await client.settle();
  client.socket.disconnect();
  beat(A, [5, 2]);
  beat(B, [6, 2]);
  for (const hostId of [A, B])
    hub.live.tellLate({ hostId, keys: [CPU], timesMs: [5], columns: [Float64Array.of(1)] });
  const back = await Follower.connect(hub.url);
  back.succeed(client);
  const view = { hosts: [B] };
  expect(await back.subscribe('fleet', undefined, client.cursor, view)).toMatchObject({
    recovery: 'recovered',
  });
  await back.settle();
  expect(back.kinds).toEqual(['delta', 'backfill']);
  expect([back.holes, back.hosts.map(({ codes }) => codes[0])]).toEqual([0, [6]]);
  back.socket.disconnect();
});

test('longer than the ring: only the rows of the hosts and metrics that are shown are read', async () => {
  const since = { epoch: 1, offset: 1, timeMs: hub.time.now() - 1000 };
  hub.history.answer = (hostId) => ({
    hostId,
    keys: [CPU],
    timesMs: [1],
    columns: [Float64Array.of(1)],
  });
  const view = { hosts: [B], metrics: [CPU] };
  expect(await client.subscribe('fleet', undefined, since, view)).toMatchObject({
    recovery: 'backfilled',
  });
  await client.settle();
  expect(hub.history.calls).toMatchObject([{ hostId: B, keys: [CPU] }]);
  expect(client.backfills).toMatchObject([{ hostId: B }]);
});

test('some metrics, by name or by key: the others are neither in the dictionary nor make a frame', async () => {
  const disk = 'system.disk.io{disk.io.direction="read"}';
  hub.live.set(A, [1, 2, 3], { keys: [CPU, disk, 'other'] });
  await show({ metrics: ['system.disk.io', 'other'] }, `host:${A}`);
  beat(A, [7, 2, 3]);
  beat(A, [7, 5, 3]);
  await client.settle();
  expect(client.hosts.map(({ keys }) => keys)).toEqual([[disk, 'other']]);
  expect([...(client.hosts[0]?.codes ?? [])]).toEqual([5, 3]);
  hub.live.set(A, [1, 9], { keys: [CPU, 'other'] });
  hub.time.pass(20);
  await client.settle();
  expect(client.hosts.map(({ keys, codes }) => [keys, [...codes]])).toEqual([[['other'], [9]]]);
});

test('a slower rate: the newest state as often as that, and what came last is never lost', async () => {
  await show({ maxRateMs: 30_000 });
  await client.settle();
  for (let second = 1; second <= 45; second++) {
    hub.live.set(A, [second, 2]);
    hub.time.pass(1000);
    await client.settle();
  }
  expect(client.kinds).toEqual(['keyframe', 'delta', 'delta']);
  hub.time.pass(30_000);
  await client.settle();
  expect(client.hosts[0]?.codes[0]).toBe(45);
  expect(client.holes).toBe(0);
});

test('a chart does not get more than one sample per pixel', async () => {
  await show({ chart: { spanMs: 6 * 3_600_000, widthPx: 800 } });
  await client.settle();
  for (let second = 1; second <= 60; second++) {
    hub.live.set(A, [second, 2]);
    hub.time.pass(1000);
    await client.settle();
  }
  // 27 s per pixel: every 30 s.
  expect(client.kinds).toHaveLength(3);
});

test('equal views share a channel, however they were written', async () => {
  const channel = async (view: Partial<SubscribeRequest>): Promise<unknown> =>
    ((await show(view)) as { channel: number }).channel;
  const plain = await channel({});
  expect(await channel({ maxRateMs: 1000 })).toBe(plain);
  expect(await channel({ hosts: [A] })).toBe(plain);
  const some = await channel({ metrics: [CPU, MEMORY] });
  expect(some).not.toBe(plain);
  expect(await channel({ metrics: [MEMORY, CPU] })).toBe(some);
  expect(await channel({ maxRateMs: 1500 })).toBe(
    await channel({ chart: { spanMs: 2000, widthPx: 1 } }),
  );
});

test.each([
  ['hosts of a host', `host:${A}`, { hosts: [A] }, 'hosts'],
  ['a list that is too long', 'fleet', { hosts: Array.from({ length: 1001 }, String) }, 'hosts'],
  ['no metric at all', 'fleet', { metrics: [] }, 'metrics'],
  ['a rate that is no number', 'fleet', { maxRateMs: 'fast' }, 'maxRateMs'],
  ['a chart without width', 'fleet', { chart: { spanMs: 1, widthPx: 0 } }, 'chart.widthPx'],
])('refused with the field: %s', async (_, topic, view, field) => {
  expect(await client.ask('subscribe', { topic, ...view })).toMatchObject({
    ok: false,
    error: { code: 'invalid-input', field },
  });
});

test('a view of a topic that is not held, or of nobody, is refused', async () => {
  expect(await client.ask('view', { topic: 'fleet', hosts: [A] })).toMatchObject({
    ok: false,
    error: { code: 'not-found', field: 'topic' },
  });
  expect(await client.ask('progress', 99)).toMatchObject({
    ok: false,
    error: { code: 'invalid-input', field: 'progress' },
  });
});

test('the number of different views is bounded', async () => {
  const small = await startHub({ limits: { channels: 2, idleChannels: 0 } });
  const one = await Follower.connect(small.url);
  const two = await Follower.connect(small.url);
  await one.subscribe('fleet');
  await two.subscribe('fleet', 'high');
  const third = await Follower.connect(small.url);
  expect(await third.subscribe('fleet', 'critical')).toMatchObject({
    ok: false,
    error: { code: 'too-many-subscriptions' },
  });
  // Those of somebody who left make room.
  await one.ask('unsubscribe', { topic: 'fleet' });
  expect(await third.subscribe('fleet', 'critical')).toMatchObject({ ok: true });
  for (const { socket } of [one, two, third]) socket.disconnect();
  await small.stop();
});

test.each([
  [{ version: PROTOCOL_VERSION }],
  [{ version: PROTOCOL_VERSION, oldest: 1 }],
  [{ version: 9, oldest: 1, capabilities: ['deflate', 'telepathy'] }],
])('the newest version that both speak is agreed on: %j', async (hello) => {
  const other = await Follower.connect(hub.url, { auth: { token: 't-one', ...hello } });
  await other.settle();
  expect(other.welcomes).toEqual([
    { version: PROTOCOL_VERSION, capabilities: 'capabilities' in hello ? ['deflate'] : [] },
  ]);
  other.socket.disconnect();
});

test('a large keyframe is compressed for who can read that, once for all of them', async () => {
  for (let index = 0; index < 100; index++)
    hub.live.set(`host${String(index).padStart(8, '0')}`, [1], { keys: [CPU] });
  hub.time.pass(2000);
  await client.subscribe('fleet');
  await client.settle();
  const plain = await Follower.connect(hub.url, {
    auth: { version: PROTOCOL_VERSION, token: 't-one' },
  });
  await plain.subscribe('fleet');
  await plain.settle();
  expect(stateOf(plain.hosts)).toEqual(stateOf(client.hosts));
  expect(client.frameBytes).toBeLessThan(plain.frameBytes / 5);
  plain.socket.disconnect();
});
