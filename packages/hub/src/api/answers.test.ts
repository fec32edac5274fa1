/** What a hub really answers is what its OpenAPI document says: every operation is asked, every answer is checked. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { openStore } from '@openmanager/store';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Answer, RequestOptions } from '../../test/kit/http-client.ts';
import { HubHarness } from '../../test/kit/hub-harness.ts';
import {
  Conformance,
  operationsOf,
  type Located,
  type OpenapiDocument,
} from '../../test/kit/openapi.ts';
import { TestAgent } from '../../test/kit/test-agent.ts';
import { startHub } from '../index.ts';
import * as examples from './examples.ts';

const CPU = 'system.cpu.utilization';
const DISK = 'system.filesystem.utilization{system.filesystem.mountpoint="/"}';
const PASSWORD = 'correct horse battery';
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const rule = {
  kind: 'above',
  ruleId: 'busy',
  metric: CPU,
  scope: 'total',
  threshold: 0.5,
  clear: 0.4,
  forMs: 0,
  severity: 'warning',
};

let harness: HubHarness;
let server: Server;
let hookUrl: string;
let conformance: Conformance;
let operations: ReadonlyMap<string, Located>;
let agent: TestAgent;
let hostId: string;
const nowMs = Date.now();
/** Operations that were answered as they say when all is well. */
const done = new Set<string>();

beforeAll(async () => {
  server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  hookUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  harness = await HubHarness.open();
  const body = (await harness.client().send('/api/v1/openapi.json')).body as OpenapiDocument;
  conformance = new Conformance(body);
  operations = new Map(operationsOf(body).map((one) => [one.operationId, one]));
  const local = await harness.hub.localAgentKey('box');
  hostId = local.agentId;
  await hasAPast();
  ({ agent } = await TestAgent.open(harness.hub.url, local.key));
});
afterAll(async () => {
  agent.socket.close();
  await harness.close();
  server.close();
});

/** Ten days of a disk that fills by day, an anomaly, and the hub started anew on them. */
async function hasAPast(): Promise<void> {
  const rows = 10 * 288;
  const timesMs = Array.from({ length: rows }, (_, row) => nowMs - (rows - row) * 5 * MINUTE_MS);
  const columns = [Float64Array.from(timesMs, (_, row) => 0.2 + row / 10_000 + (row % 7) / 1_000)];
  await harness.hub.backfill(hostId, { keys: [DISK], timesMs, columns });
  await harness.hub.stop();
  const store = await openStore({ folder: join(harness.folder, 'data') });
  const anomaly = { ...examples.anomaly, hostId, timeMs: nowMs - MINUTE_MS };
  await store.write([{ collection: 'anomalies', key: anomaly.id, value: { anomaly } }]);
  await store.close();
  const { cookie } = harness.admin;
  await harness.start();
  harness.admin.cookie = cookie;
}

interface Asked extends RequestOptions {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly client?: { send(path: string, options?: RequestOptions): Promise<Answer> };
}

/** Asks, and holds the answer to the document. */
async function ask(id: string, asked: Asked = {}): Promise<Answer> {
  const operation = operations.get(id);
  if (!operation) throw new Error(`There is no operation ${id}`);
  const { params = {}, query, client = harness.admin, ...options } = asked;
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? 'missing'),
  );
  const search = query === undefined ? '' : `?${new URLSearchParams(query).toString()}`;
  const answer = await client.send(`${path}${search}`, { method: operation.method, ...options });
  const told = `${id} ${answer.status} ${answer.text.slice(0, 500)}`;
  const content = conformance.contentOf(operation, answer.status);
  expect(content, told).toBeDefined();
  const type = String(answer.headers['content-type'] ?? '');
  if (Object.keys(content ?? {}).length === 0) expect(answer.text, told).toBe('');
  else {
    const [, media] =
      Object.entries(content ?? {}).find(
        ([name]) => type === name || type.startsWith(`${name};`),
      ) ?? [];
    expect(media, `${told}: ${type}`).toBeDefined();
    if (type.includes('json') && media)
      expect(conformance.issues(media.schema, answer.body), told).toEqual([]);
  }
  if (answer.status < 300) done.add(id);
  return answer;
}

