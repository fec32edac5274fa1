import { headlineKeys, splitFrame, type Subscribed } from '@openmanager/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Follower, startHub, stateOf, type TestHub } from '../../test/gateway/hub.ts';
import { alertOf, eventOf, START_MS } from '../../test/gateway/fakes.ts';

const A = 'aaaaaaaaaaaa';
const B = 'bbbbbbbbbbbb';
const CPU = headlineKeys[0];
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

test('a first subscriber of the fleet gets a keyframe, then one delta for all changes of 20 ms', async () => {
  hub.live.set(A, [5], { keys: [CPU] });
  hub.live.set(B, [6], { keys: ['other', CPU] });
  expect(await client.subscribe('fleet')).toMatchObject({
    ok: true,
    topic: 'fleet',
    channel: 1,
    recovery: 'fresh',
  });
  await client.settle();
  expect(client.hosts.map((host) => [host.hostId, host.codes[0]])).toEqual([
    [A, 5],
    [B, 0],
  ]);
  expect(client.metas).toMatchObject([{ hosts: [{ hostId: A }, { hostId: B }] }]);
  hub.live.set(A, [7]);
  hub.live.set(B, [1, 9], { priority: 'high' });
  hub.live.set(A, [8]);
  await client.settle();
  expect(client.kinds).toEqual(['keyframe']);
  hub.time.pass(50);
  await client.settle();
  expect(client.kinds).toEqual(['keyframe', 'delta']);
  expect(client.hosts.map((host) => [host.codes[0], host.priority])).toEqual([
    [8, 'low'],
    [9, 'high'],
  ]);
  hub.live.set(B, [1, 7]);
  hub.time.pass(50);
  await client.settle();
  expect(client.deltas).toEqual([[A, B], [B]]);
});

test('a host topic is sent with every series, and a keyframe when they change', async () => {
  hub.live.set(A, [5, 6], { keys: ['x', 'y'] });
  await client.subscribe(`host:${A}`);
  hub.live.set(A, [5, 7]);
  hub.time.pass(20);
  await client.settle();
  expect(client.kinds).toEqual(['keyframe', 'delta']);
  hub.live.set(A, [1, 2, 3], { keys: ['x', 'y', 'z'] });
  hub.time.pass(20);
  hub.live.set(A, [1, 2, 4], { status: 'stale' });
  hub.time.pass(20);
  await client.settle();
  expect(client.kinds).toEqual(['keyframe', 'delta', 'keyframe', 'delta']);
  expect(client.hosts).toMatchObject([{ keys: ['x', 'y', 'z'], status: 'stale' }]);
  expect([...(client.hosts[0]?.codes ?? [])]).toEqual([1, 2, 4]);
  hub.live.remove(A);
  hub.time.pass(20);
  await client.settle();
  expect(client.hosts).toEqual([]);
  expect(client.holes).toBe(0);
});

test('hosts that come in quick succession cost one keyframe a second, and nobody waits for the others', async () => {
  hub.live.set(A, [5], { keys: [CPU] });
  await client.subscribe('fleet');
  hub.live.set(B, [6], { keys: [CPU] });
  hub.time.pass(50);
  hub.live.set('cccccccccccc', [7], { keys: [CPU] });
  hub.live.set(A, [9]);
  hub.time.pass(50);
  await client.settle();
  expect(client.kinds).toEqual(['keyframe', 'keyframe', 'delta']);
  expect(client.hosts.map((host) => host.codes[0])).toEqual([9, 6]);
  hub.time.pass(1000);
  await client.settle();
  expect(client.kinds).toEqual(['keyframe', 'keyframe', 'delta', 'keyframe']);
  expect(client.hosts.map((host) => host.codes[0])).toEqual([9, 6, 7]);
});

test('minPriority is a channel of its own: hosts come and go with their priority', async () => {
  hub.live.set(A, [5], { keys: [CPU] });
  hub.live.set(B, [6], { keys: [CPU], priority: 'high' });
  const high = await client.subscribe('fleet', 'high');
  const low = await Follower.connect(hub.url);
  const all = await low.subscribe('fleet');
  expect(high.ok && all.ok && high.channel !== all.channel).toBe(true);
  await client.settle();
  expect(client.hosts.map((host) => host.hostId)).toEqual([B]);
  hub.live.set(A, [7], { priority: 'critical' });
  hub.live.set(B, [6], { priority: 'medium' });
  hub.time.pass(50);
  await client.settle();
  await low.settle();
  expect(client.hosts.map((host) => [host.hostId, host.codes[0]])).toEqual([[A, 7]]);
  expect(low.hosts.map((host) => host.hostId)).toEqual([A, B]);
  expect(low.kinds).toEqual(['keyframe', 'delta']);
  low.socket.disconnect();
});

