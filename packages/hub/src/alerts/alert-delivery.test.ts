/** Rules, silences, receivers and notifications over the API of a real hub, to a real webhook. */
import { once } from 'node:events';
import { readFile, readdir, stat } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HubHarness } from '../../test/kit/hub-harness.ts';
import { seriesSet } from '@openmanager/protocol';
import { TestAgent } from '../../test/kit/test-agent.ts';

interface Hook {
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: {
    readonly key: string;
    readonly status: string;
    readonly alerts: readonly {
      readonly id: string;
      readonly ruleId: string;
      readonly state: string;
    }[];
  };
}

const SECRET = 'a-secret-nobody-should-see';
const rule = {
  kind: 'above',
  ruleId: 'busy',
  metric: 'system.cpu.utilization',
  scope: 'total',
  threshold: 0.5,
  clear: 0.4,
  forMs: 0,
  severity: 'warning',
};

let harness: HubHarness;
let server: Server;
let hookUrl: string;
let hooks: Hook[];
let hookStatus: number;
let hookDelayMs: number;
/** Whether the far side quotes what it was asked for. */
let echo: boolean;
let agentKey: { agentId: string; key: string };
let seq = 0;

beforeEach(async () => {
  hooks = [];
  hookStatus = 200;
  hookDelayMs = 0;
  echo = false;
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += String(chunk)));
    request.on('end', () => {
      if (hookStatus === 200)
        hooks.push({
          url: request.url,
          headers: request.headers,
          body: JSON.parse(text) as Hook['body'],
        });
      const answer = (): unknown =>
        response
          .writeHead(hookStatus)
          .end(echo ? `asked for ${request.url}` : hookStatus === 200 ? 'thank you' : 'not now');
      if (hookDelayMs === 0) answer();
      else setTimeout(answer, hookDelayMs);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  hookUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  harness = await HubHarness.open();
});
afterEach(async () => {
  await harness.close();
  server.closeAllConnections();
  server.close();
});

async function api(method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await harness.admin.send(`/api/v1${path}`, {
    method,
    ...(body === undefined ? {} : { body }),
    headers: { origin: new URL(harness.hub.url).origin },
  });
  if (answer.status >= 300) throw new Error(`${answer.status} ${answer.text}`);
  return answer.body;
}

async function setUp(): Promise<void> {
  await api('PUT', '/receivers/hook', { kind: 'webhook', url: hookUrl, secret: SECRET });
  await api('PUT', '/routing', {
    route: { receivers: ['hook'], groupWaitMs: 0, groupIntervalMs: 1_000 },
    allowHosts: ['127.0.0.1'],
  });
  await api('PUT', '/rules/busy', rule);
}

async function cpu(value: number): Promise<TestAgent> {
  agentKey ??= await harness.hub.localAgentKey('box');
  const { agent } = await TestAgent.open(harness.hub.url, agentKey.key);
  agent.batch(++seq, { timesMs: [Date.now()], values: [value, 0.2, 10] });
  return agent;
}

const told = (state: string): Hook | undefined =>
  hooks.find(({ body }) => body.alerts.some((one) => one.ruleId === 'busy' && one.state === state));
const waiting = { timeout: 10_000, interval: 50 };

test('a rule made over the API fires, its alert is acknowledged, silenced and resolved, and the webhook hears of it once', async () => {
  agentKey = await harness.hub.localAgentKey('box');
  await setUp();
  (await cpu(0.7)).socket.close();
  await vi.waitFor(() => expect(told('firing')).toBeDefined(), waiting);
  expect(hooks[0]?.headers['openmanager-signature']).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/);
  const alertId = told('firing')?.body.alerts[0]?.id ?? '';

  await api('PUT', `/alerts/${alertId}/acknowledgement`, { note: '보고 있음' });
  const silence = { matchers: [{ name: 'rule', op: '=', value: 'busy' }], reason: 'test' };
  expect(await api('POST', '/silences/preview', silence)).toEqual([alertId]);
  const made = (await api('POST', '/silences', { ...silence, endsAtMs: Date.now() + 60_000 })) as {
    silenceId: string;
  };
  expect(await api('GET', '/alerts/facts')).toContainEqual(
    expect.objectContaining({
      alertId,
      acknowledged: expect.objectContaining({ note: '보고 있음' }),
      silencedBy: [made.silenceId],
      inhibitedBy: [],
    }),
  );
  await api('DELETE', `/silences/${made.silenceId}`);

  (await cpu(0.1)).socket.close();
  await vi.waitFor(() => expect(told('resolved')).toBeDefined(), waiting);
  expect(hooks.filter(({ body }) => body.alerts.some((one) => one.ruleId === 'busy'))).toHaveLength(
    2,
  );
  await vi.waitFor(
    async () =>
      expect(await api('GET', '/notifications')).toMatchObject([
        { receiver: 'hook', status: 'resolved', outcome: 'delivered', answer: '200 thank you' },
        { receiver: 'hook', status: 'firing', outcome: 'delivered', attempts: 1 },
      ]),
    waiting,
  );
  await expect(api('PUT', `/alerts/${alertId}/acknowledgement`, {})).rejects.toThrow('404');
});

