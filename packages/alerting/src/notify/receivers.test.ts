import { execFileSync, spawn } from 'node:child_process';
import { createDecipheriv, createECDH, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer as createHttpsServer } from 'node:https';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importJWK, jwtVerify } from 'jose';
import { SMTPServer } from 'smtp-server';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  issuesOf,
  receiverKinds,
  receiverSettingsSchema,
  secretsOf,
  type ReceiverSettings,
} from '../index.ts';
import {
  beat,
  deliver,
  generateVapidKeys,
  outgoing,
  verifySignature,
  type OutgoingAnswer,
  type OutgoingRequest,
} from './index.ts';
import { needs } from '../../../../scripts/peers/needs.ts';
import { peerPath } from '../../../../scripts/peers/table.ts';
import { certificate, certificateKey } from '../../test/certificate.ts';
import { alert, host } from '../../test/dispatch-kit.ts';
import { ended, local, message, peer, type Peer } from '../../test/peer-servers.ts';

let far: Peer;
beforeEach(async () => {
  far = await peer();
});
afterEach(() => far.close());

const body = (index = 0): Record<string, unknown> =>
  JSON.parse(far.received[index]?.body ?? '') as Record<string, unknown>;

describe('webhook', () => {
  test('is signed, and carries everything under a stable key', async () => {
    const settings: ReceiverSettings = {
      kind: 'webhook',
      url: `${far.url}/hook`,
      secret: 'shh',
      authorization: 'Bearer t',
    };
    expect(await deliver(message(), settings, local)).toEqual({
      kind: 'delivered',
      answer: '200 ok',
    });
    const [got] = far.received;
    expect(got?.headers).toMatchObject({ 'idempotency-key': 'key1', authorization: 'Bearer t' });
    const header = String(got?.headers['openmanager-signature']);
    expect(verifySignature('shh', got?.body ?? '', header)).toBe(true);
    expect(verifySignature('other', got?.body ?? '', header)).toBe(false);
    expect(verifySignature('shh', `${got?.body} `, header)).toBe(false);
    // Worked out here once more, as a receiver in another language would.
    expect(header).toBe(
      `t=1700000000,v1=${createHmac('sha256', 'shh').update(`1700000000.${got?.body}`).digest('hex')}`,
    );
    expect(body()).toMatchObject({
      version: 1,
      status: 'firing',
      alerts: [{ id: 'a1', labels: { host: 'web-1' } }],
    });
  });

  test('a template is filled with escaped values', async () => {
    const template = '{"text": "{{title}}", "n": {{count}}, "x": "{{unknown}}"}';
    const odd = message({
      alerts: [{ alert: alert({ id: 'q', summary: 'a "quoted" \\ name {{count}}' }), labels: {} }],
    });
    await deliver(odd, { kind: 'webhook', url: far.url, template }, local);
    expect(body()).toEqual({ text: '[Critical] a "quoted" \\ name {{count}}', n: 1, x: '' });
  });
});

describe('a storm', () => {
  const storm = message({
    alerts: Array.from({ length: 10_000 }, (_, index) => ({
      alert: alert({ id: `a${index}`, ruleId: `r${index}`, summary: '메모리 부족 '.repeat(20) }),
      labels: { rule: `r${index}` },
    })),
  });

  test('webhook: a body of bounded size, with the first alerts and how many there are', async () => {
    const settings: ReceiverSettings = { kind: 'webhook', url: `${far.url}/hook` };
    expect(await deliver(storm, settings, local)).toMatchObject({ kind: 'delivered' });
    const text = far.received[0]?.body ?? '';
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(500_000);
    const { alerts, alertCount } = body() as { alerts: { id: string }[]; alertCount: number };
    expect(alertCount).toBe(10_000);
    expect(alerts.length).toBeGreaterThan(100);
    expect(alerts[0]?.id).toBe('a0');
  });

  test('Alertmanager: every alert, over several requests', async () => {
    const settings: ReceiverSettings = { kind: 'alertmanager', server: far.url };
    expect(await deliver(storm, settings, local)).toMatchObject({ kind: 'delivered' });
    const posted = far.received.flatMap(
      ({ body }) => JSON.parse(body) as { labels: { alertname: string } }[],
    );
    expect(far.received.length).toBeGreaterThan(1);
    expect(new Set(posted.map(({ labels }) => labels.alertname)).size).toBe(10_000);
  });
});

/** Of the alert in `message()`. */
const PAGE = 'https://hub.example/alerts/a1';