test('processes go with the samples of the same flush, or alone; facts too', async () => {
  hub.live.set(A, [5], { keys: ['x'] });
  await client.subscribe(`host:${A}`);
  const rows = [{ pid: 1, name: 'init', user: 'root', cpuUtilization: 0, memoryBytes: 1 }];
  hub.live.tellProcesses({ hostId: A, timeMs: START_MS, rows });
  hub.live.set(A, [6]);
  hub.time.pass(20);
  hub.live.tellProcesses({ hostId: A, timeMs: START_MS + 1, rows });
  hub.time.pass(20);
  hub.live.tellInfo(A);
  hub.time.pass(20);
  await client.settle();
  expect(client.kinds).toEqual(['keyframe', 'delta', 'delta', 'delta']);
  expect(client.metas.slice(1)).toMatchObject([
    { processes: { timeMs: START_MS, rows } },
    { processes: { timeMs: START_MS + 1 } },
    { hosts: [{ hostId: A }] },
  ]);
});

test('`host:<id>` is answered as `target:<id>`: the same channel, under the one name', async () => {
  hub.live.set(A, [5], { keys: ['x'] });
  const first = await client.subscribe(`host:${A}`);
  const second = await client.subscribe(`target:${A}`);
  expect(first).toMatchObject({ ok: true, topic: `target:${A}` });
  expect(second).toMatchObject({
    ok: true,
    topic: `target:${A}`,
    channel: (first as Partial<Subscribed>).channel,
  });
  expect(await client.ask('unsubscribe', { topic: `host:${A}` })).toMatchObject({
    ok: true,
    topic: `target:${A}`,
  });
  await client.settle();
  hub.time.pass(20);
  hub.live.set(A, [6]);
  hub.time.pass(20);
  await client.settle();
  expect(client.kinds).toEqual(['keyframe', 'keyframe']);
});

test('what stood out on a host is told on its topic: in its keyframe, then when it changes', async () => {
  const reason = { code: 'jump', direction: 'high', expected: 3 } as const;
  const anomaly = (id: string) =>
    ({
      id,
      target: { id: A, kind: 'host', name: 'a' },
      key: 'x',
      timeMs: 7,
      value: 9,
      lower: 1,
      upper: 4,
      score: 0.75,
      reason,
    }) as const;
  hub.live.set(A, [5], { keys: ['x'] });
  hub.outlooks.tell(A, { anomalies: [anomaly('1')], forecasts: [] });
  await client.subscribe(`host:${A}`);
  await client.settle();
  expect(client.metas).toMatchObject([{ outlook: { anomalies: [{ id: '1', reason }] } }]);
  hub.outlooks.tell(A, { anomalies: [anomaly('2'), anomaly('1')], forecasts: [] });
  hub.outlooks.tell(B, { anomalies: [anomaly('3')], forecasts: [] });
  hub.time.pass(20);
  hub.live.set(A, [6]);
  hub.time.pass(20);
  await client.settle();
  expect(client.kinds).toEqual(['keyframe', 'delta', 'delta']);
  expect(client.metas.slice(1)).toMatchObject([
    { outlook: { anomalies: [{ id: '2' }, { id: '1' }] } },
  ]);
});

test('the outlook of a series is answered, and asked for by name', async () => {
  const ask = { hostId: A, key: 'x', fromMs: 0, toMs: 5 };
  expect(await client.socket.emitWithAck('outlook', ask)).toMatchObject({
    ok: true,
    band: { timesMs: [1], lower: [2], upper: [null] },
    refusal: 'not-enough-history',
  });
  expect(await client.socket.emitWithAck('outlook', { ...ask, fromMs: 6 })).toMatchObject({
    ok: false,
    error: { code: 'invalid-input', field: 'fromMs' },
  });
});

test('a client of several topics gets one frame per flush, whatever it is made of', async () => {
  hub.live.set(A, [5], { keys: [CPU] });
  hub.live.set(B, [5], { keys: [CPU] });
  // The follower keeps the state of one topic; here only the parts are looked at.
  const parts: number[] = [];
  client.socket
    .off('frame')
    .on('frame', (bytes: Uint8Array) => parts.push(splitFrame(bytes).length));
  for (const topic of ['fleet', `host:${A}`, `host:${B}`, 'alerts', 'events'])
    await client.subscribe(topic);
  await client.ask('clock');
  parts.length = 0;
  hub.live.set(A, [6]);
  hub.live.set(B, [7]);
  hub.time.pass(20);
  hub.alerts.tell(alertOf('a'));
  hub.events.tell(eventOf(1));
  await client.ask('clock');
  expect(parts).toEqual([5]);
});

