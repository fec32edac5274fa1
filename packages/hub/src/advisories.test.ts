/**
 * What has been published of others in this field, tried here: each test is of the kind of an advisory, which
 * docs/security.md lists. A real hub, raw bytes where a client would tidy them up.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { receiverSettingsSchema } from '@openmanager/alerting';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HubHarness } from '../test/kit/hub-harness.ts';
import { RawPeer } from '../test/kit/raw-peer.ts';
import { TestAgent } from '../test/kit/test-agent.ts';

const tags = ['security'];
const SECRET = 'only in the data folder';

let harness: HubHarness;
let host: string;
let cookie: string;
beforeAll(async () => {
  harness = await HubHarness.open({ logLevel: 'error' });
  await mkdir(join(harness.folder, 'data'), { recursive: true });
  await writeFile(join(harness.folder, 'data', 'secret.txt'), SECRET);
  host = new URL(harness.hub.url).host;
  cookie = harness.admin.cookie ?? '';
});
afterAll(() => harness.close());

/** Sends bytes as they are; the answer, when the hub is done with it. */
async function raw(text: string): Promise<string> {
  const peer = await RawPeer.connect(harness.hub.url);
  peer.socket.once('end', () => peer.destroy());
  peer.send(text);
  await Promise.race([peer.closed, new Promise((resolve) => setTimeout(resolve, 2_000))]);
  peer.destroy();
  return peer.received;
}