test('every message links to the page of its alert, whatever the channel makes of its words', async () => {
  const settings: readonly ReceiverSettings[] = [
    { kind: 'webhook', url: far.url },
    { kind: 'slack', url: far.url },
    { kind: 'discord', url: far.url },
    { kind: 'telegram', token: '1:a', chatId: '1', server: far.url },
    { kind: 'teams', url: far.url },
    { kind: 'pagerduty', routingKey: 'k', server: far.url },
    { kind: 'opsgenie', apiKey: 'k', server: far.url },
    { kind: 'ntfy', topic: 't', server: far.url },
    { kind: 'gotify', server: far.url, token: 't' },
    { kind: 'alertmanager', server: far.url },
  ];
  const odd = message().alerts.map((one) => ({
    ...one,
    alert: { ...one.alert, id: 'a_1*(b)' },
    runbookUrl: 'https://wiki.example/disk_full_(1)',
  }));
  for (const one of settings) {
    far.received.length = 0;
    await deliver(message({ alerts: odd }), one, local);
    const text = far.received[0]?.body;
    expect(text, one.kind).toContain('https://hub.example/alerts/a_1*(b)');
    if (one.kind !== 'webhook')
      expect(text, one.kind).toContain('https://wiki.example/disk_full_(1)');
  }
});

test('a test links to the dashboard: its alert has no page', async () => {
  const settings: ReceiverSettings = { kind: 'ntfy', topic: 't', server: far.url };
  await deliver(message({ isTest: true }), settings, local);
  expect(body()).toMatchObject({ click: 'https://hub.example' });
});

