import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { errors, type ErrorCode } from '@openmanager/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fieldIn, HttpClient, problemIn, type Answer } from '../../test/kit/http-client.ts';
import { HubHarness } from '../../test/kit/hub-harness.ts';
import type { OpenapiDocument } from '../../test/kit/openapi.ts';

const FRIEND = 'https://status.example.org';
const PASSWORD = 'correct horse battery';

let harness: HubHarness;
let dashboard: string;

beforeAll(async () => {
  harness = await HubHarness.open({ allowOrigins: [FRIEND] });
  dashboard = join(harness.folder, 'dashboard');
  await mkdir(join(dashboard, 'assets'), { recursive: true });
  await writeFile(join(dashboard, 'index.html'), '<!doctype html><title>dashboard</title>');
  await writeFile(join(dashboard, 'assets', 'app-1a2b.js'), 'export {};');
  await writeFile(join(dashboard, 'assets', 'app-1a2b.js.gz'), gzipSync('export {};'));
  await harness.hub.stop();
  await harness.start({ allowOrigins: [FRIEND], dashboardFolder: dashboard });
});
afterAll(() => harness.close());

const paths: readonly (readonly [method: string, path: string])[] = [
  ['POST', '/auth/logout'],
  ['GET', '/auth/session'],
  ['PUT', '/auth/password'],
  ['GET', '/tokens'],
  ['POST', '/tokens'],
  ['DELETE', '/tokens/abc'],
  ['GET', '/hosts'],
  ['GET', '/hosts/abc'],
  ['DELETE', '/hosts/abc'],
  ['GET', '/hosts/abc/series'],
  ['GET', '/hosts/abc/history'],
  ['GET', '/hosts/abc/outlook'],
  ['GET', '/anomalies'],
  ['PUT', '/anomalies/abc/normal'],
  ['DELETE', '/anomalies/abc/normal'],
  ['GET', '/replay'],
  ['GET', '/storage'],
  ['GET', '/alerts'],
  ['GET', '/alerts/history'],
  ['GET', '/rules'],
  ['GET', '/events'],
  ['GET', '/status'],
  ['GET', '/agents'],
  ['POST', '/agents/codes'],
  ['DELETE', '/agents/abc'],
  ['GET', '/rules/full'],
  ['PUT', '/rules'],
  ['PUT', '/rules/abc'],
  ['DELETE', '/rules/abc'],
  ['POST', '/rules/backtest'],
  ['GET', '/hosts/tags'],
  ['PUT', '/hosts/abc/tags'],
  ['GET', '/alerts/facts'],
  ['PUT', '/alerts/abc/acknowledgement'],
  ['DELETE', '/alerts/abc/acknowledgement'],
  ['GET', '/notifications'],
  ['GET', '/silences'],
  ['POST', '/silences'],
  ['POST', '/silences/preview'],
  ['PUT', '/silences/abc'],
  ['DELETE', '/silences/abc'],
  ['GET', '/receivers'],
  ['PUT', '/receivers/abc'],
  ['DELETE', '/receivers/abc'],
  ['POST', '/receivers/abc/test'],
  ['GET', '/routing'],
  ['PUT', '/routing'],
  ['GET', '/push/key'],
  ['POST', '/push/subscriptions'],
  ['POST', '/push/unsubscribe'],
  ['POST', '/storage/trust-clock'],
];
const open: readonly (readonly [method: string, path: string])[] = [
  ['POST', '/auth/setup'],
  ['POST', '/auth/login'],
  ['POST', '/agents/enroll'],
  ['GET', '/health'],
  ['GET', '/openapi.json'],
];