test('what a receiver could not be told before a restart it is told after, under the same key, and only once', async () => {
  agentKey = await harness.hub.localAgentKey('box');
  await setUp();
  hookStatus = 503;
  (await cpu(0.7)).socket.close();
  await vi.waitFor(
    async () =>
      expect(await api('GET', '/notifications')).toMatchObject([
        { outcome: 'failed', answer: '503 not now', receiver: 'hook' },
      ]),
    waiting,
  );
  const [failed] = (await api('GET', '/notifications')) as [{ key: string }];
  await harness.hub.stop();
  hookStatus = 200;
  const cookie = harness.admin.cookie;
  await harness.start();
  harness.admin.cookie = cookie;
  await vi.waitFor(() => expect(told('firing')).toBeDefined(), waiting);
  expect(told('firing')?.body.key).toBe(failed.key);
  await harness.hub.stop();
  await harness.start();
  harness.admin.cookie = cookie;
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(hooks.filter(({ body }) => body.alerts.some((one) => one.ruleId === 'busy'))).toHaveLength(
    1,
  );
});

test('a stop waits for the answer to a message under way, so that the next start does not repeat it', async () => {
  agentKey = await harness.hub.localAgentKey('box');
  await setUp();
  hookDelayMs = 300;
  (await cpu(0.7)).socket.close();
  await vi.waitFor(() => expect(told('firing')).toBeDefined(), waiting);
  const { cookie } = harness.admin;
  await harness.hub.stop();
  await harness.start();
  harness.admin.cookie = cookie;
  expect(await api('GET', '/notifications')).toMatchObject([
    { status: 'firing', outcome: 'delivered', attempts: 1 },
  ]);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(hooks.filter(({ body }) => body.status === 'firing')).toHaveLength(1);
});

test('the test button shows what the far side says, and a private address is refused unless it is allowed', async () => {
  await api('PUT', '/receivers/hook', { kind: 'webhook', url: hookUrl });
  expect(await api('POST', '/receivers/hook/test')).toMatchObject({
    kind: 'failed',
    permanent: true,
    answer: expect.stringContaining('not a public address'),
  });
  await api('PUT', '/routing', { route: { receivers: ['hook'] }, allowHosts: ['127.0.0.1'] });
  expect(await api('POST', '/receivers/hook/test')).toEqual({
    kind: 'delivered',
    answer: '200 thank you',
  });
  await expect(api('POST', '/receivers/nobody/test')).rejects.toThrow('404');
});

test('settings are tested before they are saved, with the secrets that are stored', async () => {
  await setUp();
  await api('PUT', '/receivers/hook', {
    kind: 'webhook',
    url: 'https://hook.invalid/',
    secret: SECRET,
  });
  await api('PUT', '/receivers/hook', { kind: 'webhook', url: hookUrl, secret: SECRET });
  const template = '{"said":"{{title}}"}';
  expect(await api('POST', '/receivers/hook/test', { kind: 'webhook', template })).toMatchObject({
    kind: 'delivered',
  });
  expect(hooks[0]?.headers['openmanager-signature']).toBeDefined();
  expect(await api('GET', '/receivers')).toEqual([
    {
      receiverId: 'hook',
      settings: { kind: 'webhook' },
      secretsSet: ['url', 'secret'],
      origin: new URL(hookUrl).origin,
    },
  ]);
  expect(await api('POST', '/receivers/new/test', { kind: 'webhook', url: hookUrl })).toMatchObject(
    { kind: 'delivered' },
  );
  await expect(api('POST', '/receivers/new/test', { kind: 'webhook', url: 'x' })).rejects.toThrow(
    /400.*url/,
  );
});

