import { createECDH, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { expect, test } from 'vitest';
import type { ReceiverSettings } from '../index.ts';
import { local, message } from '../../test/peer-servers.ts';
import { deliver, generateVapidKeys, type OutgoingRequest } from './index.ts';

function refusal(code: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode: code });
}

test('mail: who has it gets it once, who is refused is named, and a refusal for good holds nobody up', async () => {
  const got: string[] = [];
  const answers = new Map([
    ['full@example.com', refusal(452, 'mailbox full')],
    ['nobody@example.com', refusal(550, 'no such user')],
  ]);
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onRcptTo: ({ address }, _, callback) => callback(answers.get(address)),
    onData(stream, session, callback) {
      stream.resume();
      stream.on('end', () => {
        got.push(...session.envelope.rcptTo.map(({ address }) => address));
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
    security: 'none',
    from: 'hub@example.com',
    to: ['ops@example.com', 'full@example.com', 'nobody@example.com'],
  };
  const first = await deliver(message({}), settings, local);
  expect(first).toMatchObject({ kind: 'failed', reached: ['ops@example.com'] });
  expect(first).not.toHaveProperty('permanent');
  expect(first.answer).toMatch(/^1 of 3; full@example\.com: .*452.*; nobody@example\.com: .*550/);
  answers.delete('full@example.com');
  const second = await deliver(message({ reached: ['ops@example.com'] }), settings, local);
  expect(second).toMatchObject({ kind: 'delivered', isPartly: true });
  expect(second.answer).toMatch(/^2 of 3; nobody@example\.com: .*no such user/);
  expect(got).toEqual(['ops@example.com', 'full@example.com']);
  // Nobody has it: that is a failure.
  const alone = await deliver(message({}), { ...settings, to: ['nobody@example.com'] }, local);
  expect(alone).toMatchObject({ kind: 'failed', permanent: true });
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

test('browsers: one whose push service fails is asked again alone', async () => {
  const ecdh = createECDH('prime256v1');
  ecdh.generateKeys();
  const keys = {
    p256dh: ecdh.getPublicKey('base64url'),
    auth: randomBytes(16).toString('base64url'),
  };
  const endpoints = ['https://good.example/1', 'https://bad.example/2', 'https://gone.example/3'];
  const settings: ReceiverSettings = {
    kind: 'web-push',
    subscriptions: endpoints.map((endpoint) => ({ endpoint, keys })),
    subject: 'mailto:admin@example.com',
    ...generateVapidKeys(),
  };
  const asked: string[] = [];
  let badStatus = 503;
  const send = async ({ url }: OutgoingRequest) => {
    asked.push(url);
    const status = url.includes('bad') ? badStatus : url.includes('gone') ? 410 : 201;
    return { status, headers: {}, body: '' };
  };
  const first = await deliver(message({}), settings, { ...local, send });
  expect(first).toMatchObject({
    kind: 'failed',
    reached: [endpoints[0]],
    gone: [endpoints[2]],
    answer: '1 of 2; bad.example: 503',
  });
  asked.length = 0;
  const left = { ...settings, subscriptions: settings.subscriptions.slice(0, 2) };
  await deliver(message({ reached: [endpoints[0] ?? ''] }), left, { ...local, send });
  expect(asked).toEqual([endpoints[1]]);
  badStatus = 403;
  expect(
    await deliver(message({ reached: [endpoints[0] ?? ''] }), left, { ...local, send }),
  ).toMatchObject({ kind: 'delivered', isPartly: true, answer: '1 of 2; bad.example: 403' });
});
