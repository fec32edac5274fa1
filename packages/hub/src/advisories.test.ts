/** Of each published advisory of the field that could apply here, the attempt; docs/security.md has the list. */
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HttpClient, problemIn } from '../test/kit/http-client.ts';
import { HubHarness } from '../test/kit/hub-harness.ts';
import { RawPeer } from '../test/kit/raw-peer.ts';
import { TestAgent } from '../test/kit/test-agent.ts';

let harness: HubHarness;
let token: string;
let agentId: string;
beforeAll(async () => {
  harness = await HubHarness.open();
  token = (
    (await harness.admin.send('/api/v1/tokens', { body: { name: 'wall' } })).body as {
      secret: string;
    }
  ).secret;
  const local = await harness.hub.localAgentKey('box');
  agentId = local.agentId;
  const { agent } = await TestAgent.open(harness.hub.url, local.key);
  agent.batch(1);
  await agent.next('ack');
});
afterAll(() => harness.close());

async function alive(): Promise<void> {
  expect((await harness.client().send('/api/v1/health')).body).toEqual({ status: 'ok' });
}

const raw = async (text: string | Buffer): Promise<RawPeer> =>
  (await RawPeer.connect(harness.hub.url)).send(text);

const security = { tags: ['security'] };
const UPGRADE = [
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
  'Host: 127.0.0.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
].join('\r\n');

test('engine.io CVE-2022-21676: a WebSocket frame with reserved bits', security, async () => {
  for (const bytes of [
    [0xb1, 0x80, 0, 0, 0, 0],
    [0x83, 0x80, 0, 0, 0, 0],
    [0x81, 0x05],
    [0x88, 0x81, 0, 0, 0, 0, 1],
  ]) {
    const peer = await raw(`${UPGRADE}\r\n\r\n`);
    await once(peer.socket, 'data');
    peer.send(Buffer.from(bytes));
    await Promise.race([peer.closed, once(peer.socket, 'data')]);
    peer.destroy();
  }
  await alive();
});

/** A polling session that may connect, and what is sent over it. */
async function poll(...packets: readonly string[]): Promise<number[]> {
  const path = '/socket.io/?EIO=4&transport=polling';
  const { text } = await harness.client().send(path);
  const { sid } = JSON.parse(text.slice(1)) as { sid: string };
  const statuses = [];
  for (const packet of [`40{"version":2,"token":"${token}"}`, ...packets]) {
    const answer = await harness.client().send(`${path}&sid=${sid}`, {
      method: 'POST',
      raw: packet,
      headers: { 'content-type': 'text/plain;charset=UTF-8' },
    });
    statuses.push(answer.status);
  }
  return statuses;
}

test(
  'socket.io CVE-2024-38355 and socket.io-parser CVE-2022-2421, CVE-2023-32695: events and placeholders with reserved names',
  security,
  async () => {
    for (const packet of [
      '42["error"]',
      '42["connect"]',
      '42["disconnect",{}]',
      '42["newListener",1]',
      '42["hasOwnProperty"]',
      '42[{"toString":"x"}]',
      '42{"toString":1}',
      '42["subscribe",{"__proto__":{"topic":"fleet"}}]',
      '451-["subscribe",{"_placeholder":true,"num":"splice"}]',
      '451-["subscribe",{"_placeholder":true,"num":10}]',
      '45999999999-["subscribe"]',
      '450-[]',
      '461-[]',
      '43999[]',
      '44{"message":"x"}',
      '49',
      '4\u0000',
      '42/__proto__,["subscribe"]',
    ]) {
      await poll(packet);
      await alive();
    }
  },
);

test('socket.io-parser: announced attachments that never come hold nothing', security, async () => {
  for (let round = 0; round < 50; round++)
    await poll('4510-["subscribe",{"_placeholder":true,"num":0}]', '42["clock",1]');
  await alive();
});

test('engine.io CVE-2020-36048: a long body of polling is refused', security, async () => {
  const { text } = await harness.client().send('/socket.io/?EIO=4&transport=polling');
  const { sid } = JSON.parse(text.slice(1)) as { sid: string };
  const answer = await harness.client().send(`/socket.io/?EIO=4&transport=polling&sid=${sid}`, {
    method: 'POST',
    raw: '4'.repeat(200_000),
    headers: { 'content-type': 'text/plain;charset=UTF-8' },
  });
  expect(answer.status).toBe(413);
});

test(
  'ws CVE-2024-37890, CVE-2021-32640: upgrades with very many and odd headers',
  security,
  async () => {
    const many = Array.from({ length: 1_900 }, (_, n) => `x${n}: y`).join('\r\n');
    for (const more of [
      many,
      `Sec-WebSocket-Protocol: a${' '.repeat(10_000)},b`,
      `Sec-WebSocket-Extensions: ${'a;b=" "'.repeat(1_000)}`,
      'Sec-WebSocket-Protocol: __proto__, constructor',
    ]) {
      const peer = await raw(`${UPGRADE}\r\n${more}\r\n\r\n`);
      await Promise.race([peer.closed, once(peer.socket, 'data')]);
      peer.destroy();
    }
    await alive();
  },
);

