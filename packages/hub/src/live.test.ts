/** The parts joined: what an agent sends reaches a client, and what a client does reaches the agent. */
import { capabilities, PROTOCOL_VERSION, seriesSet } from '@openmanager/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Follower } from '../test/gateway/hub.ts';
import { HubHarness } from '../test/kit/hub-harness.ts';
import { facts, TestAgent } from '../test/kit/test-agent.ts';

let harness: HubHarness;
let client: Follower;

beforeEach(async () => {
  harness = await HubHarness.open();
  client = await connect();
});
afterEach(async () => {
  client.socket.disconnect();
  await harness.close();
});

async function connect(): Promise<Follower> {
  const { origin } = new URL(harness.hub.url);
  return await Follower.connect(harness.hub.url, {
    auth: { version: PROTOCOL_VERSION, capabilities: [capabilities.deflate] },
    extraHeaders: { cookie: harness.admin.cookie ?? '', origin },
  });
}

async function connectAgent(): Promise<{ agentId: string; agent: TestAgent }> {
  const { agentId, key } = await harness.hub.localAgentKey('box');
  const { agent } = await TestAgent.open(harness.hub.url, key);
  return { agentId, agent };
}

test('a sample above a threshold is a frame and an alert at once, and the alert is stored before it is told', async () => {
  const { agentId, agent } = await connectAgent();
  const fleet = await connect();
  expect(await fleet.subscribe('fleet')).toMatchObject({ ok: true, recovery: 'fresh' });
  expect(await client.subscribe('alerts')).toMatchObject({ ok: true });
  const sampleTimeMs = Date.now();
  agent.batch(1, { timesMs: [sampleTimeMs], values: [0.97, 0.2, 10] });
  await vi.waitFor(() =>
    expect(client.messages.some((message) => message.payload.kind === 'change')).toBe(true),
  );
  const change = client.messages.find((message) => message.payload.kind === 'change');
  expect(change?.payload).toMatchObject({
    alerts: [
      {
        target: { id: agentId, kind: 'host', name: 'box' },
        state: 'firing',
        value: 0.97,
        sampleTimeMs,
      },
    ],
  });
  await vi.waitFor(() =>
    expect(
      fleet.hosts.some((host) => host.timeMs === sampleTimeMs && host.priority !== 'low'),
    ).toBe(true),
  );
  fleet.socket.disconnect();
  // The promise is a second from sample to alert; the time is in the message itself.
  expect((change?.timeMs ?? Infinity) - sampleTimeMs).toBeLessThan(1000);
});

test('looking at a host makes its agent send every second', async () => {
  const { agentId, agent } = await connectAgent();
  expect(await agent.next('cadence')).toMatchObject({ intervalMs: 5000 });
  await client.subscribe(`host:${agentId}`);
  expect(await agent.next('cadence')).toMatchObject({ intervalMs: 1000, perCore: true });
});

test('history is answered from the store, unknown topics with an error, and the connection goes on', async () => {
  const { agentId, agent } = await connectAgent();
  const timeMs = Date.now();
  agent.batch(1, { timesMs: [timeMs] });
  await agent.next('ack');
  const request = { hostId: agentId, fromMs: timeMs, toMs: timeMs, maxPoints: 10 };
  expect(await client.ask('history', request)).toMatchObject({
    ok: true,
    timesMs: [timeMs],
    stepMs: 0,
  });
  expect(await client.ask('history', { ...request, hostId: 'nobody' })).toMatchObject({
    ok: false,
    error: { code: 'not-found' },
  });
  expect(await client.subscribe('cpu')).toMatchObject({
    ok: false,
    error: { code: 'unknown-topic' },
  });
  expect(await client.subscribe('system')).toMatchObject({ ok: true });
  await vi.waitFor(() =>
    expect(client.messages.some((message) => message.payload.topic === 'system')).toBe(true),
  );
});

test('signing out cuts the connection of that session', async () => {
  const closed = new Promise((resolve) => client.socket.once('disconnect', resolve));
  await harness.admin.send('/api/v1/auth/logout', { method: 'POST' });
  await closed;
  await expect(connect()).rejects.toMatchObject({ data: { code: 'unauthenticated' } });
});

test('a stop says that the hub stops', async () => {
  const told = new Promise((resolve) => client.socket.once('closing', resolve));
  await harness.hub.stop();
  expect(await told).toMatchObject({ code: 'shutting-down' });
  await harness.start();
});

test('labels of the agent are labels of the host, and what it says of itself stands beside it', async () => {
  const { agentId, key } = await harness.hub.localAgentKey('box');
  const labels = { team: 'shop', rack: '7' };
  const hello = { facts: { ...facts, hostname: 'web-1', labels } };
  const { agent } = await TestAgent.open(harness.hub.url, key, hello);
  const set = seriesSet([
    'system.cpu.utilization',
    'openmanager.agent.collect.duration',
    'openmanager.agent.connections',
    'openmanager.agent.not_listed{source="systemd"}',
  ]);
  agent.declare(set);
  agent.batch(1, { setId: set.id, values: [0.97, 6.5, 2, 16] });
  const get = async (path: string): Promise<unknown> =>
    (await harness.admin.send(`/api/v1${path}`)).body;
  await vi.waitFor(async () =>
    expect(await get('/agents')).toMatchObject([
      { agentId, hostname: 'web-1', report: { collectMs: 6.5, connections: 2, notListed: 16 } },
    ]),
  );
  expect(await get('/hosts')).toMatchObject([{ facts: { hostname: 'web-1', labels } }]);
  const muted = async (value: string): Promise<unknown> => {
    const body = { matchers: [{ name: 'team', op: '=', value }] };
    return (await harness.admin.send('/api/v1/silences/preview', { body })).body;
  };
  await vi.waitFor(async () => expect(await muted('shop')).toHaveLength(1));
  expect(await muted('bank')).toEqual([]);
});
