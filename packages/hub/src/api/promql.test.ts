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