test(
  'a stored secret goes to no other address: it is asked for again, when testing and when saving',
  { tags: ['security'] },
  async () => {
    await setUp();
    const stolen = { kind: 'webhook', url: `${hookUrl}/of-somebody-else` };
    await expect(api('POST', '/receivers/hook/test', stolen)).rejects.toThrow(
      /400.*secret.*given again/,
    );
    await expect(api('PUT', '/receivers/hook', stolen)).rejects.toThrow(/400.*secret/);
    expect(hooks).toEqual([]);
    await api('PUT', '/receivers/hook', { ...stolen, secret: 'another one' });

    const mail = { kind: 'email', host: 'mail.example.org', port: 465, security: 'tls' };
    const rest = { user: 'hub', from: 'hub@example.org', to: ['ops@example.org'] };
    await api('PUT', '/receivers/mail', { ...mail, ...rest, password: SECRET });
    for (const change of [{ host: 'evil.example' }, { port: 25 }, { security: 'none' }])
      await expect(api('PUT', '/receivers/mail', { ...mail, ...rest, ...change })).rejects.toThrow(
        /400.*password/,
      );
    await api('PUT', '/receivers/mail', { ...mail, ...rest, from: 'other@example.org' });

    await api('PUT', '/receivers/push', {
      kind: 'gotify',
      server: 'https://a.example',
      token: 't0k3n',
    });
    await expect(
      api('PUT', '/receivers/push', { kind: 'gotify', server: 'https://b.example' }),
    ).rejects.toThrow(/400.*token/);
  },
);

test(
  'a mail receiver at a private address is refused as a webhook is',
  { tags: ['security'] },
  async () => {
    await setUp();
    await api('PUT', '/routing', { route: { receivers: ['hook'] }, allowHosts: [] });
    const { port } = new URL(hookUrl);
    for (const host of ['127.0.0.1', 'localhost', '10.0.0.1', '169.254.169.254', '::1', '[::1]'])
      expect(
        await api('POST', '/receivers/mail/test', {
          kind: 'email',
          host,
          port: Number(port),
          security: 'none',
          from: 'hub@example.org',
          to: ['ops@example.org'],
        }),
        host,
      ).toMatchObject({
        kind: 'failed',
        permanent: true,
        answer: expect.stringContaining('not a public address'),
      });
  },
);

test(
  'a token in the address of a webhook is stored encrypted, shown nowhere, and cut out of answers',
  { tags: ['security'] },
  async () => {
    await setUp();
    const token = 'T0000-B0000-very-secret-token';
    await api('PUT', '/receivers/hook', {
      kind: 'webhook',
      url: `${hookUrl}/services/${token}?key=${token}`,
      secret: SECRET,
    });
    echo = true;
    const answer = (await api('POST', '/receivers/hook/test')) as { answer: string };
    expect(answer.answer).toMatch(/^200 asked for .*…/);
    expect(hooks[0]?.url).toContain(token);
    const shown = [answer, await api('GET', '/receivers'), await api('GET', '/notifications')];
    expect(JSON.stringify(shown)).not.toContain(token);
    expect(harness.log.join('')).not.toContain(token);
    const folder = join(harness.folder, 'data');
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      if (!(await stat(path)).isFile()) continue;
      expect((await readFile(path)).includes(token), name).toBe(false);
    }
  },
);

test('a secret is never shown, is not in the database, and stays when it is left out', async () => {
  await setUp();
  const settings = { kind: 'webhook', url: hookUrl };
  await api('PUT', '/receivers/hook', settings);
  expect(await api('GET', '/receivers')).toEqual([
    {
      receiverId: 'hook',
      settings: { kind: 'webhook' },
      secretsSet: ['url', 'secret'],
      origin: new URL(hookUrl).origin,
    },
  ]);
  await api('POST', '/receivers/hook/test');
  expect(hooks[0]?.headers['openmanager-signature']).toBeDefined();
  const data = join(harness.folder, 'data');
  const files = await readdir(data);
  expect(files).toContain('secrets.key');
  for (const file of files) expect((await readFile(join(data, file))).includes(SECRET)).toBe(false);
  expect((await stat(join(data, 'secrets.key'))).mode & 0o777).toBe(0o600);
  expect(harness.log.join('\n')).not.toContain(SECRET);
});

