import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errors, type Alert } from '@openmanager/protocol';
import { afterEach, expect, test } from 'vitest';
import { startRig, status, type Rig, type RigOptions } from '../test/hub-rig.ts';
import { until } from '../test/until.ts';
import { createClient, type ClientOptions, type OpenManagerClient } from './index.ts';

const cpu = 'system.cpu.utilization';
const host = 'abcdefghijkl';
const cleanup: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of cleanup.splice(0).toReversed()) await step();
});

async function rig(options: RigOptions = {}): Promise<Rig> {
  const started = await startRig(options);
  cleanup.push(() => started.kill().catch(() => undefined));
  return started;
}

function clientOf(url: string, options: ClientOptions = {}): OpenManagerClient {
  const client = createClient({ url, ...options });
  cleanup.push(() => client.close());
  return client;
}

const connected = (client: OpenManagerClient): Promise<unknown> =>
  until(client.connection, ({ status }) => status === 'connected');

function alertOf(fields: Partial<Alert>): Alert {
  return {
    id: 'cpu:a',
    ruleId: 'cpu',
    target: { id: host, kind: 'host', name: 'a' },
    severity: 'critical',
    state: 'firing',
    metric: cpu,
    attributes: {},
    value: 0.9,
    threshold: 0.85,
    activeAtMs: Date.now(),
    firedAtMs: Date.now(),
    sampleTimeMs: Date.now(),
    summary: 'CPU is high',
    ...fields,
  };
}

test('a topic asked for before the connection stands is subscribed, and samples reach fleet, host and series', async () => {
  const hub = await rig();
  hub.sample(host, { [cpu]: 0.25, 'system.uptime': 10 });
  const client = clientOf(hub.url);
  client.subscribeTopic('fleet');
  expect(client.subscriptions.getSnapshot()).toMatchObject([
    { topic: 'fleet', state: 'subscribing' },
  ]);
  client.connect();
  const [first] = await until(client.fleet, (hosts) => hosts.length > 0);
  expect(first).toMatchObject({
    hostId: host,
    hostname: `name-${host}`,
    status: 'online',
    metrics: { [cpu]: 0.25 },
  });
  expect(client.subscriptions.getSnapshot()).toMatchObject([
    { topic: 'fleet', state: 'subscribed' },
  ]);

  const timeMs = hub.sample(host, { [cpu]: 0.5, 'system.uptime': 11 });
  const [second] = await until(client.fleet, ([shown]) => shown?.timeMs === timeMs);
  expect(second?.metrics[cpu]).toBe(0.5);
  expect(client.latest.getSnapshot()).toBe(second);
  expect([...client.series(host, cpu).getSnapshot().values]).toEqual([0.25, 0.5]);
  expect(client.host(host).getSnapshot()?.processes).toBeNull();
});

test('the host topic brings every series and the processes', async () => {
  const hub = await rig();
  const disk = 'system.disk.io{disk.io.direction="read",system.device="sda"}';
  hub.sample(host, { [cpu]: 0.25, [disk]: 1234 });
  const client = clientOf(hub.url);
  client.connect();
  client.subscribeTopic(`host:${host}`);
  const state = await until(client.host(host), (shown) => shown !== null);
  expect(state?.series).toEqual({ [cpu]: 0.25, [disk]: 1234 });
  expect(state?.metrics).toEqual({ [cpu]: 0.25 });
  hub.processes({
    hostId: host,
    timeMs: Date.now(),
    rows: [{ pid: 1, name: 'init', user: 'root', cpuUtilization: 0.5, memoryBytes: 1e6 }],
  });
  const withTable = await until(client.host(host), (shown) => shown?.processes !== null);
  expect(withTable?.processes?.rows[0]?.name).toBe('init');
});

