import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  PROTOCOL_VERSION,
  type Alert,
  type AlertList,
  type EventList,
  type HostSummary,
  type AgentInfo,
  type History,
} from '@openmanager/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { pino } from 'pino';
import { HttpService } from './app/http-service.ts';
import { Places, placesWithin } from './app/places.ts';
import { HealthIssues } from './ports/index.ts';
import { startHub } from './index.ts';
import { problemIn } from '../test/kit/http-client.ts';
import { HubHarness } from '../test/kit/hub-harness.ts';
import { plainSet, TestAgent } from '../test/kit/test-agent.ts';

let harness: HubHarness;

beforeEach(async () => {
  harness = await HubHarness.open();
});
afterEach(() => harness.close());

const get = async <T>(path: string): Promise<T> =>
  (await harness.admin.send(`/api/v1${path}`)).body as T;

async function enrol(hostname = 'box'): Promise<{ agentId: string; key: string }> {
  const { code } = (await harness.admin.send('/api/v1/agents/codes', { method: 'POST' })).body as {
    code: string;
  };
  const answer = await harness.client().send('/api/v1/agents/enroll', { body: { code, hostname } });
  return answer.body as { agentId: string; key: string };
}

describe('an agent, from code to history', () => {
  test('enrols, sends, is seen, and is read back', async () => {
    const { agentId, key } = await enrol();
    expect(await get('/agents')).toMatchObject([{ agentId, connected: false, agentVersion: null }]);
    const { agent } = await TestAgent.open(harness.hub.url, key);
    const timeMs = Date.now();
    agent.batch(1, { timesMs: [timeMs] });
    await agent.next('ack');
    const [host] = await get<HostSummary[]>('/hosts');
    expect(host).toMatchObject({
      hostId: agentId,
      status: 'online',
      lastSampleAtMs: timeMs,
      metrics: { 'system.cpu.utilization': 0.1 },
    });
    expect(await get<AgentInfo[]>('/agents')).toMatchObject([
      { agentId, connected: true, agentVersion: '0.1.0', lastSeenAtMs: timeMs },
    ]);
    const history = await get<History>(
      `/hosts/${agentId}/history?fromMs=${timeMs - 10}&toMs=${timeMs + 10}&keys=system.cpu.utilization`,
    );
    expect(history).toEqual({
      keys: ['system.cpu.utilization'],
      timesMs: [timeMs],
      columns: [[0.1]],
      stepMs: 0,
    });
    expect(await get(`/hosts/${agentId}/series`)).toEqual({
      keys: expect.arrayContaining([...plainSet.keys]),
    });
    const { events } = await get<EventList>('/events');
    expect(events.map((event) => event.kind)).toEqual([
      'agent-connected',
      'agent-enrolled',
      'hub-started',
    ]);
    await agent.close();
  });

  test('revoked, its connection ends at once and its history stays', async () => {
    const { agentId, key } = await enrol();
    const { agent } = await TestAgent.open(harness.hub.url, key);
    agent.batch(1);
    await agent.next('ack');
    const before = performance.now();
    expect(
      (await harness.admin.send(`/api/v1/agents/${agentId}`, { method: 'DELETE' })).status,
    ).toBe(204);
    expect((await agent.next('error')).code).toBe('revoked');
    expect(await agent.closed).toBe(4404);
    // The promise is five seconds; nothing here waits for a timer.
    expect(performance.now() - before).toBeLessThan(5000);
    expect(await new TestAgent(harness.hub.url, key).refused()).toMatchObject({
      status: 401,
      body: { code: 'revoked' },
    });
    expect(await get('/agents')).toEqual([]);
    expect(await get('/hosts')).toMatchObject([{ hostId: agentId }]);
    expect((await get<EventList>('/events')).events.map((event) => event.kind)).toContain(
      'agent-revoked',
    );
  });

  test('removed, nothing is left of the host, over a restart', async () => {
    const { agentId, key } = await enrol();
    const { agent } = await TestAgent.open(harness.hub.url, key);
    agent.batch(1, { values: [0.99, 0.2, 10] });
    await agent.next('ack');
    await vi.waitFor(async () => expect((await get<AlertList>('/alerts')).alerts).toHaveLength(1));
    expect(
      (await harness.admin.send(`/api/v1/hosts/${agentId}`, { method: 'DELETE' })).status,
    ).toBe(204);
    expect(await agent.closed).toBe(4404);
    expect(await get('/hosts')).toEqual([]);
    await vi.waitFor(async () => expect((await get<AlertList>('/alerts')).alerts).toEqual([]));
    expect((await harness.admin.send(`/api/v1/hosts/${agentId}/series`)).status).toBe(404);
    await harness.hub.stop();
    await harness.start();
    expect(await get('/hosts')).toEqual([]);
    expect((await get<AlertList>('/alerts')).alerts).toEqual([]);
  });
});