const get = (path: string, headers = ''): Promise<string> =>
  raw(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${headers}\r\n`);
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

/** The hub answers somebody it knows. */
async function serves(): Promise<void> {
  expect((await harness.admin.send('/api/v1/hosts')).status).toBe(200);
}

describe('paths', () => {
  test.for([
    '/assets/../../data/secret.txt',
    '/assets/..%2f..%2fdata/secret.txt',
    '/assets/%2e%2e/%2e%2e/data/secret.txt',
    '/assets/..\\..\\data\\secret.txt',
    '/assets/....//....//data/secret.txt',
    '/..%c0%af..%c0%afetc/passwd',
    '/%00/secret.txt',
    '//etc/passwd',
    '/api/v1/hosts/..%2f..%2f..%2fetc%2fpasswd',
  ])('leads out of no folder: %s', { tags }, async (path) => {
    const answer = await get(path, `Cookie: ${cookie}\r\n`);
    expect(answer).not.toContain(SECRET);
    expect(answer).not.toContain('root:');
    expect(answer).not.toMatch(/^location: (https?:)?\/\//im);
  });

  test.for([
    '/api//v1/hosts',
    '//api/v1/hosts',
    '/api/v1//hosts',
    '/api/v1/hosts/',
    '/api/v1/hosts;a=b',
    '/api/v1/./hosts',
    '/x/../api/v1/hosts',
    '/API/v1/hosts',
    '/api/v1/hosts%2f',
    '/api/v1/%68osts',
    '/api/v1/hosts?token=',
    '/api/v1/alerts/:alertId',
    '/api/v1/alerts/{alertId}',
    '/api/v1/export?host=:host',
    '/metrics/',
    '/%6detrics',
  ])('in another spelling opens nothing to who is not signed in: %s', { tags }, async (path) => {
    const answer = await get(path);
    expect(answer).not.toMatch(/"hostId":|openmanager_/);
    expect(statusOf(answer) < 300 ? answer : '').not.toMatch(/^content-type: application\/json/im);
  });

  test.for(['//evil.example/', '/\\evil.example', '/%2f%2fevil.example', '/?next=//evil.example'])(
    'sends nobody elsewhere: %s',
    { tags },
    async (path) => {
      expect(await get(path)).not.toMatch(/^location:.*evil\.example/im);
    },
  );

  test('split no answer: CR and LF of a path stay in it', { tags }, async () => {
    const answer = await get('/api/v1/%0d%0aSet-Cookie:%20a=b');
    expect(answer).not.toMatch(/^set-cookie/im);
  });
});

describe('requests', () => {
  test(
    'of another name for the hub are refused, so that no page can rebind its own to it',
    { tags },
    async () => {
      for (const path of ['/api/v1/hosts', '/', '/metrics'])
        expect(
          statusOf(
            await raw(
              `GET ${path} HTTP/1.1\r\nHost: evil.example\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`,
            ),
          ),
          path,
        ).toBe(403);
    },
  );

  test(
    'that are read two ways are refused: length and chunks, two lengths, bare LF',
    { tags },
    async () => {
      const smuggled = 'GET /api/v1/hosts HTTP/1.1\r\nHost: x\r\n\r\n';
      for (const headers of [
        `Content-Length: ${smuggled.length}\r\nTransfer-Encoding: chunked`,
        'Content-Length: 1\r\nContent-Length: 2',
        'Transfer-Encoding: xchunked',
        'Transfer-Encoding : chunked',
        'Content-Length: +5',
      ]) {
        const answer = await raw(
          `POST /api/v1/silences HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${smuggled}`,
        );
        expect(answer.match(/^HTTP\/1\.1/gm)?.length, headers).toBe(1);
        expect(statusOf(answer), headers).toBeGreaterThanOrEqual(400);
      }
    },
  );

  test(
    'with thousands of headers, or none that a WebSocket needs, end nothing',
    { tags },
    async () => {
      const many = Array.from({ length: 3_000 }, (_, index) => `h${index}: x\r\n`).join('');
      for (const path of ['/api/v1/agent', '/socket.io/?EIO=4&transport=websocket'])
        for (const headers of [
          `Connection: Upgrade\r\nUpgrade: websocket\r\n${many}`,
          'Connection: Upgrade\r\n',
          'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 99\r\n',
          'Connection: Upgrade\r\nUpgrade: h2c\r\nSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=\r\n',
        ])
          await raw(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n`);
      await serves();
    },
  );

  test('of Engine.IO that killed servers end nothing', { tags }, async () => {
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
    for (const query of [
      'EIO=4&transport=websocket&sid=__proto__',
      'EIO=4&transport=polling&sid=constructor',
      'EIO[]=4&transport=websocket',
      'EIO=3&transport=websocket',
      'EIO=4&transport=__proto__',
      'EIO=4&transport=toString',
      'EIO=4&transport=websocket&transport=polling',
      'transport',
    ]) {
      await raw(`GET /socket.io/?${query} HTTP/1.1\r\nHost: ${host}\r\n${upgrade}\r\n`);
      await raw(`POST /socket.io/?${query} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5\r\n\r\n`);
    }
    await serves();
  });

  test('with bodies beyond the bound are refused before they are read', { tags }, async () => {
    const { body } = await harness.admin.send('/api/v1/openapi.json');
    const { paths } = body as {
      paths: Record<string, Record<string, { requestBody?: { content: object } }>>;
    };
    for (const [path, methods] of Object.entries(paths))
      for (const [method, { requestBody }] of Object.entries(methods)) {
        if (!requestBody || !('application/json' in requestBody.content)) continue;
        const address = path.replaceAll(/\{\w+\}/g, 'abc');
        const answer = await raw(
          `${method.toUpperCase()} ${address} HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\nOrigin: ${harness.hub.url}\r\nContent-Type: application/json\r\nContent-Length: 999999999\r\nConnection: close\r\n\r\n`,
        );
        expect([413, 429], `${method} ${path}`).toContain(statusOf(answer));
      }
  });

  test('with other content types do not pass the schema by', { tags }, async () => {
    for (const type of [
      'application/json ;charset=utf-8',
      'application/JSON;',
      'application/ json',
      'application/jsonp',
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      '\tapplication/json',
    ]) {
      const { status } = await harness.admin.send('/api/v1/silences', {
        method: 'POST',
        raw: '{"matchers": 1, "__proto__": {"a": 1}}',
        headers: { 'content-type': type, origin: harness.hub.url },
      });
      expect([400, 415], type).toContain(status);
    }
  });
});