test('late rows heal the host topic with all series and the fleet with headline ones, in sequence', async () => {
  hub.live.set(A, [5, 6], { keys: [CPU, 'y'] });
  const fleet = await Follower.connect(hub.url);
  await client.subscribe(`host:${A}`);
  await fleet.subscribe('fleet');
  const columns = [Float64Array.of(1, Number.NaN), Float64Array.of(3, 4)];
  hub.live.tellLate({ hostId: A, keys: [CPU, 'y'], timesMs: [10, 20], columns });
  hub.live.tellLate({ hostId: A, keys: ['y'], timesMs: [10], columns: [Float64Array.of(3)] });
  await client.settle();
  await fleet.settle();
  expect(client.backfills).toMatchObject([
    { hostId: A, keys: [CPU, 'y'], timesMs: [10, 20], columns },
    { keys: ['y'] },
  ]);
  expect(fleet.backfills).toMatchObject([{ hostId: A, keys: [CPU], columns: [columns[0]] }]);
  expect([client.holes, fleet.holes]).toEqual([0, 0]);
  fleet.socket.disconnect();
});

test('late rows that are more than a frame holds come as several', async () => {
  hub.live.set(A, [5], { keys: [CPU] });
  await client.subscribe('fleet');
  const timesMs = Array.from({ length: 25_000 }, (_, index) => index);
  hub.live.tellLate({ hostId: A, keys: [CPU], timesMs, columns: [Float64Array.from(timesMs)] });
  await client.settle();
  expect(client.backfills.map((frame) => frame.timesMs.length)).toEqual([10_000, 10_000, 5_000]);
  expect(client.backfills.flatMap((frame) => [...(frame.columns[0] ?? [])])).toEqual(timesMs);
  expect(client.holes).toBe(0);
});

test('everyone gets the same bytes, over polling too', async () => {
  hub.live.set(A, [5], { keys: [CPU] });
  const polling = await Follower.connect(hub.url, { transports: ['polling'] });
  await client.subscribe('fleet');
  await polling.subscribe('fleet');
  for (let value = 0; value < 20; value++) {
    hub.live.set(A, [value]);
    hub.time.pass(50);
  }
  await expect.poll(() => polling.cursor?.offset).toBe(20);
  await client.settle();
  const expected = stateOf(
    hub.live.all().map((tick) => ({
      ...tick,
      keys: headlineKeys,
      codes: client.hosts[0]?.codes ?? tick.codes,
    })),
  );
  expect(stateOf(client.hosts)).toEqual(expected);
  expect(stateOf(polling.hosts)).toEqual(expected);
  expect(polling.holes).toBe(0);
  polling.socket.disconnect();
});

test('a host is watched while somebody holds its topic, and five seconds longer', async () => {
  const told: [string, boolean][] = [];
  hub.gateway.onWatched((hostId, watched) => told.push([hostId, watched]));
  hub.live.set(A, [5], { keys: ['x'] });
  await client.subscribe(`host:${A}`);
  const second = await Follower.connect(hub.url);
  await second.subscribe(`host:${A}`);
  await second.ask('unsubscribe', { topic: `host:${A}` });
  hub.time.pass(6000);
  // A page that is loaded again leaves and comes back.
  await client.ask('unsubscribe', { topic: `host:${A}` });
  hub.time.pass(4000);
  await client.subscribe(`host:${A}`);
  hub.time.pass(4000);
  expect(hub.gateway.isWatched(A)).toBe(true);
  client.socket.disconnect();
  await expect.poll(() => hub.gateway.stats().clients).toBe(1);
  hub.time.pass(4999);
  expect(hub.gateway.isWatched(A)).toBe(true);
  hub.time.pass(1);
  expect(hub.gateway.isWatched(A)).toBe(false);
  expect(told).toEqual([
    [A, true],
    [A, false],
  ]);
  second.socket.disconnect();
});

test('delivery stats measure new samples, from receipt to the transport', async () => {
  hub.live.set(A, [5], { keys: [CPU] });
  await client.subscribe('fleet');
  hub.time.pass(1000);
  hub.live.set(A, [6]);
  hub.time.pass(50);
  await client.settle();
  const { framesSent, bytesSent, deliveryMs, clients } = hub.gateway.stats();
  expect({ framesSent, deliveryMs, clients }).toEqual({
    framesSent: 2,
    deliveryMs: { p50: 20, p99: 20 },
    clients: 1,
  });
  expect(bytesSent).toBe(client.frameBytes);
  hub.time.pass(60_000);
  hub.live.set(A, [6], { status: 'stale', sample: false });
  hub.time.pass(50);
  expect(hub.gateway.stats().deliveryMs.p99).toBe(20);
});
