import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openVault } from '@openmanager/alerting/notify';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HubHarness } from '../../test/kit/hub-harness.ts';
import { MemoryStore } from '../../test/kit/memory-store.ts';
import { HealthIssues, systemClock } from '../ports/index.ts';
import { AlertSettings } from './alert-settings.ts';
import { Heartbeat } from './heartbeat.ts';

const SECRET = 'b8b3ae3e-uuid-of-a-check';

let folder: string;
let far: Server;
let url: string;
let got: { readonly request: string; readonly body: string }[];
let status: number;
let settings: AlertSettings;
let issues: HealthIssues;
let heartbeat: Heartbeat;
let nowMs: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openmanager-heartbeat-'));
  got = [];
  status = 200;
  nowMs = 0;
  far = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      got.push({ request: `${request.method} ${request.url}`, body });
      response.writeHead(status).end(`for ${request.url}`);
    });
  }).listen(0, '127.0.0.1');
  await once(far, 'listening');
  url = `http://127.0.0.1:${(far.address() as AddressInfo).port}`;
  issues = new HealthIssues();
  const records = new MemoryStore();
  settings = await AlertSettings.open({ records, issues, vault: openVault(folder) });
  await settings.setRouting({
    route: { receivers: ['browsers'] },
    inhibitions: [],
    allowHosts: ['127.0.0.1'],
  });
  heartbeat = new Heartbeat({ settings, clock: systemClock, issues, monotonicMs: () => nowMs });
});
afterEach(async () => {
  far.closeAllConnections();
  far.close();
  await rm(folder, { recursive: true, force: true });
});

/** Looks each second for so long, and waits for what was sent. */
async function run(seconds: number, expected: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    heartbeat.poll();
    nowMs += 1_000;
    // What is under way ends; a real second would pass here.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await vi.waitFor(() => expect(got).toHaveLength(expected), { timeout: 5_000, interval: 5 });
}

test('a heartbeat is asked at once and then each minute, by the method that was chosen', async () => {
  await settings.putReceiver('check', { kind: 'heartbeat', url: `${url}/${SECRET}` });
  await run(1, 1);
  await run(60, 2);
  await run(60, 3);
  expect(got[0]?.request).toBe(`GET /${SECRET}`);
  await settings.putReceiver('check', { kind: 'heartbeat', method: 'POST' });
  heartbeat.again('check');
  await run(1, 4);
  expect(got[3]?.request).toBe(`POST /${SECRET}`);
});

test('an address that does not take it is named without its secret, until it does', async () => {
  await settings.putReceiver('check', { kind: 'heartbeat', url: `${url}/${SECRET}` });
  status = 404;
  await run(1, 1);
  await vi.waitFor(() => expect(issues.list()).toHaveLength(1));
  expect(issues.parts()).toEqual(['heartbeat']);
  expect(issues.list()[0]).toContain('“check” is not taken: 404');
  expect(issues.list()[0]).not.toContain(SECRET);
  expect(JSON.stringify(settings.receivers())).not.toContain(SECRET);
  status = 200;
  await run(60, 2);
  await vi.waitFor(() => expect(issues.list()).toEqual([]));
  expect(await readFile(join(folder, 'secrets.key'))).toBeDefined();
});

test('private addresses are refused as those of webhooks are', async () => {
  await settings.setRouting({ ...settings.routing(), allowHosts: [] });
  await settings.putReceiver('check', { kind: 'heartbeat', url });
  await run(2, 0);
  await vi.waitFor(() => expect(issues.list()[0]).toContain('not a public address'));
});

test('a hub that cannot store does not say that it lives', async () => {
  await settings.putReceiver('check', { kind: 'heartbeat', url });
  issues.store(new Error('disk full'));
  await run(120, 0);
  issues.store(undefined);
  await run(1, 1);
});

test('after its end nothing is said any more, and what is removed is forgotten', async () => {
  await settings.putReceiver('check', { kind: 'heartbeat', url });
  status = 500;
  await run(1, 1);
  await vi.waitFor(() => expect(issues.list()).toHaveLength(1));
  await settings.removeReceiver('check');
  await run(120, 1);
  expect(issues.list()).toEqual([]);
  await settings.putReceiver('check', { kind: 'heartbeat', url });
  await heartbeat.drain();
  await run(120, 1);
});

test('an Alertmanager has an alert that always fires, and that ends by itself', async () => {
  await settings.putReceiver('am', { kind: 'alertmanager', server: url });
  await run(1, 1);
  await run(60, 2);
  expect(got[0]?.request).toBe('POST /api/v2/alerts');
  const [watchdog] = JSON.parse(got[0]?.body ?? '') as [{ labels: object; endsAt: string }];
  expect(watchdog.labels).toMatchObject({ alertname: 'watchdog', severity: 'none' });
  const endsInMs = Date.parse(watchdog.endsAt) - Date.now();
  expect(endsInMs).toBeGreaterThan(120_000);
  expect(endsInMs).toBeLessThan(300_000);
  await settings.putReceiver('am', { kind: 'alertmanager', server: url, watchdog: 'off' });
  heartbeat.again('am');
  await run(120, 2);
});

test('a heartbeat is told of no alerts: neither a route nor a change of a receiver leads to one', async () => {
  await settings.putReceiver('check', { kind: 'heartbeat', url });
  const routing = { ...settings.routing(), route: { receivers: ['check'] } };
  await expect(settings.setRouting(routing)).rejects.toMatchObject({ code: 'invalid-input' });
  await settings.putReceiver('hook', { kind: 'webhook', url });
  await settings.setRouting({ ...routing, route: { receivers: ['hook'] } });
  const change = settings.putReceiver('hook', { kind: 'heartbeat', url });
  await expect(change).rejects.toMatchObject({ code: 'invalid-input' });
});

test('a hub that runs says so, and not again when it is stopped', async () => {
  const harness = await HubHarness.open();
  const put = (path: string, body: unknown): Promise<unknown> =>
    harness.admin.send(`/api/v1/${path}`, {
      method: 'PUT',
      body,
      headers: { origin: new URL(harness.hub.url).origin },
    });
  await put('routing', { route: { receivers: ['browsers'] }, allowHosts: ['127.0.0.1'] });
  await put('receivers/check', { kind: 'heartbeat', url: `${url}/${SECRET}` });
  await vi.waitFor(() => expect(got).toHaveLength(1), { timeout: 10_000, interval: 20 });
  await harness.close();
  expect(got).toHaveLength(1);
});