test('what cannot work is refused by its field', async () => {
  await expect(api('PUT', '/rules/busy', { ...rule, clear: 0.9 })).rejects.toThrow(/400.*clear/);
  await expect(api('PUT', '/rules/other', rule)).rejects.toThrow(/400.*ruleId/);
  await expect(api('PUT', '/routing', { route: { receivers: ['ghost'] } })).rejects.toThrow(
    /no receiver/,
  );
  await expect(api('PUT', '/receivers/x', { kind: 'telegram', token: 'x' })).rejects.toThrow(
    /token/,
  );
  await expect(
    api('POST', '/silences', { matchers: [], reason: 'x', endsAtMs: 1 }),
  ).rejects.toThrow('400');
  await setUp();
  await expect(api('DELETE', '/receivers/hook')).rejects.toThrow(/is used by the routing/);
});

test('what is hardly meant is warned of, what agents were seen to send is known, what was only imported is refused', async () => {
  const put = (change: object): Promise<unknown> =>
    api('PUT', '/rules/busy', { ...rule, ...change });
  expect(await put({})).toEqual({ rule, origin: 'own', warnings: [] });
  const slip = 'system.cpu.utilisation';
  expect(await put({ metric: slip, threshold: 90, clear: 80 })).toMatchObject({
    origin: 'own',
    warnings: [{ code: 'unknown-metric-like', field: 'metric', hint: 'system.cpu.utilization' }],
  });
  expect(await put({ threshold: 90, clear: 80 })).toMatchObject({
    warnings: [{ code: 'share-beyond-one', field: 'threshold', hint: '0.9' }],
  });
  expect(await api('GET', '/rules/full')).toContainEqual(
    expect.objectContaining({ origin: 'own', warnings: [expect.anything()] }),
  );
  agentKey = await harness.hub.localAgentKey('box');
  const { agent } = await TestAgent.open(harness.hub.url, agentKey.key);
  const set = seriesSet(['shop.orders{shop="seoul"}']);
  agent.declare(set);
  agent.batch(1, { setId: set.id, timesMs: [Date.now()], values: [95] });
  await agent.next('ack');
  expect(
    await put({ metric: 'shop.orders', scope: 'each', threshold: 90, clear: 80 }),
  ).toMatchObject({
    warnings: [],
  });
  agent.batch(2, { setId: set.id, timesMs: [Date.now()], values: [96] });
  await vi.waitFor(async () => {
    const { alerts } = (await api('GET', '/alerts')) as { alerts: { metric: string }[] };
    expect(alerts.map(({ metric }) => metric)).toContain('shop.orders');
  }, waiting);
  const imported = await harness.admin.send('/api/v1/import?host=room', {
    method: 'POST',
    raw: `room_temperature 21 ${Date.now() / 1000 - 60}\n# EOF\n`,
    headers: { 'content-type': 'text/plain', origin: new URL(harness.hub.url).origin },
  });
  expect(imported.status).toBe(200);
  await expect(put({ metric: 'room_temperature' })).rejects.toThrow(/400.*import only/);
});

test('defaults can be changed and taken back, own rules removed', async () => {
  const origins = async (): Promise<Record<string, string>> =>
    Object.fromEntries(
      ((await api('GET', '/rules/full')) as { rule: { ruleId: string }; origin: string }[]).map(
        (entry) => [entry.rule.ruleId, entry.origin],
      ),
    );
  await api('PUT', '/rules/busy', rule);
  await api('PUT', '/rules/cpu-high', { ...rule, ruleId: 'cpu-high', enabled: false });
  expect(await origins()).toMatchObject({
    busy: 'own',
    'cpu-high': 'changed',
    'disk-full': 'default',
  });
  await api('DELETE', '/rules/cpu-high');
  await api('PUT', '/rules', { rules: [] });
  const after = await origins();
  expect(after['cpu-high']).toBe('default');
  expect(after).not.toHaveProperty('busy');
  await expect(api('DELETE', '/rules/busy')).rejects.toThrow('404');
});