/** One that must go well. */
async function get<T>(id: string, asked: Asked = {}): Promise<T> {
  const answer = await ask(id, asked);
  expect(answer.status, `${id} ${answer.text.slice(0, 500)}`).toBeLessThan(300);
  return answer.body as T;
}

const waiting = { timeout: 30_000, interval: 50 };

test('signing in, tokens and agents', async () => {
  await get('setPassword', { body: { password: PASSWORD } });
  const client = harness.client();
  await get('logIn', { body: { name: 'admin', password: PASSWORD }, client });
  await get('getSession', { client });
  await ask('logIn', { body: { name: 'admin', password: 'wrong' }, client: harness.client() });
  await ask('logIn', { body: {}, client: harness.client() });
  await get('logOut', { client });
  await ask('getSession', { client });
  await ask('setUp', { body: { token: 'used' }, client: harness.client() });

  const token = await get<{ tokenId: string }>('createToken', { body: { name: 'wall' } });
  await ask('createToken', { body: { name: 'wall' } });
  await get('listTokens');
  await get('revokeToken', { params: token });
  await ask('revokeToken', { params: token });

  const { code } = await get<{ code: string }>('createEnrolmentCode');
  const body = { code, hostname: 'second' };
  const enrolled = await get<{ agentId: string }>('enrolAgent', { body, client: harness.client() });
  await ask('enrolAgent', { body, client: harness.client() });
  await get('listAgents');
  await get('revokeAgent', { params: { agentId: enrolled.agentId } });
});

test('hosts and their past', async () => {
  agent.batch(1, { timesMs: [Date.now()], values: [0.1, 0.2, 10] });
  await agent.next('ack');
  await vi.waitFor(async () => expect(await get('listHosts')).toHaveLength(1), waiting);
  const params = { hostId };
  await get('getHost', { params });
  await ask('getHost', { params: { hostId: 'nobody' } });
  await get('setHostTags', { params, body: { tags: ['web'] } });
  await ask('setHostTags', { params, body: { tags: ['a\nb'] } });
  await get('listHostTags');
  await get('listSeries', { params });
  const span = { fromMs: String(nowMs - DAY_MS), toMs: String(nowMs) };
  expect(await get('getHistory', { params, query: { ...span, maxPoints: '10' } })).not.toEqual({});
  await ask('getHistory', { params, query: { fromMs: '2', toMs: '1' } });
  const outlook = await get<{ forecast: object | null }>('getOutlook', {
    params,
    query: { ...span, key: DISK },
  });
  expect(outlook.forecast).not.toBeNull();
  await get('getOutlook', { params, query: { ...span, key: CPU } });
  await get('replay', { query: { ...span, topic: 'fleet', stepMs: '600000' } });
  await ask('replay', { query: { ...span, topic: 'alerts', stepMs: '600000' } });
  await get('listAnomalies');
  const anomalyId = examples.anomaly.id;
  await get('acceptAnomaly', { params: { anomalyId } });
  await get('rejectAnomaly', { params: { anomalyId } });
  await ask('acceptAnomaly', { params: { anomalyId: 'none' } });
});

test('history as files', async () => {
  for (const format of ['csv', 'openmetrics', 'parquet'])
    await get('exportHistory', { query: { format, fromMs: String(nowMs - DAY_MS) } });
  await ask('exportHistory', { query: { format: 'pdf' } });
  await get('importHistory', {
    raw: `# TYPE room_temperature gauge\nroom_temperature 21 ${nowMs / 1000 - 60}\n# EOF\n`,
    headers: { 'content-type': 'text/plain' },
    query: { host: hostId },
  });
  await ask('importHistory', { raw: 'no {', headers: { 'content-type': 'text/plain' } });
  await get('backUp');
});