test('`host:<id>` and `target:<id>` are one topic: one subscription, left with its last holder', async () => {
  const hub = await rig();
  hub.sample(host, { [cpu]: 0.25 });
  const client = clientOf(hub.url);
  client.connect();
  const releases = ([`host:${host}`, `target:${host}`] as const).map((topic) =>
    client.subscribeTopic(topic),
  );
  await until(client.host(host), (shown) => shown !== null);
  const topics = (): readonly string[] =>
    client.subscriptions.getSnapshot().map(({ topic }) => topic);
  expect(topics()).toEqual([`target:${host}`]);
  releases[0]?.();
  hub.sample(host, { [cpu]: 0.5 });
  await until(client.host(host), (shown) => shown?.series[cpu] === 0.5);
  expect(topics()).toEqual([`target:${host}`]);
  // Who calls from plain JavaScript is told as well.
  expect(() => client.subscribeTopic(undefined as never)).toThrow('no such topic');
});

test('after the hub was killed and came back, the chart has no hole and the alert is not announced twice', async () => {
  const hub = await rig();
  const firing = alertOf({});
  hub.world.alerts = [firing];
  const start = Date.now();
  hub.sample(host, { [cpu]: 0.1 }, start);
  const client = clientOf(hub.url);
  const announced: string[] = [];
  client.onAlert(({ id }) => announced.push(id));
  for (const topic of ['fleet', 'alerts', `host:${host}`] as const) client.subscribeTopic(topic);
  client.connect();
  await until(client.alerts, (alerts) => alerts.length === 1);
  await until(client.host(host), (shown) => shown !== null);
  hub.world.shiftMs = 1000;
  hub.sample(host, { [cpu]: 0.2 }, start + 1000);
  await until(client.series(host, cpu), ({ timesMs }) => timesMs.length === 2);
  await hub.kill();
  hub.world.shiftMs = 20_000;
  await until(client.connection, ({ status }) => status === 'reconnecting');
  for (let second = 2; second < 20; second++)
    hub.sample(host, { [cpu]: second / 100 }, start + second * 1000);
  const again = await rig({ port: hub.port, world: hub.world });
  again.sample(host, { [cpu]: 0.2 }, start + 20_000);
  const { timesMs, gaps } = await until(
    client.series(host, cpu),
    ({ timesMs }) => timesMs.length >= 21,
  );
  expect([...timesMs]).toEqual(Array.from({ length: 21 }, (_, second) => start + second * 1000));
  expect(gaps).toEqual([]);
  expect(client.stats.getSnapshot()).toMatchObject({ reconnects: 1 });
  expect(client.stats.getSnapshot().backfilled).toBeGreaterThanOrEqual(2);
  await until(client.subscriptions, (topics) =>
    topics.every(({ state }) => state === 'subscribed'),
  );

  again.alert(alertOf({ id: 'memory:a', firedAtMs: Date.now() }));
  await until(client.alerts, (alerts) => alerts.length === 2);
  expect(announced).toEqual(['memory:a']);
});

test('a hub that stops in order is named as the reason, and a lost connection within its life is recovered exactly', async () => {
  const hub = await rig();
  hub.sample(host, { [cpu]: 0.1 });
  const client = clientOf(hub.url);
  client.subscribeTopic('fleet');
  client.connect();
  await until(client.fleet, (hosts) => hosts.length === 1);
  client.disconnect();
  expect(client.connection.getSnapshot()).toEqual({ status: 'closed', reason: 'user' });
  hub.sample(host, { [cpu]: 0.2 });
  client.connect();
  await until(client.fleet, ([shown]) => shown?.metrics[cpu] === 0.2);
  expect(client.stats.getSnapshot()).toMatchObject({ recovered: 1, backfilled: 0, gaps: [] });
  expect([...client.series(host, cpu).getSnapshot().values]).toEqual([0.1, 0.2]);
  const stopping = hub.stop();
  const state = await until(client.connection, ({ status }) => status === 'reconnecting');
  expect(state).toMatchObject({ reason: 'hub-stopping', maxAttempts: 5 });
  await stopping;
});

test('a wrong token closes the connection with what to do, and a right one connects', async () => {
  const hub = await rig({ tokens: ['right'] });
  const wrong = clientOf(hub.url, { token: 'wrong' });
  wrong.connect();
  const state = await until(wrong.connection, ({ status }) => status !== 'connecting');
  expect(state).toMatchObject({
    status: 'closed',
    reason: 'refused',
    error: { code: 'unauthenticated' },
  });
  const right = clientOf(hub.url, { token: 'right' });
  right.connect();
  await connected(right);
});

