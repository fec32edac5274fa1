/**
 * Web Push, end to end but for the vendor's push service, which cannot be reached from a test: the built hub pushes
 * to a push service of ours, that message is opened with the browser's keys, and handed to the real service worker
 * by the way on which Chromium delivers pushed messages. Headless Chromium has no window to click a notification
 * in, so that the click is dispatched in the worker, to the notification that is really shown.
 */
import { createDecipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { EnrolmentCode } from '@openmanager/protocol';
import {
  chromium,
  type Browser,
  type BrowserContext,
  type Locator,
  type Page,
  type Worker,
} from 'playwright';
import { afterAll, beforeAll, expect } from 'vitest';
import { certificate, certificateKey } from '../packages/alerting/test/certificate.ts';
import { testNeeding } from '../scripts/peers/needs.ts';
import { launchFlags, peerPath } from '../scripts/peers/table.ts';
import { endAll, freePort, get, LINK, run, temporaryFolder, until } from './rig.ts';

const test = testNeeding('chromium');
interface Facts {
  readonly alertId: string;
  readonly acknowledged?: { readonly author: string };
  readonly silencedBy: readonly string[];
}
interface Shown {
  readonly title: string;
  readonly body: string;
  readonly actions: readonly string[];
}
const ecdh = createECDH('prime256v1');
const p256dh = ecdh.generateKeys('base64url');
const auth = randomBytes(16);
const sealed: Buffer[] = [];
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let service: Server;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let origin: string;
let cookie: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  service = createServer({ key: certificateKey, cert: certificate }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      sealed.push(Buffer.concat(chunks));
      response.writeHead(201).end();
    });
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  const authority = join(folder.path, 'authority.pem');
  await writeFile(authority, certificate);
  const listen = `127.0.0.1:${await freePort()}`;
  const hub = run(['hub', '--listen', listen, '--data', join(folder.path, 'hub')], {
    NODE_EXTRA_CA_CERTS: authority,
  });
  const [link, base] = await hub.printed(LINK);
  origin = base as string;
  browser = await chromium.launch({ executablePath: peerPath('chromium'), args: [...launchFlags] });
  context = await browser.newContext({ locale: 'ko-KR', permissions: ['notifications'] });
  const endpoint = `https://127.0.0.1:${(service.address() as AddressInfo).port}/phone`;
  // The browser's own push service is the one thing that is not there.
  await context.addInitScript(
    ({ endpoint, keys }) => {
      let made: unknown = null;
      PushManager.prototype.getSubscription = () =>
        Promise.resolve(made as PushSubscription | null);
      PushManager.prototype.subscribe = (options) => {
        const text = String(options?.applicationServerKey)
          .replaceAll('-', '+')
          .replaceAll('_', '/');
        const applicationServerKey = Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
        made = {
          endpoint,
          options: { applicationServerKey, userVisibleOnly: true },
          toJSON: () => ({ endpoint, expirationTime: null, keys }),
          unsubscribe: () => ((made = null), Promise.resolve(true)),
        };
        return Promise.resolve(made as PushSubscription);
      };
    },
    { endpoint, keys: { p256dh, auth: auth.toString('base64url') } },
  );
  page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(link as string);
  await page.getByRole('heading').first().waitFor();
  await until(
    () => context.cookies(origin),
    (all) => all.length > 0,
  );
  const [session] = await context.cookies(origin);
  cookie = `${session?.name ?? ''}=${session?.value ?? ''}`;
  await page.goto(`${origin}/account`);
});

afterAll(async () => {
  await browser.close();
  service.closeAllConnections();
  service.close();
  endAll();
  await folder.remove();
});

async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(`${origin}/api/v1/${path}`, {
    method,
    headers: {
      origin,
      cookie,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

/** What a browser does with a pushed message: RFC 8188 with the keys of RFC 8291. */
function opened(data: Buffer): string {
  const salt = data.subarray(0, 16);
  const idLength = data[20] as number;
  const sender = data.subarray(21, 21 + idLength);
  const text = data.subarray(21 + idLength);
  const derive = (secret: Buffer, by: Buffer, info: Buffer, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, by, info, length));
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), ecdh.getPublicKey(), sender]);
  const input = derive(ecdh.computeSecret(sender), auth, info, 32);
  const key = derive(input, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
  const nonce = derive(input, salt, Buffer.from('Content-Encoding: nonce\0'), 12);
  const opener = createDecipheriv('aes-128-gcm', key, nonce).setAuthTag(text.subarray(-16));
  const plain = Buffer.concat([opener.update(text.subarray(0, -16)), opener.final()]);
  return plain.subarray(0, plain.lastIndexOf(2)).toString('utf8');
}

async function deliver(data: string): Promise<void> {
  const session = await context.newCDPSession(page);
  const registrationId = new Promise<string>((resolve) => {
    session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const own = registrations.find(({ scopeURL }) => scopeURL === `${origin}/`);
      if (own) resolve(own.registrationId);
    });
  });
  await session.send('ServiceWorker.enable');
  await session.send('ServiceWorker.deliverPushMessage', {
    origin,
    registrationId: await registrationId,
    data,
  });
  await session.detach();
}

async function worker(): Promise<Worker> {
  const [running] = context.serviceWorkers();
  return running ?? (await context.waitForEvent('serviceworker'));
}