test('rules, alerts and silences', async () => {
  await get('listRules');
  await get('replaceRules', { body: { rules: [rule] } });
  await ask('replaceRules', { body: { rules: [{ ...rule, clear: 1 }] } });
  await get('putRule', { params: { ruleId: rule.ruleId }, body: rule });
  await ask('putRule', { params: { ruleId: rule.ruleId }, body: { ...rule, kind: 'sometimes' } });
  await get('putReceiver', {
    params: { receiverId: 'hook' },
    body: { kind: 'webhook', url: hookUrl, secret: 'secret' },
  });
  await get('setRouting', {
    body: { route: { receivers: ['hook'], groupWaitMs: 0 }, allowHosts: ['127.0.0.1'] },
  });
  agent.batch(2, { timesMs: [Date.now()], values: [0.7, 0.2, 20] });
  await vi.waitFor(async () => {
    const { alerts } = await get<{ alerts: { state: string }[] }>('listAlerts');
    expect(alerts).toMatchObject([{ state: 'firing' }]);
  }, waiting);
  const { alerts } = await get<{ alerts: [{ id: string }] }>('listAlerts');
  const params = { alertId: alerts[0].id };
  await get('acknowledgeAlert', { params, body: { note: 'seen' } });
  await get('unacknowledgeAlert', { params });
  await get('acknowledgeAlert', { params });
  await ask('acknowledgeAlert', { params: { alertId: 'none' }, body: {} });
  const silence = {
    matchers: [{ name: 'rule', op: '=', value: 'busy' }],
    reason: 'test',
    endsAtMs: Date.now() + MINUTE_MS,
    windows: [{ zone: 'UTC', from: '00:00', to: '24:00' }],
  };
  expect(await get('previewSilence', { body: silence })).toEqual([params.alertId]);
  const made = await get<{ silenceId: string }>('createSilence', { body: silence });
  await ask('createSilence', { body: { ...silence, matchers: [] } });
  await get('putSilence', { params: made, body: silence });
  expect(await get('listAlertFacts')).toMatchObject([{ silencedBy: [made.silenceId] }]);
  await get('listSilences');
  await get('removeSilence', { params: made });
  await ask('removeSilence', { params: made });

  agent.batch(3, { timesMs: [Date.now()], values: [0.1, 0.2, 30] });
  await vi.waitFor(async () => {
    const past = await get<{ alerts: unknown[] }>('listResolvedAlerts', { query: { limit: '10' } });
    expect(past.alerts).toHaveLength(1);
  }, waiting);
  await get('backtestRule', { body: { rule, rangeMs: DAY_MS } });
  const disk = {
    ...rule,
    metric: 'system.filesystem.utilization',
    scope: 'each',
    threshold: 0.4,
    clear: 0.3,
  };
  const found = await get<{ fires: unknown[] }>('backtestRule', {
    body: { rule: disk, rangeMs: 5 * DAY_MS },
  });
  expect(found.fires).toHaveLength(1);
  await ask('backtestRule', { body: { rule, rangeMs: 1 } });
  expect(await get('listFullRules')).toContainEqual({ rule, origin: 'own', warnings: [] });
  await get('removeRule', { params: { ruleId: rule.ruleId } });
  await ask('removeRule', { params: { ruleId: rule.ruleId } });
});