describe('alerts', () => {
  test('fire with the sample, survive a restart without being told again, and resolve into the history', async () => {
    const { key } = await enrol();
    let { agent } = await TestAgent.open(harness.hub.url, key);
    const firedAt = Date.now();
    agent.batch(1, { timesMs: [firedAt], values: [0.95, 0.2, 10] });
    await vi.waitFor(async () => expect((await get<AlertList>('/alerts')).alerts).toHaveLength(1));
    const [alert] = (await get<AlertList>('/alerts')).alerts as [Alert];
    expect(alert).toMatchObject({
      state: 'firing',
      target: { kind: 'host', name: 'box' },
      metric: 'system.cpu.utilization',
      value: 0.95,
      sampleTimeMs: firedAt,
    });
    expect(await get('/hosts')).toMatchObject([{ priority: 'high' }]);
    await agent.next('ack');
    await harness.hub.stop();

    await harness.start();
    expect((await get<AlertList>('/alerts')).alerts).toEqual([alert]);
    ({ agent } = await TestAgent.open(harness.hub.url, key));
    agent.batch(2, { timesMs: [Date.now()], values: [0.1, 0.2, 15] });
    await vi.waitFor(async () => expect((await get<AlertList>('/alerts')).alerts).toEqual([]));
    const { alerts } = await get<AlertList>('/alerts/history');
    expect(alerts).toMatchObject([
      { id: alert.id, state: 'resolved', activeAtMs: alert.activeAtMs },
    ]);
    await agent.close();
  });
});

describe('a restart', () => {
  test('keeps sessions, hosts, events and history, and prints a link while nobody has a password', async () => {
    const { agentId, key } = await enrol();
    const { agent } = await TestAgent.open(harness.hub.url, key);
    const timeMs = Date.now();
    agent.batch(1, { timesMs: [timeMs] });
    await agent.next('ack');
    const { cookie } = harness.admin;
    expect(harness.hub.setupLink).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/setup#token=[\w-]{43}$/);
    await harness.hub.stop();
    expect(await agent.closed).toBe(4504);
    await harness.start();
    expect(harness.hub.setupLink).not.toBeNull();
    harness.admin.cookie = cookie;
    expect(await get('/hosts')).toMatchObject([{ hostId: agentId, facts: { hostname: 'box' } }]);
    const history = await get<History>(`/hosts/${agentId}/history?fromMs=${timeMs}&toMs=${timeMs}`);
    expect(history.timesMs).toEqual([timeMs]);
    const { events } = await get<EventList>('/events');
    expect(events.map((event) => event.kind)).toEqual(
      expect.arrayContaining(['hub-started', 'agent-connected', 'agent-enrolled']),
    );
    expect(new Set(events.map((event) => event.id)).size).toBe(events.length);
    await harness.admin.send('/api/v1/auth/password', {
      method: 'PUT',
      body: { password: 'correct horse battery' },
    });
    await harness.hub.stop();
    await harness.start();
    expect(harness.hub.setupLink).toBeNull();
    await harness.hub.stop();
    await harness.start({ signinLink: true });
    expect(await get('/auth/session')).toMatchObject({ hasPassword: true });
  });

  test('stopping twice is stopping once, and nothing answers afterwards', async () => {
    await Promise.all([harness.hub.stop(), harness.hub.stop()]);
    await expect(harness.client().send('/api/v1/health')).rejects.toThrow('ECONNREFUSED');
  });
});

describe('what prevents a start says what to do', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'openmanager-start-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const options = (listen = '127.0.0.1:0') => ({
    listen,
    dataFolder: join(folder, 'data'),
    logLevel: 'silent',
  });

  test('a busy port', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const start = startHub(options(`127.0.0.1:${port}`));
    await expect(start).rejects.toMatchObject({ code: 'port-in-use' });
    await expect(start).rejects.toThrow(
      new RegExp(`Port ${port} .*already in use.*--listen 127.0.0.1:${port + 1}`),
    );
    // The folder was let go of: the next start succeeds.
    const hub = await startHub(options());
    await hub.stop();
    other.close();
  });

  test.each(['8787', 'localhost', '127.0.0.1:99999', 'http://127.0.0.1:8787', '::1:8787'])(
    'a listen address that is none: %s',
    async (listen) => {
      await expect(startHub(options(listen))).rejects.toMatchObject({ code: 'listen-invalid' });
    },
  );

  test('an address that this machine does not have', async () => {
    await expect(startHub(options('192.0.2.1:8787'))).rejects.toMatchObject({
      code: 'address-unavailable',
    });
  });

  test('a data folder that another hub uses', async () => {
    const hub = await startHub(options());
    await expect(startHub(options())).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringContaining('--data'),
    });
    await hub.stop();
  });

  test('a data folder of a newer version, and one that is damaged', async () => {
    const hub = await startHub(options());
    await hub.stop();
    const file = join(folder, 'data', 'openmanager.db');
    const database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 999');
    database.close();
    const newer = startHub(options());
    await expect(newer).rejects.toMatchObject({ code: 'newer-version' });
    await expect(newer).rejects.toThrow(/newer version.*update OpenManager/);
    await writeFile(file, 'this is no database, and was never one');
    await expect(startHub(options())).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining('backup'),
    });
  });

  test('a data folder that cannot be written', async () => {
    // Root may write anywhere but below a file.
    await writeFile(join(folder, 'data'), '');
    await expect(startHub(options())).rejects.toMatchObject({
      message: expect.stringContaining('--data'),
    });
    await rm(join(folder, 'data'));
    await mkdir(join(folder, 'data'));
    await chmod(join(folder, 'data'), 0o755);
    const hub = await startHub(options());
    await hub.stop();
  });
});