describe('the OpenAPI document', () => {
  test('has every route, and nothing else', async () => {
    const { body } = await harness.client().send('/api/v1/openapi.json');
    const document = body as OpenapiDocument;
    expect(document.openapi).toMatch(/^3\./);
    const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    // Prometheus's own: their answers are tested beside its promtool.
    const prometheus = [
      ...[
        'query',
        'query_range',
        'query_exemplars',
        'format_query',
        'parse_query',
        'series',
        'labels',
      ].flatMap((path) => [
        ['GET', `/${path}`],
        ['POST', `/${path}`],
      ]),
      ...[
        'label/{name}/values',
        'metadata',
        'targets',
        'alertmanagers',
        'status/buildinfo',
        'status/tsdb',
        'status/{name}',
      ].map((path) => ['GET', `/${path}`]),
    ] as [string, string][];
    const transfer: [string, string][] = [
      ['GET', '/export'],
      ['GET', '/backup'],
      ['POST', '/import'],
    ];
    const expected = [...paths, ...open, ...prometheus, ...transfer].map(
      ([method, path]) =>
        `${method} /api/v1${path.replace(/(\w+?)(s|ies)\/abc/, (_, word: string, end: string) => `${word}${end}/{${word}${end === 'ies' ? 'y' : ''}Id}`)}`,
    );
    const atRoot = ['GET /metrics', 'GET /-/ready', 'GET /-/healthy'];
    expect(listed.toSorted()).toEqual([...expected, ...atRoot].toSorted());
    for (const methods of Object.values(document.paths))
      for (const operation of Object.values(methods)) expect(operation.summary).not.toBe('');
  });

  test('describes bodies and answers by the schemas that check them', async () => {
    const { body } = await harness.client().send('/api/v1/openapi.json');
    const document = body as OpenapiDocument;
    const login = document.paths['/api/v1/auth/login']?.['post'];
    const request = login?.requestBody?.content?.['application/json'];
    expect(request?.schema).toEqual({ $ref: '#/components/schemas/LoginRequest' });
    const { schemas, responses } = document.components;
    expect(schemas['LoginRequest']).toMatchObject({
      required: ['name', 'password'],
      properties: { name: { type: 'string', maxLength: 255 } },
    });
    const answer = login?.responses['200']?.content?.['application/json'];
    expect(answer?.schema).toEqual({ $ref: '#/components/schemas/Session' });
    expect(schemas['Session']?.['properties']).toHaveProperty('hasPassword');
    expect(login?.responses['401']).toEqual({ $ref: '#/components/responses/Unauthenticated' });
    expect(responses['Unauthenticated']?.content?.['application/problem+json']?.schema).toEqual({
      $ref: '#/components/schemas/Problem',
    });
    expect(schemas['Problem']?.['properties']).toHaveProperty('action');
    const history = document.paths['/api/v1/hosts/{hostId}/history']?.['get'];
    expect(history?.parameters?.map((parameter) => parameter.name).toSorted()).toEqual([
      'fromMs',
      'hostId',
      'keys',
      'maxPoints',
      'toMs',
    ]);
  });
});

describe('who may ask', () => {
  test.each([
    ...paths.map(([method, path]) => [method, `/api/v1${path}`] as const),
    ['GET', '/metrics'] as const,
  ])('%s %s needs somebody', async (method, path) => {
    const answer = await harness.client().send(path, { method });
    expect(answer.status).toBe(401);
    expect(problemIn(answer)).toMatchObject({
      code: 'unauthenticated',
      action: errors.unauthenticated.action,
    });
  });

  test('a token reads and changes nothing; revoked, it does not even read', async () => {
    const created = await harness.admin.send('/api/v1/tokens', { body: { name: 'wall' } });
    expect(created.status).toBe(201);
    const { secret, tokenId } = created.body as { secret: string; tokenId: string };
    const headers = { authorization: `Bearer ${secret}` };
    const client = harness.client();
    for (const path of [
      '/api/v1/hosts',
      '/api/v1/alerts',
      '/api/v1/events',
      '/api/v1/rules',
      '/api/v1/rules/full',
      '/api/v1/alerts/facts',
      '/api/v1/notifications',
      '/api/v1/silences',
      '/api/v1/hosts/tags',
      '/api/v1/status',
      '/metrics',
    ])
      expect((await client.send(path, { headers })).status, path).toBe(200);
    for (const [method, path] of [
      ['POST', '/tokens'],
      ['GET', '/tokens'],
      ['POST', '/agents/codes'],
      ['DELETE', '/hosts/abc'],
      ['GET', '/auth/session'],
      ['PUT', '/rules'],
      ['PUT', '/rules/abc'],
      ['DELETE', '/rules/abc'],
      ['PUT', '/hosts/abc/tags'],
      ['PUT', '/alerts/abc/acknowledgement'],
      ['DELETE', '/alerts/abc/acknowledgement'],
      ['POST', '/silences'],
      ['PUT', '/silences/abc'],
      ['DELETE', '/silences/abc'],
      ['GET', '/receivers'],
      ['PUT', '/receivers/abc'],
      ['DELETE', '/receivers/abc'],
      ['POST', '/receivers/abc/test'],
      ['GET', '/routing'],
      ['PUT', '/routing'],
      ['GET', '/push/key'],
      ['POST', '/push/subscriptions'],
      ['POST', '/push/unsubscribe'],
    ] as const)
      expect(problemIn(await client.send(`/api/v1${path}`, { method, headers })).code, path).toBe(
        'forbidden',
      );
    expect(
      (await harness.admin.send(`/api/v1/tokens/${tokenId}`, { method: 'DELETE' })).status,
    ).toBe(204);
    const refused = await client.send('/api/v1/hosts', { headers });
    expect([refused.status, problemIn(refused).code]).toEqual([401, 'wrong-token']);
  });

  test.each(['Basic YTpi', 'Bearer', 'Bearer a b'])(
    'an Authorization of another kind is refused: %s',
    async (authorization) => {
      expect(
        (await harness.client().send('/api/v1/hosts', { headers: { authorization } })).status,
      ).toBe(401);
    },
  );
});