describe('chats and pagers', () => {
  test('Slack: nothing in a name calls the channel', async () => {
    const hostile = message({
      alerts: [{ alert: alert({ id: 'q', summary: '<!channel> & co' }), labels: {} }],
    });
    await deliver(hostile, { kind: 'slack', url: far.url }, local);
    expect(far.received[0]?.body).not.toContain('<!channel>');
    expect(body()).toMatchObject({ text: '[Critical] &lt;!channel&gt; &amp; co' });
  });

  test('Discord: mentions nobody, changes its message in place, and makes a new one when it was removed', async () => {
    const settings: ReceiverSettings = { kind: 'discord', url: `${far.url}/api/webhooks/1/t` };
    far.answer = ({ method }) =>
      method === 'POST' ? { status: 200, body: '{"id":"77"}' } : { status: 200, body: '{}' };
    expect(await deliver(message(), settings, local)).toMatchObject({ reference: '77' });
    expect(body()).toMatchObject({ allowed_mentions: { parse: [] } });
    await deliver(ended(message({ reference: '77' })), settings, local);
    far.answer = ({ method }) =>
      method === 'PATCH' ? { status: 404 } : { status: 200, body: '{"id":"78"}' };
    expect(await deliver(ended(message({ reference: '77' })), settings, local)).toMatchObject({
      reference: '78',
    });
    // Something new that fires is a new message: a change in place rings nowhere.
    await deliver(message({ reference: '78', rings: true }), settings, local);
    expect(far.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /api/webhooks/1/t?wait=true',
      'PATCH /api/webhooks/1/t/messages/77',
      'PATCH /api/webhooks/1/t/messages/77',
      'POST /api/webhooks/1/t?wait=true',
      'POST /api/webhooks/1/t?wait=true',
    ]);
  });

  test('Telegram: plain text, edited in place, obeys retry_after', async () => {
    const settings: ReceiverSettings = {
      kind: 'telegram',
      token: '1:abc',
      chatId: '-100',
      server: far.url,
    };
    far.answer = () => ({ status: 200, body: '{"ok":true,"result":{"message_id":5}}' });
    expect(await deliver(message(), settings, local)).toMatchObject({ reference: '5' });
    await deliver(ended(message({ reference: '5' })), settings, local);
    expect(far.received.map(({ path }) => path)).toEqual([
      '/bot1:abc/sendMessage',
      '/bot1:abc/editMessageText',
    ]);
    expect(body(0)).not.toHaveProperty('parse_mode');
    expect(body(1)).toMatchObject({ message_id: 5, chat_id: '-100' });
    far.answer = () => ({ status: 429, body: '{"ok":false,"parameters":{"retry_after":11}}' });
    expect(await deliver(message(), settings, local)).toMatchObject({ retryAfterMs: 11_000 });
  });

  test('Teams: an Adaptive Card', async () => {
    await deliver(message(), { kind: 'teams', url: far.url }, local);
    expect(body()).toMatchObject({
      attachments: [
        { content: { type: 'AdaptiveCard', body: [{ color: 'attention' }, {}, { text: PAGE }] } },
      ],
    });
  });

  test('PagerDuty: trigger and resolve under the group', async () => {
    const settings: ReceiverSettings = { kind: 'pagerduty', routingKey: 'r', server: far.url };
    far.answer = () => ({ status: 202, body: '{"status":"success"}' });
    await deliver(message(), settings, local);
    await deliver(ended(message()), settings, local);
    expect(far.received.map(({ path }) => path)).toEqual(['/v2/enqueue', '/v2/enqueue']);
    expect([body(0), body(1)]).toMatchObject([
      {
        routing_key: 'r',
        event_action: 'trigger',
        dedup_key: '0123456789abcdef',
        payload: { severity: 'critical' },
      },
      { event_action: 'resolve', dedup_key: '0123456789abcdef' },
    ]);
  });

  test('Opsgenie: create and close by alias', async () => {
    const settings: ReceiverSettings = { kind: 'opsgenie', apiKey: 'k', server: far.url };
    await deliver(message(), settings, local);
    await deliver(ended(message()), settings, local);
    expect(far.received[0]).toMatchObject({
      path: '/v2/alerts',
      headers: { authorization: 'GenieKey k' },
    });
    expect(far.received[1]?.path).toBe('/v2/alerts/0123456789abcdef/close?identifierType=alias');
    expect(body(0)).toMatchObject({ priority: 'P1', alias: '0123456789abcdef' });
  });

  test('ntfy and Gotify: priority by severity', async () => {
    await deliver(message(), { kind: 'ntfy', topic: 'ops', token: 't', server: far.url }, local);
    await deliver(message(), { kind: 'gotify', server: `${far.url}/`, token: 'g' }, local);
    expect(far.received[0]).toMatchObject({ path: '/', headers: { authorization: 'Bearer t' } });
    expect(body(0)).toMatchObject({ topic: 'ops', priority: 5, click: PAGE });
    expect(far.received[1]).toMatchObject({ path: '/message', headers: { 'x-gotify-key': 'g' } });
    expect(body(1)).toMatchObject({ priority: 8 });
  });

  test('many alerts are counted, not listed; what had to be dropped is said', async () => {
    const alerts = Array.from({ length: 5_000 }, (_, index) => ({
      alert: alert({ id: `x${index}`, summary: `장애 ${index} ${'x'.repeat(200)}` }),
      labels: {},
    }));
    const big = message({ alerts, dropped: 3 });
    for (const settings of [
      { kind: 'slack', url: far.url },
      { kind: 'discord', url: far.url },
      { kind: 'telegram', token: '1:a', chatId: '1', server: far.url },
      { kind: 'teams', url: far.url },
      { kind: 'ntfy', topic: 't', server: far.url },
    ] as const)
      await deliver(big, settings, local);
    for (const { body: text } of far.received) expect(text.length).toBeLessThan(25_000);
    expect(far.received[3]?.body).toContain('and 4980 more alerts');
    expect(far.received[3]?.body).toContain('and 3 resolved alerts');
  });
});

describe('settings', () => {
  test('every kind names its secrets among its own fields, and a wrong field is named', () => {
    for (const kind of receiverKinds) expect(secretsOf(kind)).not.toEqual([]);
    const said = (input: object): string =>
      issuesOf(v.safeParse(receiverSettingsSchema, input).issues ?? []).join('\n');
    expect(said({ kind: 'webhook', url: 'ftp://x' })).toContain('url: must be an http or https');
    // An address is a secret as a whole, or holds none.
    for (const kind of receiverKinds)
      for (const field of ['url', 'server', 'authServer'])
        if (!secretsOf(kind).includes(field))
          expect(said({ kind, [field]: 'https://me:secret@x.example' }), kind).toContain(field);
    expect(said({ kind: 'email', host: 'h', port: 0 })).toContain('port:');
    expect(said({ kind: 'pigeon' })).toContain('kind:');
    const hook = { kind: 'webhook', url: 'https://x' };
    expect(said({ ...hook, template: '{"text": {{text}}, "n": {{count}}}' })).toBe('');
    expect(said({ ...hook, template: '{"text": "{{text}}"}' })).toBe('');
    expect(said({ ...hook, template: '{"text": {{text}}' })).toMatch(/^template: is not JSON/);
    expect(said({ ...hook, template: '{"text": {{txt}}}' })).toContain('no placeholder {{txt}}');
    expect(said({ ...hook, headers: 'X-Key: a\nX-Team: b' })).toBe('');
    for (const headers of ['no colon', 'Host: x', 'Bad Name: x', 'X: \u0007'])
      expect(said({ ...hook, headers })).toMatch(/^headers: /);
    expect(said({ kind: 'slack', url: 'https://x', channel: '#a' })).toContain('channel:');
  });
});

