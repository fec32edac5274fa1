/** What many alerts at once become for who is told of them: a real hub, a real webhook, time of our own. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Alert, AlertList } from '@openmanager/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HubHarness } from '../../test/kit/hub-harness.ts';
import { TestAgent } from '../../test/kit/test-agent.ts';

const RULES = 10_000;
const GROUP_INTERVAL_MS = 60_000;
const waiting = { timeout: 20_000, interval: 20 };

interface Message {
  readonly atMs: number;
  readonly alertCount: number;
  readonly alerts: readonly { readonly ruleId: string; readonly state: Alert['state'] }[];
}

let harness: HubHarness;
let server: Server;
let messages: Message[];
let aheadMs: number;
let seq: number;
let key: string;
let startMs: number;
/** It stands still between the steps, however slow the machine is. */
const clock = { now: () => startMs + aheadMs, steadyMs: () => aheadMs };

beforeEach(async () => {
  messages = [];
  aheadMs = 0;
  startMs = Date.now();
  seq = 0;
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += String(chunk)));
    request.on('end', () => {
      messages.push({ ...(JSON.parse(text) as Message), atMs: clock.now() });
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  harness = await HubHarness.open({ clock });
  ({ key } = await harness.hub.localAgentKey('box'));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await api('PUT', '/receivers/hook', { kind: 'webhook', url });
});
afterEach(async () => {
  await harness.close();
  server.closeAllConnections();
  server.close();
});

async function api<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await harness.admin.send(`/api/v1${path}`, {
    method,
    ...(body === undefined ? {} : { body }),
  });
  if (answer.status >= 300) throw new Error(`${answer.status} ${answer.text}`);
  return answer.body as T;
}

const route = (groupWaitMs: number): object => ({
  route: { receivers: ['hook'], groupWaitMs, groupIntervalMs: GROUP_INTERVAL_MS },
  allowHosts: ['127.0.0.1'],
});
const rule = (index: number): object => ({
  kind: 'above',
  ruleId: `rule-${index}`,
  metric: 'system.cpu.utilization',
  scope: 'total',
  threshold: 0.5,
  clear: 0.4,
  forMs: 0,
  severity: 'warning',
});

/** One sample, on disk when this resolves; `intervalMs` as the host says it sends. */
async function cpu(value: number, intervalMs = 3_600_000): Promise<void> {
  const hello = { intervalMs, nowMs: clock.now() };
  const { agent } = await TestAgent.open(harness.hub.url, key, hello);
  agent.batch(++seq, { timesMs: [clock.now()], values: [value, 0.2, 10] });
  await agent.next('ack', (ack) => ack.seq >= seq);
  await agent.close();
}

async function firing(): Promise<readonly Alert[]> {
  const { alerts } = await api<AlertList>('GET', '/alerts');
  return alerts.filter(({ state, ruleId }) => state === 'firing' && ruleId.startsWith('rule-'));
}

test('10,000 rules that flip at once: a message per interval at most, every state on disk', async () => {
  await api('PUT', '/routing', route(0));
  await api('PUT', '/rules', { rules: Array.from({ length: RULES }, (_, index) => rule(index)) });
  for (let flip = 0; flip < 7; flip++) {
    const up = flip % 2 === 0;
    await cpu(up ? 0.7 : 0.1);
    await vi.waitFor(async () => expect(await firing()).toHaveLength(up ? RULES : 0), waiting);
    // The interval begins when the first message was delivered.
    if (flip === 0)
      await vi.waitFor(
        async () =>
          expect(await api('GET', '/notifications')).toMatchObject([{ outcome: 'delivered' }]),
        waiting,
      );
    aheadMs += 9_500;
  }
  // They fire as the receiver was told in the beginning.
  expect(messages).toHaveLength(1);
  expect(messages[0]?.alertCount).toBe(RULES);

  const before = (await firing()).map(({ id }) => id);
  const { cookie } = harness.admin;
  await harness.hub.stop();
  await harness.start({ clock });
  harness.admin.cookie = cookie;
  expect((await firing()).map(({ id }) => id).toSorted()).toEqual(before.toSorted());
  aheadMs += GROUP_INTERVAL_MS;
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(messages).toHaveLength(1);
  await cpu(0.1);
  await vi.waitFor(() => expect(messages).toHaveLength(2), waiting);
  expect(messages[1]).toMatchObject({ status: 'resolved', alertCount: RULES });
}, 120_000);

test('a host that is down is one message: its other alerts are inhibited, until it is back', async () => {
  await api('PUT', '/routing', route(20_000));
  await api('PUT', '/rules/host-silent', {
    kind: 'absent',
    ruleId: 'host-silent',
    intervals: 3,
    forMs: 0,
    severity: 'critical',
  });
  await api('PUT', '/rules/rule-1', rule(1));
  await cpu(0.7, 5_000);
  await vi.waitFor(async () => expect(await firing()).toHaveLength(1), waiting);
  aheadMs += 16_000;
  await vi.waitFor(async () => {
    const { alerts } = await api<AlertList>('GET', '/alerts');
    expect(alerts.map(({ ruleId }) => ruleId)).toContain('host-silent');
  }, waiting);
  const { alerts } = await api<AlertList>('GET', '/alerts');
  const silent = alerts.find(({ ruleId }) => ruleId === 'host-silent');
  const busy = alerts.find(({ ruleId }) => ruleId === 'rule-1');
  expect(await api('GET', '/alerts/facts')).toContainEqual({
    alertId: busy?.id,
    silencedBy: [],
    inhibitedBy: [silent?.id],
  });
  aheadMs += 25_000;
  await vi.waitFor(() => expect(messages).toHaveLength(1), waiting);
  expect(messages[0]?.alerts.map(({ ruleId }) => ruleId)).toEqual(['host-silent']);

  await cpu(0.7, 5_000);
  aheadMs += GROUP_INTERVAL_MS;
  await cpu(0.7, 3_600_000);
  await vi.waitFor(
    () =>
      expect(messages.slice(1).flatMap(({ alerts }) => alerts)).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ ruleId: 'host-silent', state: 'resolved' }),
          expect.objectContaining({ ruleId: 'rule-1', state: 'firing' }),
        ]),
      ),
    waiting,
  );
}, 60_000);