test(
  'fastify CVE-2022-39288, CVE-2026-3419, CVE-2025-32442: content types that are none are refused',
  security,
  async () => {
    for (const type of [
      '',
      ';',
      'application/json garbage',
      'application/json\t,text/plain',
      'application/jsonx',
      'constructor',
      '__proto__',
      'text/plain',
      'APPLICATION/JSON;x',
      'a'.repeat(10_000),
    ]) {
      const answer = await harness.admin.send('/api/v1/tokens', {
        raw: '{"name":"made by an odd type"}',
        headers: { 'content-type': type },
      });
      if (type.toLowerCase().startsWith('application/json;')) continue;
      expect([400, 415], type.slice(0, 40)).toContain(answer.status);
    }
    await alive();
  },
);

test('Grafana CVE-2021-43798, Beszel CVE-2026-27734: paths that climb', security, async () => {
  for (const path of [
    '/../data/secrets.key',
    '/..%2fdata%2fsecrets.key',
    '/assets/../../../../etc/passwd',
    '/assets/..%2f..%2f..%2f..%2fetc/passwd',
    '/assets/%2e%2e/%2e%2e/etc/passwd',
    '/assets/..%5c..%5cetc%5cpasswd',
    '/assets/%00/etc/passwd',
    '/api/v1/hosts/..%2f..%2fbackup',
    `/api/v1/hosts/${agentId}%2f..%2f..%2fbackup`,
  ]) {
    const peer = await raw(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
    await once(peer.socket, 'end');
    expect(peer.received, path).toMatch(/^HTTP\/1\.1 (200|400|401|404) /);
    expect(peer.received, path).not.toMatch(/root:|SQLite|BEGIN/);
  }
});

test(
  'Grafana CVE-2026-27880, CVE-2026-22641, CVE-2021-39226: other spellings of a path are no way around',
  security,
  async () => {
    for (const path of [
      '//api/v1/hosts',
      '/api//v1/hosts',
      '/api/v1//hosts',
      '/api/v1/hosts/',
      '/API/V1/hosts',
      '/api/v1/hosts;x',
      '/api/v1/./hosts',
      '/x/../api/v1/hosts',
      '/api/v1/hosts%2f',
      '/api/v1/agents/:agentId',
      '/api/v1/%68osts',
    ]) {
      const peer = await raw(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`,
      );
      await once(peer.socket, 'end');
      expect(peer.received, path).toMatch(/^HTTP\/1\.1 (200|400|401|404) /);
      expect(peer.received, path).not.toContain(agentId);
    }
  },
);

test('Grafana CVE-2025-4123: nothing redirects to where the path says', security, async () => {
  for (const path of [
    '//evil.example/%2f..',
    '/\\evil.example',
    '/%5cevil.example/..',
    '//evil.example',
  ]) {
    const { status, headers } = await harness.client().send(`${harness.hub.url}${path}`);
    expect(headers['location'], path).toBeUndefined();
    expect(status).not.toBe(302);
  }
});

test('Beszel CVE-2026-40077: an id that is known gives no right', security, async () => {
  const stranger = new HttpClient(harness.hub.url);
  for (const [method, path] of [
    ['GET', `/api/v1/hosts/${agentId}`],
    ['GET', `/api/v1/hosts/${agentId}/history`],
    ['DELETE', `/api/v1/hosts/${agentId}`],
    ['PUT', `/api/v1/hosts/${agentId}/tags`],
  ] as const)
    expect((await stranger.send(path, { method })).status, path).toBe(401);
  const headers = { authorization: `Bearer ${token}` };
  for (const [method, path, status] of [
    ['DELETE', `/api/v1/hosts/${agentId}`, 403],
    ['PUT', `/api/v1/hosts/${agentId}/tags`, 403],
    ['GET', '/api/v1/receivers', 403],
    ['GET', '/api/v1/tokens', 403],
    ['GET', '/api/v1/backup', 403],
  ] as const)
    expect((await stranger.send(path, { method, headers })).status, path).toBe(status);
});

test(
  'prototype pollution: names of a prototype in bodies, queries and forms',
  security,
  async () => {
    const polluting =
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}';
    for (const [method, path] of [
      ['POST', '/auth/login'],
      ['PUT', '/routing'],
      ['PUT', '/rules/x'],
      ['POST', '/silences'],
      ['PUT', '/receivers/x'],
      ['POST', '/push/subscriptions'],
    ] as const) {
      const answer = await harness.admin.send(`/api/v1${path}`, {
        method,
        raw: polluting,
        headers: { 'content-type': 'application/json' },
      });
      expect([400, 401], path).toContain(answer.status);
    }
    await harness.admin.send(
      '/api/v1/query?__proto__[polluted]=1&constructor[prototype][polluted]=1',
    );
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  },
);

test('Host: names of others get nothing, and no link is made of one', security, async () => {
  const answer = await harness.admin.send('/api/v1/hosts', { headers: { host: 'evil.example' } });
  expect([answer.status, problemIn(answer).code]).toEqual([403, 'origin-not-allowed']);
  for (const line of harness.log) expect(line).not.toContain('http://evil.example');
});

test(
  'request smuggling: a length and chunks together, or two lengths, are refused',
  security,
  async () => {
    for (const headers of [
      'Content-Length: 5\r\nTransfer-Encoding: chunked',
      'Content-Length: 5\r\nContent-Length: 6',
      'Transfer-Encoding: chunked, identity',
      'Transfer-Encoding : chunked',
    ]) {
      const peer = await raw(
        `POST /api/v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}\r\n\r\n0\r\n\r\nGET /x`,
      );
      peer.probe();
      await peer.closed;
      expect(peer.received, headers).toMatch(/^HTTP\/1\.1 400 /);
    }
  },
);