describe('signing in', () => {
  test('by password: cookie, session, signing out', async () => {
    const set = await harness.admin.send('/api/v1/auth/password', {
      method: 'PUT',
      body: { password: PASSWORD },
    });
    expect(set.status).toBe(204);
    const client = harness.client();
    const answer = await client.send('/api/v1/auth/login', {
      body: { name: 'admin', password: PASSWORD },
    });
    expect(answer.body).toEqual({ name: 'admin', role: 'admin', hasPassword: true });
    const [cookie = ''] = answer.headers['set-cookie'] as string[];
    expect(cookie).toMatch(
      /^openmanager_session=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    expect((await client.send('/api/v1/auth/session')).body).toEqual(answer.body);
    expect((await client.send('/api/v1/auth/logout', { method: 'POST' })).status).toBe(204);
    client.cookie = cookie.split(';', 1)[0];
    expect((await client.send('/api/v1/auth/session')).status).toBe(401);
    // An old cookie is no hindrance to a new sign-in.
    expect(
      (await client.send('/api/v1/auth/login', { body: { name: 'admin', password: PASSWORD } }))
        .status,
    ).toBe(200);
  });

  test('the cookie is Secure behind https', async () => {
    const answer = await harness.client().send('/api/v1/auth/login', {
      body: { name: 'admin', password: PASSWORD },
      headers: { 'x-forwarded-proto': 'https' },
    });
    expect((answer.headers['set-cookie'] as string[])[0]).toContain('; Secure');
  });

  test('a used link, a wrong password and an expired code say what to do', async () => {
    const cases: [string, unknown, ErrorCode, string?][] = [
      ['/auth/setup', { token: 'x'.repeat(43) }, 'setup-link-used'],
      ['/auth/login', { name: 'admin', password: 'wrong' }, 'wrong-credentials'],
      ['/agents/enroll', { code: 'AAAA-AAAA-AAAA-AAAA', hostname: 'box' }, 'code-expired'],
      ['/auth/login', { name: 'admin' }, 'invalid-input', 'password'],
      ['/agents/enroll', { code: 'AAAA', hostname: '' }, 'invalid-input', 'hostname'],
    ];
    for (const [path, body, code, field] of cases) {
      const answer = await harness.client().send(`/api/v1${path}`, { body });
      expect([answer.status, problemIn(answer).code, fieldIn(answer)]).toEqual([
        errors[code].http,
        code,
        field,
      ]);
      expect(problemIn(answer).action).toBe(errors[code].action);
    }
  });

  test('a weak password names its field', async () => {
    const answer = await harness.admin.send('/api/v1/auth/password', {
      method: 'PUT',
      body: { current: PASSWORD, password: 'short' },
    });
    expect([answer.status, problemIn(answer).code, fieldIn(answer)]).toEqual([
      400,
      'password-too-weak',
      'password',
    ]);
  });
});

describe('where requests come from', () => {
  const change = { method: 'POST', body: undefined };

  test('changes come from our own page, or from no page', async () => {
    const own = `http://${new URL(harness.hub.url).host}`;
    for (const headers of [{ origin: own }, {}, { 'sec-fetch-site': 'same-origin' }])
      expect(
        (await harness.admin.send('/api/v1/agents/codes', { ...change, headers: headers as never }))
          .status,
      ).toBe(201);
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: FRIEND },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      const answer = await harness.admin.send('/api/v1/agents/codes', {
        ...change,
        headers: headers as never,
      });
      expect([answer.status, problemIn(answer).code]).toEqual([403, 'origin-not-allowed']);
    }
  });

  test(
    "a page of --allow-origin with the administrator's cookie neither reads nor writes; with a token it reads",
    { tags: ['security'] },
    async () => {
      const read = await harness.admin.send('/api/v1/hosts', { headers: { origin: FRIEND } });
      expect([read.status, problemIn(read).code]).toEqual([401, 'unauthenticated']);
      const { secret } = (await harness.admin.send('/api/v1/tokens', { body: { name: 'friend' } }))
        .body as { secret: string };
      const headers = { origin: FRIEND, authorization: `Bearer ${secret}` };
      expect((await harness.admin.send('/api/v1/hosts', { headers })).status).toBe(200);
      const write = await harness.admin.send('/api/v1/agents/codes', { ...change, headers });
      expect([write.status, problemIn(write).code]).toEqual([403, 'forbidden']);
    },
  );

  test('signing in from a foreign page is refused too', async () => {
    const answer = await harness.client().send('/api/v1/auth/login', {
      body: { name: 'admin', password: PASSWORD },
      headers: { origin: 'https://evil.example' },
    });
    expect(problemIn(answer).code).toBe('origin-not-allowed');
  });

  test('only a page we were started with may read across origins, and without cookies', async () => {
    const friend = await harness.client().send('/api/v1/health', { headers: { origin: FRIEND } });
    expect(friend.headers['access-control-allow-origin']).toBe(FRIEND);
    expect(friend.headers['access-control-allow-credentials']).toBeUndefined();
    const preflight = await harness
      .client()
      .send('/api/v1/hosts', { method: 'OPTIONS', headers: { origin: FRIEND } });
    expect([preflight.status, preflight.headers['access-control-allow-headers']]).toEqual([
      204,
      'Authorization, Content-Type',
    ]);
    const stranger = await harness
      .client()
      .send('/api/v1/health', { headers: { origin: 'https://evil.example' } });
    expect(stranger.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('a name that was made to resolve to this machine gets nothing', async () => {
    for (const path of [
      '/',
      '/api/v1/health',
      '/socket.io/?EIO=4&transport=polling',
      '/api/v1/agent',
    ]) {
      const answer = await harness.admin.send(path, { headers: { host: 'evil.example:8787' } });
      expect([answer.status, problemIn(answer).code], path).toEqual([403, 'origin-not-allowed']);
    }
    for (const host of ['localhost:1', '127.0.0.1', '[::1]:8787', 'status.example.org'])
      expect(
        (await harness.client().send('/api/v1/health', { headers: { host } })).status,
        host,
      ).toBe(200);
  });
});

describe('input that is wrong', () => {
  test('is answered as a problem of RFC 9457 that names every field which is wrong', async () => {
    const answer = await harness.client().send('/api/v1/auth/login', { body: { name: 1 } });
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.body).toEqual({
      type: 'urn:openmanager:problem:invalid-input',
      title: errors['invalid-input'].message,
      status: 400,
      detail: expect.stringMatching(/^name: /),
      code: 'invalid-input',
      action: errors['invalid-input'].action,
      errors: [
        { field: 'name', detail: expect.stringContaining('string') },
        { field: 'password', detail: expect.any(String) },
      ],
    });
  });

  test.each([
    ['not JSON', { raw: '{"name":' }, 400, 'malformed-message'],
    [
      'no JSON at all',
      { raw: 'name=admin', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      400,
      'malformed-message',
    ],
    [
      'plain text',
      { raw: 'hello', headers: { 'content-type': 'text/plain' } },
      400,
      'malformed-message',
    ],
    ['nothing', { raw: '' }, 400, 'malformed-message'],
    ['too much', { raw: JSON.stringify({ name: 'x'.repeat(70_000) }) }, 413, 'message-too-large'],
    ['a wrong type', { body: { name: 1, password: 'x' } }, 400, 'invalid-input'],
    ['a list', { body: [] }, 400, 'invalid-input'],
  ])('%s', async (_, options, status, code) => {
    const answer = await harness
      .client()
      .send('/api/v1/auth/login', { method: 'POST', ...options });
    expect([answer.status, problemIn(answer).code]).toEqual([status, code]);
    expect(problemIn(answer).action).not.toBe('');
  });

  test.each([
    ['/api/v1/events?limit=0', 'limit'],
    ['/api/v1/events?limit=many', 'limit'],
    ['/api/v1/events?before=-1', 'before'],
    ['/api/v1/hosts/abc/history?fromMs=1', 'toMs'],
    ['/api/v1/hosts/abc/history?fromMs=2&toMs=1', 'fromMs'],
    ['/api/v1/hosts/abc/history?fromMs=1&toMs=2&maxPoints=99999', 'maxPoints'],
  ])('%s names the field', async (path, field) => {
    const answer = await harness.admin.send(path);
    expect([answer.status, problemIn(answer).code, fieldIn(answer)]).toEqual([
      400,
      'invalid-input',
      field,
    ]);
  });

  test('what does not exist is not found', async () => {
    for (const [method, path] of [
      ['GET', '/hosts/abc'],
      ['GET', '/hosts/abc/series'],
      ['GET', '/hosts/abc/history?fromMs=1&toMs=2'],
      ['DELETE', '/hosts/abc'],
      ['DELETE', '/agents/abc'],
      ['DELETE', '/tokens/abc'],
      ['GET', '/nothing'],
    ] as const) {
      const answer = await harness.admin.send(`/api/v1${path}`, { method });
      expect([answer.status, problemIn(answer).code], path).toEqual([404, 'not-found']);
    }
  });

  test('what is not HTTP is told so', async () => {
    const { hostname, port } = new URL(harness.hub.url);
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk)));
    socket.write('HELLO\r\n\r\n');
    await new Promise((resolve) => socket.on('close', resolve));
    expect(text).toContain('400');
    expect(text).toContain('application/problem+json');
    expect(text).toContain('malformed-message');
  });
});