describe('mail', () => {
  test('arrives at a real SMTP server, over TLS with a password, Korean subject and all', async () => {
    const mails: string[] = [];
    const users: string[] = [];
    const server = new SMTPServer({
      key: certificateKey,
      cert: certificate,
      authMethods: ['PLAIN'],
      onAuth({ username = '', password }, _, callback) {
        users.push(`${username}:${password}`);
        callback(null, { user: username });
      },
      onData(stream, _, callback) {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          mails.push(Buffer.concat(chunks).toString('utf8'));
          callback(null);
        });
      },
    });
    server.on('error', () => undefined);
    const listening = server.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    const settings: ReceiverSettings = {
      kind: 'email',
      host: 'localhost',
      port: (listening.address() as AddressInfo).port,
      security: 'starttls',
      user: 'hub',
      password: '비밀',
      from: 'hub@example.com',
      to: ['ops@example.com', 'kim@example.com'],
    };
    const korean = message({
      alerts: [
        {
          alert: alert({
            id: 'k',
            summary: '서울-웹1 메모리 96 %\r\nBcc: x@evil.example <script>',
          }),
          labels: {},
        },
      ],
    });
    const context = { ...local, ca: certificate };
    expect(await deliver(korean, settings, context)).toMatchObject({
      kind: 'delivered',
      answer: expect.stringMatching(/^250/),
    });
    expect(users).toEqual(['hub:비밀']);
    const [mail = ''] = mails;
    const [head = ''] = mail.split('\r\n\r\n');
    const subject = /^Subject: ((?:.|\r\n[ \t])*?)\r\n(?![ \t])/m.exec(head)?.[1] ?? '';
    const decoded = subject
      .replaceAll(/\r\n[ \t]/g, ' ')
      .replaceAll(/\?=\s+=\?/g, '?==?')
      .replaceAll(/=\?UTF-8\?([BQ])\?(.*?)\?=/gi, (_, kind: string, text: string) =>
        kind.toUpperCase() === 'B'
          ? Buffer.from(text, 'base64').toString('utf8')
          : Buffer.from(
              text
                .replaceAll('_', ' ')
                .replaceAll(/=([0-9A-F]{2})/g, (__, hex: string) =>
                  String.fromCharCode(parseInt(hex, 16)),
                ),
              'latin1',
            ).toString('utf8'),
      );
    expect(decoded).toContain('[Critical] 서울-웹1 메모리 96 %');
    expect(head).not.toMatch(/^Bcc:/m);
    expect(head).toMatch(/^Message-ID: <key1@example.com>/m);
    expect(mail.slice(mail.indexOf('text/html'))).not.toContain('<script>');
    expect(mail.slice(mail.indexOf('text/html'))).toContain('&lt;script&gt;');

    // A certificate that is not trusted: nothing is sent, and no password either.
    expect(await deliver(korean, settings, local)).toMatchObject({ kind: 'failed' });
    expect(users).toHaveLength(1);
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
});