async function shown(): Promise<Shown[]> {
  return (await worker()).evaluate(async () => {
    const { registration } = globalThis as unknown as { registration: ServiceWorkerRegistration };
    return (await registration.getNotifications()).map((one) => ({
      title: one.title,
      body: one.body,
      actions: (one as unknown as { actions: { title: string }[] }).actions.map(
        ({ title }) => title,
      ),
    }));
  });
}

/** A click on a button of the notification that is shown, or on the notification itself. */
async function click(action: string): Promise<void> {
  await (
    await worker()
  ).evaluate(async (action) => {
    const scope = globalThis as unknown as {
      registration: ServiceWorkerRegistration;
      dispatchEvent(event: Event): void;
    };
    const [notification] = await scope.registration.getNotifications();
    let done: Promise<unknown> = Promise.reject(new Error('nobody took the click'));
    const event = Object.assign(new Event('notificationclick'), {
      action,
      notification,
      waitUntil: (work: Promise<unknown>) => void (done = work),
    });
    done.catch(() => undefined);
    scope.dispatchEvent(event);
    await done;
  }, action);
}

const pushSwitch = (): Locator =>
  page.getByRole('switch', { name: '대시보드를 닫아도 이 브라우저로 알려 주기' });
const facts = (): Promise<Facts[]> => get<Facts[]>(origin, 'alerts/facts', cookie);
test('the worker is one piece at the root, and never kept without asking', async () => {
  const answer = await fetch(`${origin}/push-worker.js`);
  expect(answer.headers.get('content-type')).toContain('javascript');
  expect(answer.headers.get('cache-control')).toBe('no-cache');
  expect(await answer.text()).not.toMatch(/\bimport\s*[({'"*]|\bexport\s/);
});

test('a pushed alert is shown in Korean with its buttons, and Acknowledge acknowledges it', async () => {
  await expect.poll(() => pushSwitch().isChecked()).toBe(false);
  await pushSwitch().click();
  await page.getByText('알림이 웹 푸시로 도착하며').waitFor();

  await send('PUT', 'routing', {
    route: { receivers: ['browsers'], groupWaitMs: 0, groupIntervalMs: 1_000 },
    allowHosts: ['127.0.0.1'],
  });
  await send('PUT', 'rules/remembers', {
    kind: 'above',
    ruleId: 'remembers',
    metric: 'system.memory.utilization',
    scope: 'total',
    threshold: 0.0001,
    clear: 0,
    forMs: 0,
    severity: 'critical',
  });
  const { code } = await send<EnrolmentCode>('POST', 'agents/codes');
  const state = join(folder.path, 'agent');
  const enrol = run(['agent', 'enroll', '--hub', origin, '--code', code, '--state', state]);
  expect(await enrol.ended()).toBe(0);
  run(['agent', '--hub', origin, '--state', state, '--interval', '1s']);

  const message = await until(
    () => Promise.resolve(sealed.map(opened).find((text) => text.includes('"remembers"'))),
    (text) => text !== undefined,
  );
  await deliver(message ?? '');
  const [notice] = await until(shown, ({ length }) => length > 0);
  expect(notice?.title).toMatch(/^위험: /);
  expect(notice?.body).toMatch(/메모리 .* \(기준/);
  expect(notice?.actions).toEqual(['확인', '1시간 무음']);

  await click('acknowledge');
  expect(await shown()).toEqual([]);
  expect(await facts()).toContainEqual(
    expect.objectContaining({ acknowledged: expect.objectContaining({ author: 'admin' }) }),
  );
});

test('Silence 1 h silences what was pushed; a click elsewhere leads to the page of the alert', async () => {
  const message = sealed.map(opened).find((text) => text.includes('"remembers"')) ?? '';
  await deliver(message);
  await until(shown, ({ length }) => length > 0);
  const beforeMs = Date.now();
  await click('silence');
  expect(await shown()).toEqual([]);
  const [silence] = await get<{ silenceId: string; endsAtMs: number }[]>(
    origin,
    'silences',
    cookie,
  );
  expect((silence?.endsAtMs ?? 0) - beforeMs).toBeGreaterThanOrEqual(3_600_000);
  expect(await facts()).toContainEqual(
    expect.objectContaining({ silencedBy: [silence?.silenceId] }),
  );

  await deliver(message);
  await until(shown, ({ length }) => length > 0);
  // Only a person's click lets a worker bring a window to the front.
  await click('').catch(() => undefined);
  await page.waitForURL(`${origin}/alerts/*`);
});

test('a button that comes too late, or after signing out, says so', async () => {
  await deliver(
    JSON.stringify({
      ...(JSON.parse(
        sealed.map(opened).find((text) => text.includes('"remembers"')) ?? '',
      ) as object),
      alertIds: ['long-gone'],
    }),
  );
  await until(shown, ({ length }) => length > 0);
  await click('acknowledge');
  expect(await shown()).toMatchObject([
    { title: '확인 처리하지 못했습니다', body: '이미 해결된 알림입니다.' },
  ]);

  await page.goBack();
  await until(async () => pushSwitch().isChecked(), Boolean);
  await pushSwitch().click();
  await page.getByText('메시지는 암호화되어').waitFor();
  expect(await send('POST', 'receivers/browsers/test')).toEqual({
    kind: 'delivered',
    answer: 'no browser has subscribed',
  });
});