test('a browser subscribes and unsubscribes', async () => {
  expect(await api('GET', '/push/key')).toEqual({
    publicKey: expect.stringMatching(/^[\w-]{87}$/),
  });
  const endpoint = 'https://push.example/1';
  await api('POST', '/push/subscriptions', {
    endpoint,
    expirationTime: null,
    keys: { p256dh: 'AA', auth: 'AA' },
  });
  expect(await api('POST', '/receivers/browsers/test')).toMatchObject({ kind: 'failed' });
  await api('POST', '/push/unsubscribe', { endpoint });
  expect(await api('POST', '/receivers/browsers/test')).toEqual({
    kind: 'delivered',
    answer: 'no browser has subscribed',
  });
});

/** History of an hour: CPU at 70 % for two of every six minutes, at 45 % otherwise. */
async function anHourOfSpikes(): Promise<void> {
  agentKey = await harness.hub.localAgentKey('box');
  const { agent } = await TestAgent.open(harness.hub.url, agentKey.key);
  const toMs = Date.now() - 120_000;
  const rows = 600;
  const timesMs = Array.from({ length: rows }, (_, row) => toMs - (rows - row) * 6_000);
  const cpuAt = (row: number): number => (row % 60 < 20 ? 0.7 : 0.45);
  const columns = [cpuAt, () => 0.2, (row: number) => row].map((value) =>
    Float64Array.from({ length: rows }, (_, row) => value(row)),
  );
  agent.batch(++seq, { timesMs, columns });
  await agent.next('ack');
  await agent.close();
}

test('a backtest tells what a rule would have done, and what would have kept it from flapping', async () => {
  await anHourOfSpikes();
  const flappy = { ...rule, clear: 0.5 };
  const answer = (await api('POST', '/rules/backtest', { rule: flappy, rangeMs: 7_200_000 })) as {
    fires: { target: { name: string }; firedAtMs: number; resolvedAtMs: number }[];
    suggestion: { clear: number };
  };
  expect(answer).toMatchObject({ targets: 1, stepMs: 0, fireCount: 10, flaps: 9 });
  expect(answer.fires).toHaveLength(10);
  for (const { target, firedAtMs, resolvedAtMs } of answer.fires)
    expect([target.name, resolvedAtMs - firedAtMs]).toEqual(['box', 120_000]);
  // Below 45 % it would never have resolved in between.
  expect(answer.suggestion.clear).toBeLessThanOrEqual(0.45);
  const { clear } = answer.suggestion;
  const better = { ...flappy, clear };
  expect(await api('POST', '/rules/backtest', { rule: better, rangeMs: 7_200_000 })).toMatchObject({
    flaps: 0,
    fireCount: 1,
    suggestion: null,
  });
  expect(
    await api('POST', '/rules/backtest', {
      rule: flappy,
      rangeMs: 7_200_000,
      targetIds: ['other'],
    }),
  ).toMatchObject({ targets: 0, fireCount: 0 });
});

test('rules about what was expected are tried on history with what was expected then', async () => {
  agentKey = await harness.hub.localAgentKey('box');
  const { agent } = await TestAgent.open(harness.hub.url, agentKey.key);
  await agent.close();
  const disk = 'system.filesystem.utilization{system.filesystem.mountpoint="/"}';
  const toMs = Date.now();
  const rows = 30 * 120;
  const timesMs = Array.from({ length: rows }, (_, row) => toMs - (rows - row) * 30_000);
  // An hour ago the CPU was high for ten minutes; all the time the disk fills by 2 % an hour.
  const cpuAt = (row: number): number =>
    0.3 + (row % 7) / 100 + (row >= rows - 120 && row < rows - 100 ? 0.5 : 0);
  const diskAt = (row: number): number => 0.3 + row * (0.02 / 120);
  const columns = [cpuAt, diskAt].map((value) =>
    Float64Array.from({ length: rows }, (_, row) => value(row)),
  );
  await harness.hub.backfill(agentKey.agentId, { keys: [rule.metric, disk], timesMs, columns });
  const ask = (tried: object): Promise<unknown> =>
    api('POST', '/rules/backtest', { rule: { ...rule, ...tried }, rangeMs: 7_200_000 });
  expect(
    await ask({ kind: 'outside-band', side: 'above', threshold: 0.5, clear: 0, forMs: 60_000 }),
  ).toMatchObject({ targets: 1, fireCount: 1, flaps: 0 });
  const soon = {
    kind: 'forecast',
    metric: 'system.filesystem.utilization',
    scope: 'each',
    bound: 1,
  };
  const within = { direction: 'above', threshold: 8 * 3_600_000, clear: 12 * 3_600_000 };
  expect(await ask({ ...soon, ...within })).toMatchObject({ targets: 1, fireCount: 1 });
  expect(await ask({ ...soon, ...within, threshold: 60_000, clear: 120_000 })).toMatchObject({
    fireCount: 0,
  });
});