describe('the dashboard', () => {
  test('every path without a file is a page of it; the API is not', async () => {
    for (const path of ['/', '/hosts/abc', '/setup']) {
      const answer = await harness.client().send(path);
      expect([answer.status, answer.text], path).toEqual([
        200,
        '<!doctype html><title>dashboard</title>',
      ]);
      expect(answer.headers['cache-control']).toBe('no-cache');
    }
    for (const path of ['/assets/gone-1234.js', '/favicon.ico', '/api/v1/nothing'])
      expect((await harness.client().send(path)).status, path).toBe(404);
  });

  test('files with a hash in their name are kept, compressed ones are used', async () => {
    const answer = await harness
      .client()
      .send('/assets/app-1a2b.js', { headers: { 'accept-encoding': 'gzip' } });
    expect(answer.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-encoding': 'gzip',
    });
    expect(answer.headers['content-type']).toContain('javascript');
  });

  test('no path leads out of its folder', async () => {
    for (const path of ['/../data/', '/%2e%2e/data/', '/assets/..%2f..%2fdata'])
      expect((await harness.client().send(path)).text).not.toContain('SQLite');
  });

  test('a strict policy: no inline code or style, no frames, no foreign hosts', async () => {
    const { headers } = await harness.client().send('/');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(policy).not.toContain('upgrade-insecure-requests');
    expect(headers['x-content-type-options']).toBe('nosniff');
  });
});