test('receivers and what was sent', async () => {
  const params = { receiverId: 'hook' };
  await vi.waitFor(async () => expect(await get('listNotifications')).not.toHaveLength(0), waiting);
  await ask('listNotifications', { query: { limit: '0' } });
  expect(await get('testReceiver', { params })).toMatchObject({ kind: 'delivered' });
  expect(
    await get('testReceiver', { params, body: { kind: 'slack', url: 'http://127.0.0.1:1/' } }),
  ).toMatchObject({ kind: 'failed' });
  await ask('testReceiver', { params, body: { kind: 'pigeon' } });
  const kinds: readonly object[] = [
    {
      kind: 'email',
      host: 'mail',
      port: 25,
      security: 'none',
      from: 'a@b.example',
      to: ['c@d.example'],
    },
    { kind: 'telegram', token: '1:a', chatId: '1' },
    { kind: 'slack', url: 'https://hooks.example/1' },
  ];
  for (const [index, body] of kinds.entries())
    await get('putReceiver', { params: { receiverId: `other-${index}` }, body });
  await get('listReceivers');
  await get('getRouting');
  await ask('removeReceiver', { params });
  await get('removeReceiver', { params: { receiverId: 'other-0' } });
  await get('getPushKey');
  await get('subscribeBrowser', { body: examples.pushSubscription });
  expect(await get('testReceiver', { params: { receiverId: 'browsers' } })).toHaveProperty('kind');
  await get('unsubscribeBrowser', { body: { endpoint: examples.pushSubscription.endpoint } });
});

test("the hub itself, and Prometheus's questions", async () => {
  await get('listEvents');
  await get('getStatus');
  await get('getStorage');
  await get('trustClock');
  await get('getHealth', { client: harness.client() });
  await get('getOpenapi', { client: harness.client() });
  await get('getMetrics');
  const seconds = String(nowMs / 1000 - 60);
  const form = (query: Record<string, string>): Asked => ({
    raw: new URLSearchParams(query).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  const metric = 'system_filesystem_utilization_ratio';
  for (const text of [metric, '1', '"text"', `${metric}[10m]`]) {
    await get('promqlQuery', { query: { query: text, time: seconds } });
    await get('promqlQueryByForm', form({ query: text, time: seconds }));
  }
  await ask('promqlQuery', { query: { query: 'sum(' } });
  await ask('promqlQuery', { query: { query: '1' }, client: harness.client() });
  const range = { query: metric, start: String(nowMs / 1000 - 3_600), end: seconds, step: '5m' };
  await get('promqlQueryRange', { query: range });
  await get('promqlQueryRangeByForm', form(range));
  const match = { 'match[]': metric };
  await get('promqlSeries', { query: match });
  await get('promqlSeriesByForm', form(match));
  await get('promqlLabels');
  await get('promqlLabelsByForm', form(match));
  await get('promqlLabelValues', { params: { name: 'instance' } });
  await get('promqlMetadata');
  await get('promqlBuildInfo');
  const sum = { query: 'sum(x)by(a)' };
  for (const id of ['promqlFormatQuery', 'promqlParseQuery', 'promqlExemplars']) {
    await get(id, { query: sum });
    await get(`${id}ByForm`, form(sum));
  }
  await get('promqlTargets');
  await get('promqlTsdb');
  await get('promqlAlertmanagers');
  for (const about of ['config', 'flags', 'runtimeinfo', 'walreplay'])
    await get('promqlStatus', { params: { name: about } });
  await get('getReady');
  await get('getHealthy');
});

test('without credentials, every operation says so as it says it would', async () => {
  for (const [id, { security }] of operations)
    if (security?.length !== 0)
      expect((await ask(id, { client: harness.client() })).status, id).toBe(401);
});

test('no operation was left out', async () => {
  await get('removeHost', { params: { hostId } });
  // The harness has used the first link.
  await harness.hub.stop();
  harness.hub = await startHub({
    listen: '127.0.0.1:0',
    dataFolder: join(harness.folder, 'data'),
    signinLink: true,
    logLevel: 'silent',
  });
  const token = new URL(harness.hub.setupLink ?? '').hash.slice('#token='.length);
  await get('setUp', { body: { token }, client: harness.client() });
  expect([...operations.keys()].filter((id) => !done.has(id))).toEqual([]);
});