test('a backtest that cannot be is refused by its field, and two at once are refused', async () => {
  await anHourOfSpikes();
  const ask = (body: object): Promise<unknown> => api('POST', '/rules/backtest', body);
  await expect(ask({ rule: { ...rule, clear: 0.9 }, rangeMs: 7_200_000 })).rejects.toThrow(
    /400.*"field":"rule.clear"/,
  );
  await expect(ask({ rule, rangeMs: 1 })).rejects.toThrow(/400.*"field":"rangeMs"/);
  const [first, second] = await Promise.allSettled([
    ask({ rule, rangeMs: 7_200_000 }),
    ask({ rule, rangeMs: 7_200_000 }),
  ]);
  expect(first).toMatchObject({ status: 'fulfilled' });
  expect(second).toMatchObject({
    status: 'rejected',
    reason: { message: expect.stringContaining('429') },
  });
});

test('a rule about hosts with a tag is about them from the moment they carry it', async () => {
  agentKey = await harness.hub.localAgentKey('box');
  const { agentId } = agentKey;
  await setUp();
  await api('PUT', '/rules/busy', {
    ...rule,
    targets: [{ labels: [{ name: 'web', op: '~', value: '*' }] }],
  });
  const agent = await cpu(0.7);
  await agent.next('ack');
  await expect(api('PUT', '/hosts/nobody/tags', { tags: ['web'] })).rejects.toThrow('404');
  await expect(api('PUT', `/hosts/${agentId}/tags`, { tags: ['a\nb'] })).rejects.toThrow(
    /400.*tags/,
  );
  await expect(
    api('PUT', `/hosts/${agentId}/tags`, { tags: ['team=shop', 'team=ops'] }),
  ).rejects.toThrow(/400.*tags.*one label/);
  expect(await api('PUT', `/hosts/${agentId}/tags`, { tags: ['web', 'seoul', 'web'] })).toEqual({
    hostId: agentId,
    tags: ['web', 'seoul'],
  });
  expect(hooks).toEqual([]);
  agent.batch(++seq, { timesMs: [Date.now()], values: [0.7, 0.2, 10] });
  await vi.waitFor(() => expect(told('firing')).toBeDefined(), waiting);
  // Silences and routes see the labels of what fires already.
  const matchers = [{ name: 'team', op: '=', value: 'shop' }];
  await api('POST', '/silences', { matchers, reason: 'r', endsAtMs: Date.now() + 60_000 });
  const silences = async (): Promise<readonly number[]> =>
    ((await api('GET', '/alerts/facts')) as { silencedBy: string[] }[]).map(
      ({ silencedBy }) => silencedBy.length,
    );
  expect(await silences()).toEqual([0]);
  await api('PUT', `/hosts/${agentId}/tags`, { tags: ['web', 'team=shop'] });
  expect(await silences()).toEqual([1]);
  expect(await api('POST', '/silences/preview', { matchers })).toHaveLength(1);
  await api('PUT', `/hosts/${agentId}/tags`, { tags: ['web', 'seoul'] });
  await agent.close();
  const { cookie } = harness.admin;
  await harness.hub.stop();
  await harness.start();
  harness.admin.cookie = cookie;
  expect(await api('GET', '/hosts/tags')).toEqual([{ hostId: agentId, tags: ['web', 'seoul'] }]);
});

test('as many rules as there may be are applied in one request, and judge beside the default ones', async () => {
  const rules = Array.from({ length: 10_000 }, (_, index) => ({
    ...rule,
    ruleId: `rule-${index}`,
  }));
  expect(await api('PUT', '/rules', { rules })).toHaveLength(10_000);
  await expect(api('PUT', '/rules/one-more', { ...rule, ruleId: 'one-more' })).rejects.toThrow(
    /400.*too many/,
  );
  const { cookie } = harness.admin;
  await harness.hub.stop();
  await harness.start();
  harness.admin.cookie = cookie;
  expect(((await api('GET', '/rules/full')) as unknown[]).length).toBeGreaterThan(10_000);
});