describe('bad input on the clients’ side', () => {
  test('a Socket.IO handshake with a wrong token is refused with an error body', async () => {
    const answer = await harness.client().send('/socket.io/?EIO=4&transport=polling');
    expect(answer.status).toBe(200);
    const { sid } = JSON.parse(answer.text.slice(1)) as { sid: string };
    const url = `/socket.io/?EIO=4&transport=polling&sid=${sid}`;
    const raw = `40${JSON.stringify({ version: PROTOCOL_VERSION, token: 'om_wrong' })}`;
    await harness.client().send(url, { raw, headers: { 'content-type': 'text/plain' } });
    const refused = await harness.client().send(url);
    expect(refused.text).toContain('wrong-token');
  });

  test('an upgrade of an unknown path is refused', async () => {
    const answer = await harness.client().send('/elsewhere', {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-key': 'x',
        'sec-websocket-version': '13',
      },
    });
    expect(answer.status).toBe(404);
  });
});

test('no secret is ever logged', async () => {
  const secrets: string[] = [new URL(harness.hub.setupLink as string).hash.slice('#token='.length)];
  await harness.admin.send('/api/v1/auth/password', {
    method: 'PUT',
    body: { password: 'correct horse battery' },
  });
  secrets.push(
    'correct horse battery',
    String(harness.admin.cookie).slice('openmanager_session='.length),
  );
  await harness
    .client()
    .send('/api/v1/auth/login', { body: { name: 'admin', password: 'a wrong password' } });
  secrets.push('a wrong password');
  const token = (await harness.admin.send('/api/v1/tokens', { body: { name: 'wall' } })).body as {
    secret: string;
  };
  secrets.push(token.secret);
  await harness
    .client()
    .send('/api/v1/hosts', { headers: { authorization: `Bearer ${token.secret}x` } });
  const code = (await harness.admin.send('/api/v1/agents/codes', { method: 'POST' })).body as {
    code: string;
  };
  const enrolled = (
    await harness
      .client()
      .send('/api/v1/agents/enroll', { body: { code: code.code, hostname: 'box' } })
  ).body as { key: string };
  secrets.push(code.code, enrolled.key);
  expect(
    problemIn(
      await harness
        .client()
        .send('/api/v1/agents/enroll', { body: { code: code.code, hostname: 'box' } }),
    ).code,
  ).toBe('code-expired');
  const { agent } = await TestAgent.open(harness.hub.url, enrolled.key);
  agent.json({ type: 'series-set' });
  await agent.closed;
  await new TestAgent(harness.hub.url, `${enrolled.key}x`).refused();
  await harness.hub.stop();
  const log = harness.log.join('');
  expect(log).toContain('/api/v1/agents/enroll');
  expect(log).toContain('agent message refused');
  for (const line of harness.log) expect(JSON.parse(line)).toHaveProperty('time');
  for (const secret of secrets) expect(log).not.toContain(secret);
});

test('a stop with agents and clients connected loses nothing and takes less than three seconds', async () => {
  const { agentId, key } = await enrol();
  const { agent } = await TestAgent.open(harness.hub.url, key);
  const base = Date.now() - 20_000;
  for (let seq = 1; seq <= 16; seq++) agent.batch(seq, { timesMs: [base + seq] });
  await agent.next('ack');
  const before = performance.now();
  await harness.hub.stop();
  expect(performance.now() - before).toBeLessThan(3000);
  expect(await agent.closed).toBe(4504);
  const acknowledged = Math.max(
    1,
    ...agent.received.map((message) => (message.type === 'ack' ? message.seq : 0)),
  );
  const { cookie } = harness.admin;
  await harness.start();
  harness.admin.cookie = cookie;
  const history = await get<History>(`/hosts/${agentId}/history?fromMs=${base}&toMs=${base + 100}`);
  expect(history.timesMs.length).toBeGreaterThanOrEqual(acknowledged);
});

test('a stop answers the requests that came before it', async () => {
  const server = createHttpServer((_, response) => {
    setTimeout(() => response.end('late'), 100);
  });
  const http = new HttpService({
    server,
    listen: { host: '127.0.0.1', port: 0 },
    allowOrigins: [],
    clientsPath: '/none/',
    uploads: [],
    agents: () => false,
    places: new Places(placesWithin(1024)),
    issues: new HealthIssues(),
    log: pino({ level: 'silent' }),
  });
  await http.run();
  const { url } = http;
  const answer = fetch(url);
  await once(server, 'request');
  await http.drain();
  await http.stop();
  expect(await (await answer).text()).toBe('late');
  await expect(fetch(url)).rejects.toThrow();
});