test('a refusal before the handshake is told apart from a network that fails', async () => {
  // As engine.io answers when the hub's own check says no.
  const refusing = createServer((_request, response) => {
    response
      .writeHead(403, { 'content-type': 'application/json' })
      .end('{"code":4,"message":"origin-not-allowed"}');
  });
  refusing.listen(0, '127.0.0.1');
  await once(refusing, 'listening');
  cleanup.push(() => refusing.close());
  const client = clientOf(`http://127.0.0.1:${(refusing.address() as AddressInfo).port}`);
  client.connect();
  const state = await until(client.connection, ({ status }) => status !== 'connecting');
  expect(state).toMatchObject({
    status: 'closed',
    reason: 'refused',
    error: { code: 'origin-not-allowed', action: errors['origin-not-allowed'].action },
  });
});

test('late rows from a spool heal the chart without a new subscription', async () => {
  const hub = await rig();
  const start = Date.now() - 10_000;
  hub.sample(host, { [cpu]: 0.1 }, start);
  const client = clientOf(hub.url);
  client.subscribeTopic('fleet');
  client.connect();
  await until(client.fleet, (hosts) => hosts.length === 1);
  hub.sample(host, { [cpu]: 0.4 }, start + 3000);
  await until(client.series(host, cpu), ({ timesMs }) => timesMs.length === 2);
  hub.late({
    hostId: host,
    keys: [cpu],
    timesMs: [start + 1000, start + 2000],
    columns: [Float64Array.of(0.2, 0.3)],
  });
  const healed = await until(client.series(host, cpu), ({ timesMs }) => timesMs.length === 4);
  expect([...healed.values]).toEqual([0.1, 0.2, 0.3, 0.4]);
  expect(client.fleet.getSnapshot()[0]?.metrics[cpu]).toBe(0.4);
});

test('history fills the rings and is answered; unknown topics and unconnected requests say so', async () => {
  const hub = await rig();
  const start = Date.now() - 10_000;
  for (let second = 0; second < 5; second++)
    hub.sample(host, { [cpu]: second / 10 }, start + second * 1000);
  const client = clientOf(hub.url);
  const request = { hostId: host, keys: [cpu], fromMs: start, toMs: start + 4000, maxPoints: 100 };
  expect(await client.loadHistory(request)).toMatchObject({ ok: false });
  expect(() => client.subscribeTopic('nothing' as 'fleet')).toThrow('no such topic');
  client.connect();
  await connected(client);
  expect(await client.loadHistory(request)).toMatchObject({ ok: true, keys: [cpu] });
  expect([...client.series(host, cpu).getSnapshot().values]).toEqual([0, 0.1, 0.2, 0.3, 0.4]);
  client.clearData();
  expect(client.series(host, cpu).getSnapshot().timesMs.length).toBe(0);
});

test('status is refreshed on request without holding the topic, and the round trip is measured', async () => {
  const hub = await rig();
  const client = clientOf(hub.url);
  client.connect();
  await connected(client);
  await client.refreshStatus();
  expect(client.system.getSnapshot()).toEqual(status);
  expect(client.subscriptions.getSnapshot()).toEqual([]);
  await until(client.connection, (state) => state.status === 'connected' && state.rttMs !== null);
  expect(Math.abs(client.hubNow() - Date.now())).toBeLessThan(1000);
});

test('a host that the hub does not know is an error on the subscription, and the rest goes on', async () => {
  const hub = await rig();
  hub.sample(host, { [cpu]: 0.1 });
  const client = clientOf(hub.url);
  client.connect();
  client.subscribeTopic('host:unknown');
  client.subscribeTopic('fleet');
  const topics = await until(client.subscriptions, (all) =>
    all.some(({ error }) => error !== undefined),
  );
  expect(topics.find(({ topic }) => topic === 'target:unknown')).toMatchObject({
    error: { code: 'not-found' },
  });
  await until(client.fleet, (hosts) => hosts.length === 1);
});
