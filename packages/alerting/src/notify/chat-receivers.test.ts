/** What chats and pagers get, by vendor: address, headers, body; and what of their answers is a failure. */
import { createVerify, generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import type { ReceiverSettings } from '../index.ts';
import { alert } from '../../test/dispatch-kit.ts';
import { local, message } from '../../test/peer-servers.ts';
import { deliver, type OutgoingRequest } from './index.ts';

const at = 'https://hooks.example/a-secret-token';
const told = message({
  alerts: [
    {
      alert: alert({ id: 'a', summary: 'CPU *hot* <users/all> @all @room [[[x]](y) [z](y)' }),
      labels: {},
    },
  ],
});

async function ask(
  settings: ReceiverSettings,
  change: Partial<typeof told> = {},
  answer: (request: OutgoingRequest) => { status: number; body: string } = () => ({
    status: 200,
    body: '{}',
  }),
) {
  const requests: OutgoingRequest[] = [];
  const send = async (request: OutgoingRequest) => {
    requests.push(request);
    return { headers: {}, ...answer(request) };
  };
  const outcome = await deliver({ ...told, ...change }, settings, { ...local, send });
  const last = requests.at(-1) as OutgoingRequest;
  return {
    outcome,
    requests,
    last,
    body: JSON.parse(String(last.body)) as Record<string, unknown>,
  };
}

test('Pushover: token, user and priority', async () => {
  const { last, body } = await ask({ kind: 'pushover', token: 'a-token', userKey: 'a-user' });
  expect(last.url).toBe('https://api.pushover.net/1/messages.json');
  expect(body).toMatchObject({ token: 'a-token', user: 'a-user', priority: 1 });
});

test('Matrix: an event whose transaction is the key, so that it is in the room once', async () => {
  const settings = {
    kind: 'matrix',
    server: 'https://m.example/',
    token: 't',
    room: '!a:b',
  } as const;
  const { last, body } = await ask(settings);
  expect(last).toMatchObject({ method: 'PUT', headers: { authorization: 'Bearer t' } });
  expect(last.url).toBe(
    `https://m.example/_matrix/client/v3/rooms/${encodeURIComponent('!a:b')}/send/m.room.message/${told.key}`,
  );
  expect(body).toMatchObject({ msgtype: 'm.text', body: expect.stringContaining('CPU *hot*') });
  // Without it servers look for @room and names in the text, and call them.
  expect(body['m.mentions']).toEqual({});
});

test('Matrix: how long to wait stands in the answer of servers without the header', async () => {
  const settings = {
    kind: 'matrix',
    server: 'https://m.example',
    token: 't',
    room: '!a:b',
  } as const;
  const { outcome } = await ask(settings, {}, () => ({
    status: 429,
    body: '{"errcode":"M_LIMIT_EXCEEDED","error":"Too Many Requests","retry_after_ms":2500}',
  }));
  expect(outcome).toMatchObject({ kind: 'failed', retryAfterMs: 2_500 });
  expect(outcome).not.toHaveProperty('permanent');
});

test('Mattermost: nothing in a name is markup, or calls anybody', async () => {
  const { body } = await ask({ kind: 'mattermost', url: at });
  const [{ fallback, title, text, color }] = body['attachments'] as [Record<string, string>];
  // The title is rendered as the text is.
  for (const shown of [title, text]) {
    expect(shown).toContain('\\*hot\\*');
    expect(shown).not.toMatch(/@(all|room)|(?<!\\)\[z/);
  }
  expect(fallback).not.toContain('@all');
  expect(color).toBe('#c8102e');
});

test('Google Chat: a thread a group, and nobody is called', async () => {
  const { last, body } = await ask({ kind: 'google-chat', url: `${at}?key=k` });
  expect(last.url).toContain('key=k&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD');
  expect(body).toMatchObject({ thread: { threadKey: told.groupId } });
  expect(String(body['text'])).toContain('users/all>');
  expect(String(body['text'])).not.toMatch(/<(users|https?:)/);
});

test('Jira Service Management: an alert a group, which is closed', async () => {
  const settings = { kind: 'jira-service-management', apiKey: 'k' } as const;
  const base = 'https://api.atlassian.com/jsm/ops/integration/v2/alerts';
  const { last, body } = await ask(settings);
  expect(last).toMatchObject({ url: base, headers: { authorization: 'GenieKey k' } });
  expect(body).toMatchObject({ alias: told.groupId, priority: 'P1' });
  const closed = await ask(settings, { status: 'resolved' });
  expect(closed.last.url).toBe(`${base}/${told.groupId}/close?identifierType=alias`);
});

test('KakaoWork: what is refused with 200 is a failure', async () => {
  const settings = { kind: 'kakaowork', appKey: 'k', conversationId: '7' } as const;
  const { last, body, outcome } = await ask(settings);
  expect(last).toMatchObject({
    url: 'https://api.kakaowork.com/v1/messages.send',
    headers: { authorization: 'Bearer k' },
  });
  expect(body).toMatchObject({ conversation_id: '7' });
  expect(outcome.kind).toBe('delivered');
  const refused = await ask(settings, {}, () => ({
    status: 200,
    body: '{"success":false,"error":{"code":"invalid_authentication","message":"no such key"}}',
  }));
  expect(refused.outcome).toEqual({
    kind: 'failed',
    answer: 'invalid_authentication no such key',
    permanent: true,
  });
});

test.each([
  ['too many', '{"success":false,"error":{"code":"api_limit","message":"slow down"}}', 'slow down'],
  ['no reason', '{"success":false}', 'refused'],
])('KakaoWork: a refusal that may pass is tried again: %s', async (_, body, said) => {
  const settings = { kind: 'kakaowork', appKey: 'k', conversationId: '7' } as const;
  const { outcome } = await ask(settings, {}, () => ({ status: 200, body }));
  expect(outcome).toMatchObject({ kind: 'failed', answer: expect.stringContaining(said) });
  expect(outcome).not.toHaveProperty('permanent');
});

test('KakaoWork: what is too long for it comes shorter, though it says so with 200', async () => {
  const settings = { kind: 'kakaowork', appKey: 'k', conversationId: '7' } as const;
  let asked = 0;
  const error = { code: 'invalid_parameter', message: 'text is too long' };
  const { outcome, requests } = await ask(settings, {}, () => ({
    status: 200,
    body: JSON.stringify(asked++ === 0 ? { success: false, error } : { success: true }),
  }));
  expect(outcome.kind).toBe('delivered');
  const [first = '', second = ''] = requests.map(({ body }) => String(body));
  expect(second.length).toBeLessThan(first.length);
});

test('JANDI: its own media type, and no link that is not ours', async () => {
  const groupLabels = { host: 'web[[1]](y)\u202e' };
  const { last, body } = await ask({ kind: 'jandi', url: at }, { groupLabels });
  expect(last.headers).toMatchObject({ accept: 'application/vnd.tosslab.jandi-v2+json' });
  const [{ title, description }] = body['connectInfo'] as [Record<string, string>];
  for (const shown of [title, description, body['body']])
    expect(shown).not.toMatch(/\[\[|\]\(|\u202e/);
});

test('NAVER WORKS: a token for a signed assertion, then the message', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const settings: ReceiverSettings = {
    kind: 'naver-works',
    clientId: 'c',
    clientSecret: 's',
    serviceAccount: 'hub@example',
    privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    botId: '1',
    channelId: '2',
  };
  const { requests, last, body } = await ask(settings, {}, ({ url }) => ({
    status: 200,
    body: url.endsWith('/token') ? '{"access_token":"t"}' : '',
  }));
  const form = new URLSearchParams(String(requests[0]?.body));
  const [head = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
  const verify = createVerify('RSA-SHA256').update(`${head}.${claims}`);
  expect(verify.verify(publicKey, signature, 'base64url')).toBe(true);
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
    iss: 'c',
    sub: 'hub@example',
  });
  expect(last).toMatchObject({
    url: 'https://www.worksapis.com/v1.0/bots/1/channels/2/messages',
    headers: { authorization: 'Bearer t' },
  });
  expect((body['content'] as { text: string }).text.length).toBeLessThanOrEqual(2_000);
  const bad = await deliver(
    told,
    { ...settings, privateKey: 'none' },
    {
      ...local,
      send: () => Promise.reject(new Error('not asked')),
    },
  );
  expect(bad).toMatchObject({ kind: 'failed', permanent: true });
});