describe('health', () => {
  const ask = (headers: Record<string, string> = {}): Promise<Answer> =>
    harness.client().send('/api/v1/health', { headers });

  test(
    'without sign-in tells whether the hub works, and nothing else',
    { tags: ['security'] },
    async () => {
      const { key } = await harness.hub.localAgentKey('box');
      const others: Record<string, string>[] = [
        {},
        { authorization: 'Bearer omt_of-nobody' },
        { authorization: `Bearer ${key}` },
        { authorization: 'Negotiate x' },
        { cookie: 'openmanager_session=ended' },
      ];
      for (const headers of others) {
        const answer = await ask(headers);
        expect([answer.status, answer.body]).toEqual([200, { status: 'ok' }]);
      }
    },
  );

  test('tells who is signed in what does not work', async () => {
    expect((await harness.admin.send('/api/v1/health')).body).toEqual({
      status: 'ok',
      version: expect.any(String),
      uptimeSeconds: expect.any(Number),
      problems: [],
      parts: [],
    });
    const { secret } = (await harness.admin.send('/api/v1/tokens', { body: { name: 'health' } }))
      .body as { secret: string };
    expect((await ask({ authorization: `Bearer ${secret}` })).body).toMatchObject({ problems: [] });
  });
});

test('metrics are Prometheus text', async () => {
  const answer = await harness.admin.send('/metrics');
  expect(answer.headers['content-type']).toContain('text/plain; version=0.0.4');
  for (const line of answer.text.trimEnd().split('\n'))
    expect(line).toMatch(
      /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? -?[\d.e+-]+)$/,
    );
  expect(answer.text).toContain('openmanager_hosts{status="online"} 0');
});

test('sign-in attempts of one address are bounded', async () => {
  const client = new HttpClient(harness.hub.url);
  let answer = await client.send('/api/v1/auth/setup', { body: { token: 'x' } });
  for (let index = 0; index < 10; index++)
    answer = await client.send('/api/v1/auth/setup', { body: { token: 'x' } });
  expect([answer.status, problemIn(answer).code]).toEqual([429, 'too-many-requests']);
  expect(answer.headers['retry-after']).toBeDefined();
});