describe('text from outside', () => {
  const evil = '<img src=x onerror=alert(1)>';

  test('is answered as data, under a policy that runs no script of it', { tags }, async () => {
    const page = await harness.admin.send('/');
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toMatch(/script-src 'self'(;|$)/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe-eval');
    const { headers } = await harness.admin.send(`/api/v1/hosts/${encodeURIComponent(evil)}`);
    expect(headers['content-type']).toMatch(/json/);
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  test('has no address that a click would run', { tags }, async () => {
    for (const runbookUrl of [
      'javascript:alert(1)',
      ' javascript:alert(1)',
      'data:text/html,x',
      'vbscript:x',
    ]) {
      const { status } = await harness.admin.send('/api/v1/rules', {
        method: 'PUT',
        body: {
          rules: [
            {
              ruleId: 'evil',
              kind: 'threshold',
              severity: 'warning',
              metric: 'system.cpu.utilization',
              when: { above: 0.9 },
              runbookUrl,
            },
          ],
        },
        headers: { origin: harness.hub.url },
      });
      expect(status, runbookUrl).toBe(400);
    }
  });

  test('in a metric’s name becomes no name of the exposition', { tags }, async () => {
    const { body } = await harness.admin.send('/api/v1/agents/codes', { method: 'POST' });
    const enrolled = await harness.client().send('/api/v1/agents/enroll', {
      body: { code: (body as { code: string }).code, hostname: evil },
    });
    const { agent } = await TestAgent.open(harness.hub.url, (enrolled.body as { key: string }).key);
    agent.batch(1);
    await agent.next('ack');
    await agent.close();
    const { text } = await harness.admin.send('/metrics');
    for (const line of text.split('\n').filter((each) => !each.startsWith('#') && each !== ''))
      expect(line).toMatch(/^[a-zA-Z_:][\w:]*(\{.*\})? \S+$/);
  });

  test('addresses of mail are one address each, to the domain that is read', { tags }, () => {
    const settings = {
      kind: 'email',
      host: 'smtp.example.org',
      port: 465,
      security: 'tls',
      from: 'hub@example.org',
    };
    for (const to of [
      '"ops@evil.example x"@example.org',
      'ops@example.org, ops@evil.example',
      'ops@example.org\r\nBcc: ops@evil.example',
      '<ops@evil.example>@example.org',
      'ops@evil.example(@example.org)',
    ])
      expect(v.safeParse(receiverSettingsSchema, { ...settings, to: [to] }).success, to).toBe(
        false,
      );
  });
});

describe('sessions', () => {
  test('of before end when the password changes', { tags }, async () => {
    const first = 'a long first password';
    const put = (current: string | undefined, password: string) =>
      harness.admin.send('/api/v1/auth/password', {
        method: 'PUT',
        body: { ...(current === undefined ? {} : { current }), password },
        headers: { origin: harness.hub.url },
      });
    expect((await put(undefined, first)).status).toBeLessThan(300);
    const other = harness.client();
    const signedIn = await other.send('/api/v1/auth/login', {
      body: { name: 'admin', password: first },
    });
    expect(signedIn.status).toBeLessThan(300);
    expect((await other.send('/api/v1/hosts')).status).toBe(200);
    expect((await put(first, 'a long second password')).status).toBeLessThan(300);
    expect((await other.send('/api/v1/hosts')).status).toBe(401);
    await serves();
  });

  test('are not taken from a page of another origin', { tags }, async () => {
    for (const origin of ['https://evil.example', 'null', `${harness.hub.url}.evil.example`]) {
      const { status } = await harness.admin.send('/api/v1/silences', {
        method: 'POST',
        body: {},
        headers: { origin },
      });
      expect([401, 403], origin).toContain(status);
    }
  });
});