describe('Alertmanager', () => {
  test(
    "Debian's receives our alerts, amtool sees them, and sees them resolved",
    needs('alertmanager', 'amtool'),
    async () => {
      const [server, tool] = [peerPath('alertmanager'), peerPath('amtool')];
      const folder = mkdtempSync(join(tmpdir(), 'alertmanager-'));
      writeFileSync(
        join(folder, 'config.yml'),
        'route:\n  receiver: none\nreceivers:\n  - name: none\n',
      );
      const probe = createServer().listen(0, '127.0.0.1');
      await once(probe, 'listening');
      const { port } = probe.address() as AddressInfo;
      probe.close();
      await once(probe, 'close');
      const child = spawn(
        server,
        [
          `--config.file=${join(folder, 'config.yml')}`,
          `--storage.path=${folder}`,
          `--web.listen-address=127.0.0.1:${port}`,
          '--cluster.listen-address=',
        ],
        { stdio: 'ignore' },
      );
      const url = `http://127.0.0.1:${port}`;
      const seen = (): { labels: Record<string, string>; annotations: Record<string, string> }[] =>
        JSON.parse(
          execFileSync(tool, [`--alertmanager.url=${url}`, 'alert', 'query', '-o', 'json'], {
            encoding: 'utf8',
          }),
        ) as { labels: Record<string, string>; annotations: Record<string, string> }[];
      const until = async (what: () => boolean | Promise<boolean>): Promise<void> => {
        for (let tries = 0; tries < 200; tries++) {
          try {
            if (await what()) return;
          } catch {
            // It is not up yet.
          }
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        throw new Error('it did not come to that');
      };
      try {
        await until(async () => (await fetch(`${url}/-/ready`)).ok);
        const nowMs = Date.now();
        const context = { ...local, now: () => nowMs };
        const fired = alert({
          id: 'am',
          summary: '메모리 96 %',
          firedAtMs: nowMs - 60_000,
          activeAtMs: nowMs - 60_000,
        });
        const note = message({
          alerts: [
            {
              alert: fired,
              labels: { host: 'web-1', severity: 'critical', 'system.device': 'sda1', empty: '' },
              runbookUrl: 'https://runbook.example',
            },
          ],
        });
        const settings: ReceiverSettings = { kind: 'alertmanager', server: url };
        expect(await deliver(note, settings, context)).toMatchObject({ kind: 'delivered' });
        await until(() => seen().length === 1);
        expect(seen()[0]).toMatchObject({
          labels: {
            alertname: 'memory-exhausted',
            instance: 'web-1',
            system_device: 'sda1',
            severity: 'critical',
          },
          annotations: { summary: '메모리 96 %', runbook_url: 'https://runbook.example' },
        });
        expect(await deliver(ended(note, nowMs), settings, context)).toMatchObject({
          kind: 'delivered',
        });
        await until(() => seen().length === 0);
        expect(await beat(settings, context)).toMatchObject({ kind: 'delivered' });
        await until(() => seen().length === 1);
        expect(seen()[0]).toMatchObject({ labels: { alertname: 'watchdog', severity: 'none' } });
      } finally {
        child.kill();
        await once(child, 'exit');
      }
    },
  );
});

describe('Web Push', () => {
  /** What a browser does with a pushed message: RFC 8188 with the keys of RFC 8291. */
  function decrypt(data: Buffer, ecdh: ReturnType<typeof createECDH>, auth: Buffer): string {
    const salt = data.subarray(0, 16);
    const idLength = data[20] as number;
    const sender = data.subarray(21, 21 + idLength);
    const sealed = data.subarray(21 + idLength);
    const derive = (secret: Buffer, by: Buffer, info: Buffer, length: number): Buffer =>
      Buffer.from(hkdfSync('sha256', secret, by, info, length));
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), ecdh.getPublicKey(), sender]);
    const input = derive(ecdh.computeSecret(sender), auth, info, 32);
    const key = derive(input, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
    const nonce = derive(input, salt, Buffer.from('Content-Encoding: nonce\0'), 12);
    const opener = createDecipheriv('aes-128-gcm', key, nonce).setAuthTag(sealed.subarray(-16));
    const plain = Buffer.concat([opener.update(sealed.subarray(0, -16)), opener.final()]);
    return plain.subarray(0, plain.lastIndexOf(2)).toString('utf8');
  }

  test('a push service verifies our key, a browser reads the message; one that is gone is named', async () => {
    const vapid = generateVapidKeys();
    const ecdh = createECDH('prime256v1');
    ecdh.generateKeys();
    const auth = randomBytes(16);
    const got: {
      path: string;
      headers: Record<string, string | string[] | undefined>;
      body: Buffer;
    }[] = [];
    const service = createHttpsServer(
      { key: certificateKey, cert: certificate },
      (request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          got.push({
            path: request.url ?? '',
            headers: request.headers,
            body: Buffer.concat(chunks),
          });
          response.writeHead(request.url === '/gone' ? 410 : 201).end();
        });
      },
    ).listen(0, '127.0.0.1');
    await once(service, 'listening');
    const origin = `https://push.example:${(service.address() as AddressInfo).port}`;
    const keys = { p256dh: ecdh.getPublicKey('base64url'), auth: auth.toString('base64url') };
    const settings: ReceiverSettings = {
      kind: 'web-push',
      subscriptions: [
        { endpoint: `${origin}/phone`, keys },
        { endpoint: `${origin}/gone`, keys },
      ],
      subject: 'mailto:admin@example.com',
      ...vapid,
    };
    const context = {
      ...local,
      send: outgoing({
        allowHosts: new Set(['push.example']),
        resolve: () => Promise.resolve(['127.0.0.1']),
        ca: certificate,
      }),
    };
    const korean = message({
      alerts: [{ alert: alert({ id: 'p', summary: '웹1 메모리 96 %' }), labels: {} }],
    });
    expect(await deliver(korean, settings, context)).toEqual({
      kind: 'delivered',
      answer: '1 of 2 browsers',
      gone: [`${origin}/gone`],
    });
    const phone = got.find(({ path }) => path === '/phone');
    expect(phone?.headers).toMatchObject({
      ttl: '86400',
      urgency: 'high',
      'content-encoding': 'aes128gcm',
    });
    const [, token = '', k = ''] =
      /^vapid t=([^,]+), ?k=(.+)$/.exec(String(phone?.headers.authorization)) ?? [];
    expect(k).toBe(vapid.publicKey);
    const point = Buffer.from(vapid.publicKey, 'base64url');
    const key = await importJWK(
      {
        kty: 'EC',
        crv: 'P-256',
        x: point.subarray(1, 33).toString('base64url'),
        y: point.subarray(33).toString('base64url'),
      },
      'ES256',
    );
    const { payload } = await jwtVerify(token, key, { audience: origin });
    expect(payload.sub).toBe('mailto:admin@example.com');
    expect(JSON.parse(decrypt(phone?.body ?? Buffer.alloc(0), ecdh, auth))).toMatchObject({
      title: '[Critical] 웹1 메모리 96 %',
      body: 'critical: 웹1 메모리 96 %',
      tag: '0123456789abcdef',
      status: 'firing',
      severity: 'critical',
      alertIds: ['p'],
      groupLabels: { hostId: 'web100000000' },
      rings: true,
      alerts: [{ id: 'p', summary: '웹1 메모리 96 %', state: 'firing' }],
      alertCount: 1,
      silence: [
        { name: 'targetId', op: '~', value: 'web100000000' },
        { name: 'rule', op: '~', value: expect.any(String) },
      ],
    });
    const bad: ReceiverSettings = {
      ...settings,
      subscriptions: [{ endpoint: `${origin}/phone`, keys: { p256dh: 'AA', auth: 'AA' } }],
    };
    expect(await deliver(korean, bad, context)).toMatchObject({ kind: 'failed', permanent: true });
    service.closeAllConnections();
    service.close();
  });

  test('however long names and sentences are, a push service takes the message', async () => {
    const sizes: number[] = [];
    const korean = message({
      groupLabels: { hostId: 'web100000000', team: '운영'.repeat(500) },
      alerts: Array.from({ length: 40 }, (_, index) => ({
        alert: alert({
          id: `${index}`.padStart(16, 'x'),
          ruleId: `${index}-${'r'.repeat(50)}`,
          target: { ...host('web100000000'), name: '웹'.repeat(200) },
          summary: '웹1 메모리 부족 '.repeat(100),
          attributes: { 'system.filesystem.mountpoint': '/디스크'.repeat(60) },
        }),
        labels: {},
      })),
    });
    const ecdh = createECDH('prime256v1');
    ecdh.generateKeys();
    const keys = {
      p256dh: ecdh.getPublicKey('base64url'),
      auth: randomBytes(16).toString('base64url'),
    };
    const settings: ReceiverSettings = {
      kind: 'web-push',
      subscriptions: [{ endpoint: 'https://push.example/phone', keys }],
      subject: 'mailto:admin@example.com',
      ...generateVapidKeys(),
    };
    const send = (request: OutgoingRequest): Promise<OutgoingAnswer> => {
      sizes.push(Buffer.from(request.body).byteLength);
      return Promise.resolve({ status: 201, headers: {}, body: '' });
    };
    expect(await deliver(korean, settings, { ...local, send })).toMatchObject({
      kind: 'delivered',
    });
    expect(sizes[0]).toBeLessThanOrEqual(4_096);
    expect(
      await deliver({ ...korean, groupLabels: {} }, settings, { ...local, send }),
    ).toMatchObject({
      kind: 'delivered',
    });
    expect(sizes[1]).toBeLessThanOrEqual(4_096);
  });
});
