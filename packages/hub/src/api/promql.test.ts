/** Prometheus's HTTP API on a real hub, asked by Debian's promtool and as Grafana asks. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { needs } from '../../../../scripts/peers/needs.ts';
import { peerPath } from '../../../../scripts/peers/table.ts';
import { HubHarness } from '../../test/kit/hub-harness.ts';
import type { Answer } from '../../test/kit/http-client.ts';
import { TestAgent } from '../../test/kit/test-agent.ts';

let harness: HubHarness;
let token = '';
let hostId = '';
let nowMs = 0;

beforeAll(async () => {
  harness = await HubHarness.open();
  const { agentId, key } = await harness.hub.localAgentKey('box');
  hostId = agentId;
  const { agent } = await TestAgent.open(harness.hub.url, key);
  nowMs = Math.floor(Date.now() / 1000) * 1000;
  const timesMs = [nowMs - 20_000, nowMs - 10_000, nowMs];
  const columns = [
    [0.1, 0.2, 0.3],
    [0.5, 0.5, 0.5],
    [80, 90, 100],
  ].map((values) => Float64Array.from(values));
  agent.batch(1, { timesMs, columns });
  await agent.next('ack');
  await agent.close();
  const created = await harness.admin.send('/api/v1/tokens', { body: { name: 'grafana' } });
  token = (created.body as { secret: string }).secret;
});

afterAll(() => harness.close());

const labels = (name: string): Record<string, string> => ({
  __name__: name,
  host: hostId,
  instance: 'box',
  job: 'openmanager',
});

function ask(path: string, parameters: Record<string, string> = {}): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}` };
  return harness
    .client()
    .send(`/api/v1/${path}?${new URLSearchParams(parameters).toString()}`, { headers });
}

test('an instant query by a token, by a session, and as a form', async () => {
  const parameters = { query: 'system_cpu_utilization_ratio', time: String(nowMs / 1000) };
  const expected = {
    status: 'success',
    data: {
      resultType: 'vector',
      result: [{ metric: labels('system_cpu_utilization_ratio'), value: [nowMs / 1000, '0.3'] }],
    },
  };
  expect((await ask('query', parameters)).body).toEqual(expected);
  const query = new URLSearchParams(parameters).toString();
  expect((await harness.admin.send(`/api/v1/query?${query}`)).body).toEqual(expected);
  const form = await harness.client().send('/api/v1/query', {
    raw: query,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
  });
  expect(form.body).toEqual(expected);
});

test('a range query', async () => {
  const { body } = await ask('query_range', {
    query: 'sum by (instance) (system_uptime_seconds) * 2',
    start: new Date(nowMs - 20_000).toISOString(),
    end: String(nowMs / 1000),
    step: '10s',
  });
  const seconds = nowMs / 1000;
  expect(body).toEqual({
    status: 'success',
    data: {
      resultType: 'matrix',
      result: [
        {
          metric: { instance: 'box' },
          values: [
            [seconds - 20, '160'],
            [seconds - 10, '180'],
            [seconds, '200'],
          ],
        },
      ],
    },
  });
});

test('what a data source asks before it shows anything', async () => {
  expect((await ask('labels')).body).toEqual({
    status: 'success',
    data: ['__name__', 'host', 'instance', 'job'],
  });
  expect((await ask('label/__name__/values')).body).toMatchObject({
    data: [
      'system_cpu_utilization_ratio',
      'system_memory_utilization_ratio',
      'system_uptime_seconds',
    ],
  });
  expect((await ask('label/instance/values', { 'match[]': 'nothing' })).body).toMatchObject({
    data: [],
  });
  expect((await ask('series', { 'match[]': '{__name__=~".*uptime.*"}' })).body).toMatchObject({
    data: [labels('system_uptime_seconds')],
  });
  expect((await ask('metadata', { metric: 'system_uptime_seconds' })).body).toMatchObject({
    data: { system_uptime_seconds: [{ type: 'gauge', unit: 'seconds' }] },
  });
  expect((await ask('status/buildinfo')).body).toMatchObject({ status: 'success' });
});

test('what narrows an answer is honoured', async () => {
  const time = String(nowMs / 1000);
  const all = { query: '{job="openmanager"}', time };
  const limited = (await ask('query', { ...all, limit: '2' })).body as {
    data: { result: unknown[] };
  };
  expect(limited).toMatchObject({ warnings: ['results truncated due to limit'] });
  expect(limited.data.result).toHaveLength(2);
  const span = { start: String(nowMs / 1000 - 20), end: time, step: '10' };
  expect((await ask('query_range', { ...all, ...span, limit: '1' })).body).toMatchObject({
    warnings: ['results truncated due to limit'],
  });
  expect((await ask('label/__name__/values', { limit: '1' })).body).toEqual({
    status: 'success',
    data: ['system_cpu_utilization_ratio'],
    warnings: ['results truncated due to limit'],
  });
  const later = { query: 'system_uptime_seconds', time: String(nowMs / 1000 + 60) };
  const found = async (parameters: Record<string, string>): Promise<unknown> =>
    (await ask('query', { ...later, ...parameters })).body;
  expect(await found({})).toMatchObject({
    data: { result: [{ value: [expect.anything(), '100'] }] },
  });
  expect(await found({ lookback_delta: '30s' })).toMatchObject({ data: { result: [] } });
});

test('the catalogue of a span has what has samples there', async () => {
  const hour = (hours: number): string => String(nowMs / 1000 - hours * 3600);
  for (const [path, some] of [
    ['labels', ['__name__', 'host', 'instance', 'job']],
    ['label/instance/values', ['box']],
    ['series', [labels('system_uptime_seconds')]],
  ] as const) {
    const match = { 'match[]': 'system_uptime_seconds' };
    const data = async (span: Record<string, string>): Promise<unknown> =>
      ((await ask(path, { ...match, ...span })).body as { data: unknown }).data;
    expect(await data({ start: hour(1), end: hour(0) }), path).toEqual(some);
    expect(await data({ start: hour(10), end: hour(5) }), path).toEqual([]);
    expect(await data({ end: hour(5) }), path).toEqual([]);
    expect((await ask(path, { ...match, start: hour(0), end: hour(1) })).status).toBe(400);
    expect((await ask(path, { ...match, start: 'soon' })).status).toBe(400);
  }
});

test('what other programs ask of a Prometheus', async () => {
  const data = async (path: string, parameters: Record<string, string> = {}): Promise<unknown> => {
    const { status, body } = await ask(path, parameters);
    expect([path, status]).toEqual([path, 200]);
    expect(body).toMatchObject({ status: 'success' });
    return (body as { data: unknown }).data;
  };
  expect(await data('format_query', { query: 'sum(x)by(a)' })).toBe('sum by (a) (x)');
  expect(await data('parse_query', { query: '-x' })).toMatchObject({
    type: 'unaryExpr',
    op: '-',
    expr: { type: 'vectorSelector', name: 'x' },
  });
  expect(await data('query_exemplars', { query: 'x', start: '0', end: '1' })).toEqual([]);
  expect(await data('targets')).toMatchObject({
    activeTargets: [{ labels: { instance: 'box', job: 'openmanager' } }],
    droppedTargets: [],
  });
  expect(await data('targets', { state: 'dropped' })).toMatchObject({ activeTargets: [] });
  expect(await data('alertmanagers')).toMatchObject({ activeAlertmanagers: [] });
  expect(await data('status/config')).toEqual({ yaml: '' });
  expect(await data('status/flags')).toEqual({});
  expect(await data('status/walreplay')).toMatchObject({ state: 'done' });
  expect(await data('status/runtimeinfo')).toMatchObject({ startTime: expect.any(String) });
  expect(await data('status/tsdb')).toMatchObject({
    headStats: { numSeries: 3 },
    seriesCountByMetricName: expect.arrayContaining([{ name: 'system_uptime_seconds', value: 1 }]),
  });
  for (const path of ['format_query', 'parse_query', 'query_exemplars'])
    expect((await ask(path, { query: 'sum(' })).body).toMatchObject({ errorType: 'bad_data' });
});

test('probes are answered in words, and no path of programs with a page', async () => {
  for (const path of ['/-/ready', '/-/healthy']) {
    const answer = await fetch(harness.hub.url + path);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/plain; charset=utf-8',
    ]);
    expect(await answer.text()).toMatch(/^The hub is (ready|healthy)\.\n$/);
  }
  for (const path of [
    '/api',
    '/api/v1/nothing',
    '/api/v2/query',
    '/-/reload',
    '/federate',
    '/v1/x',
  ]) {
    const answer = await fetch(harness.hub.url + path, { headers: { accept: 'text/html' } });
    expect([path, answer.status]).toEqual([path, 404]);
    expect(answer.headers.get('content-type')).toMatch(/json/);
  }
});

test('errors are as Prometheus has them and name what is wrong', async () => {
  const cases: readonly (readonly [string, Record<string, string>, number, string, RegExp])[] = [
    ['query', { query: 'sum(' }, 400, 'bad_data', /invalid parameter "query": 1:5: parse error/],
    ['query', {}, 400, 'bad_data', /invalid parameter "query": is missing/],
    ['query', { query: 'x', time: 'soon' }, 400, 'bad_data', /"time": cannot be parsed/],
    [
      'query',
      { query: 'histogram_count(x)' },
      400,
      'bad_data',
      /histogram_count\(\) is not part of the PromQL subset/,
    ],
    [
      'query',
      { query: 'x[1h+5m]' },
      400,
      'bad_data',
      /the duration expression "1h\+5m" is not part/,
    ],
    [
      'query_range',
      { query: 'x', start: '0', end: '20000', step: '1' },
      400,
      'bad_data',
      /11,000 points/,
    ],
    ['query', { query: 'abs({job="openmanager"})' }, 422, 'execution', /same labelset/],
    ['series', {}, 400, 'bad_data', /no match\[\]/],
    ['query', { query: 'x', timeout: '0' }, 400, 'bad_data', /"timeout": must be greater than 0/],
    ['query', { query: 'x', limit: '-1' }, 400, 'bad_data', /"limit"/],
    ['query', { query: 'x', lookback_delta: '0s' }, 400, 'bad_data', /"lookback_delta"/],
    ['targets', { state: 'some' }, 400, 'bad_data', /"state"/],
  ];
  for (const [path, parameters, status, errorType, error] of cases) {
    const answer = await ask(path, parameters);
    expect([answer.status, answer.body], JSON.stringify(parameters)).toEqual([
      status,
      { status: 'error', errorType, error: expect.stringMatching(error) },
    ]);
  }
});

test('nobody without credentials is answered', async () => {
  for (const path of [
    'query?query=1',
    'query_range',
    'labels',
    'label/job/values',
    'series',
    'metadata',
    'status/buildinfo',
  ]) {
    const answer = await harness.client().send(`/api/v1/${path}`);
    expect(answer.status, path).toBe(401);
    expect(answer.body).toMatchObject({ status: 'error', errorType: 'unauthenticated' });
  }
});

test("Debian's promtool reads from the hub", needs('promtool'), async () => {
  const promtool = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)(peerPath('promtool'), ['query', ...args])).stdout;
  const url = harness.hub.url.replace('http://', `http://token:${token}@`);
  const last = nowMs / 1000;
  expect(await promtool('instant', url, 'system_uptime_seconds > 50', `--time=${last}`)).toBe(
    `system_uptime_seconds{host="${hostId}", instance="box", job="openmanager"} => 100 @[${last}]\n`,
  );
  const range = await promtool(
    'range',
    url,
    'max_over_time(system_cpu_utilization_ratio[15s])',
    `--start=${last - 20}`,
    `--end=${last}`,
    '--step=10s',
  );
  expect(range).toContain(`0.2 @[${last - 10}]\n0.3 @[${last}]`);
  expect(await promtool('labels', url, 'instance')).toBe('box\n');
  expect(await promtool('series', '--match=system_uptime_seconds', url)).toContain(
    'instance="box"',
  );
  await expect(promtool('instant', url, 'sum(')).rejects.toThrow('parse error');
  await expect(promtool('instant', harness.hub.url, 'up')).rejects.toThrow('credentials');
});
