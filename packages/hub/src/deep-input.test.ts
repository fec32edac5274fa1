/** Input that nests, at every place that reads trees: an error, at once, and the hub goes on. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { figure } from '../../../scripts/proof/kit.ts';
import { HubHarness } from '../test/kit/hub-harness.ts';

let harness: HubHarness;
beforeAll(async () => {
  harness = await HubHarness.open();
});
afterAll(() => harness.close());

const nested = (open: string, close: string, depth: number, core = ''): string =>
  open.repeat(depth) + core + close.repeat(depth);
/** Just below the bound of a body. */
const depth = (open: string, close: string): number =>
  Math.floor(60_000 / (open.length + close.length));

const json: readonly (readonly [what: string, method: string, path: string, raw: string])[] = [
  ['arrays', 'POST', '/auth/login', nested('[', ']', depth('[', ']'))],
  ['objects', 'POST', '/auth/login', nested('{"a":', '}', depth('{"a":', '}'), '1')],
  [
    'routes in routes',
    'PUT',
    '/routing',
    `{"route":${nested('{"receivers":["browsers"],"routes":[', ']}', 1_500, '{}')}}`,
  ],
  ['only openings', 'PUT', '/routing', '['.repeat(60_000)],
  [
    'a rule',
    'PUT',
    '/rules/deep',
    `{"kind":"above","ruleId":"deep","overrides":${nested('[{"guards":', '}]', 3_000, '1')}}`,
  ],
];
test.for(json)(
  'JSON: %s, as deep as a body gets',
  { tags: ['security'] },
  async ([, method, path, raw], { task }) => {
    const from = performance.now();
    const answer = await harness.admin.send(`/api/v1${path}`, {
      method,
      raw,
      headers: { 'content-type': 'application/json' },
    });
    const ms = Math.round(performance.now() - from);
    expect([400, 401, 413]).toContain(answer.status);
    expect(ms).toBeLessThan(2_000);
    figure(task, `${answer.status} in ${ms} ms`);
  },
);

const promql: readonly (readonly [string, string])[] = [
  ['parentheses', nested('(', ')', 9_000, '1')],
  ['minus signs', `${'-'.repeat(30_000)}1`],
  ['functions', nested('abs(', ')', 5_000, 'up')],
  ['sums', nested('sum(', ')', 5_000, 'up')],
  ['additions', '1+'.repeat(15_000) + '1'],
  ['powers', '2^'.repeat(15_000) + '2'],
  ['subqueries', `up${'[1h:1m]'.repeat(4_000)}`],
  ['only openings', '('.repeat(20_000)],
];
test.for(promql)('PromQL: %s without end', { tags: ['security'] }, async ([, query], { task }) => {
  const from = performance.now();
  const answer = await harness.admin.send('/api/v1/query', {
    raw: new URLSearchParams({ query }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  const ms = Math.round(performance.now() - from);
  expect([200, 400, 422], answer.text.slice(0, 200)).toContain(answer.status);
  expect(ms).toBeLessThan(5_000);
  expect((await harness.client().send('/api/v1/health')).body).toEqual({ status: 'ok' });
  figure(task, `${answer.status} in ${ms} ms`);
});
