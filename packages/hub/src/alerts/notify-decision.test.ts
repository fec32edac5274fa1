/** Who is told of an alert, as a real hub says it on the wire, and what changes it. */
import { capabilities, PROTOCOL_VERSION, type Alert } from '@openmanager/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Follower } from '../../test/gateway/hub.ts';
import { HubHarness } from '../../test/kit/hub-harness.ts';
import { TestAgent } from '../../test/kit/test-agent.ts';

const RULE = 'busy';
const rule = {
  kind: 'above',
  ruleId: RULE,
  metric: 'system.cpu.utilization',
  scope: 'total',
  threshold: 0.5,
  clear: 0.4,
  forMs: 0,
  severity: 'warning',
};
const silence = { matchers: [{ name: 'rule', op: '=', value: RULE }], reason: 'maintenance' };
const waiting = { timeout: 10_000, interval: 20 };

let harness: HubHarness;
let client: Follower;
let agent: TestAgent;
let seq = 0;

beforeEach(async () => {
  harness = await HubHarness.open();
  await api('PUT', `/rules/${RULE}`, rule);
  ({ agent } = await TestAgent.open(harness.hub.url, (await harness.hub.localAgentKey('box')).key));
  client = await connect();
});
afterEach(async () => {
  client.socket.disconnect();
  agent.socket.close();
  await harness.close();
});

async function connect(): Promise<Follower> {
  const { origin } = new URL(harness.hub.url);
  const follower = await Follower.connect(harness.hub.url, {
    auth: { version: PROTOCOL_VERSION, capabilities: [capabilities.deflate] },
    extraHeaders: { cookie: harness.admin.cookie ?? '', origin },
  });
  await follower.subscribe('alerts');
  return follower;
}

async function api<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await harness.admin.send(`/api/v1${path}`, {
    method,
    ...(body === undefined ? {} : { body }),
    headers: { origin: new URL(harness.hub.url).origin },
  });
  if (answer.status >= 300) throw new Error(`${answer.status} ${answer.text}`);
  return answer.body as T;
}

function cpu(value: number): void {
  agent.batch(++seq, { timesMs: [Date.now()], values: [value, 0.2, 10] });
}

/** Each time that the alert of the rule went on the wire. */
function told(follower: Follower = client): readonly Alert[] {
  return follower.messages
    .flatMap(({ payload }) => (payload.topic === 'alerts' ? payload.alerts : []))
    .filter(({ ruleId }) => ruleId === RULE);
}

async function nextNotify(after: number): Promise<Alert['notify']> {
  await vi.waitFor(() => expect(told().length).toBeGreaterThan(after), waiting);
  return told()[after]?.notify;
}

test('a silence that is put and taken back changes the decision on the wire, and nothing else of the alert', async () => {
  cpu(0.7);
  expect(await nextNotify(0)).toEqual({ to: 'everyone' });
  const endsAtMs = Date.now() + 60_000;
  const { silenceId } = await api<{ silenceId: string }>('POST', '/silences', {
    ...silence,
    endsAtMs,
  });
  const silenced = { to: 'everyone', muted: 'silenced', untilMs: endsAtMs, by: silenceId };
  expect(await nextNotify(1)).toEqual(silenced);
  // Who comes now, or asks over REST, reads the same.
  const late = await connect();
  await vi.waitFor(() => expect(told(late)[0]?.notify).toEqual(silenced), waiting);
  late.socket.disconnect();
  const { alerts } = await api<{ alerts: Alert[] }>('GET', '/alerts');
  expect(alerts.find(({ ruleId }) => ruleId === RULE)?.notify).toEqual(silenced);
  await api('DELETE', `/silences/${silenceId}`);
  expect(await nextNotify(2)).toEqual({ to: 'everyone' });
  const [first, , third] = told();
  expect(third).toEqual(first);
  cpu(0.1);
  await vi.waitFor(() => expect(told().at(-1)?.state).toBe('resolved'), waiting);
  expect(told().at(-1)).not.toHaveProperty('notify');
});

test('a silence that ends by itself is announced within two seconds', async () => {
  cpu(0.7);
  await nextNotify(0);
  const endsAtMs = Date.now() + 1_500;
  await api('POST', '/silences', { ...silence, endsAtMs });
  expect(await nextNotify(1)).toMatchObject({ muted: 'silenced' });
  expect(await nextNotify(2)).toEqual({ to: 'everyone' });
  expect(Date.now() - endsAtMs).toBeGreaterThanOrEqual(0);
});

test('acknowledging, taking that back and changing the rule are announced; the default rules say whom they tell', async () => {
  cpu(0.9);
  expect(await nextNotify(0)).toEqual({ to: 'everyone' });
  const all = client.messages.flatMap(({ payload }) =>
    payload.topic === 'alerts' ? payload.alerts : [],
  );
  expect(all.find(({ ruleId }) => ruleId === 'cpu-high')?.notify).toEqual({ to: 'browsers' });
  const path = `/alerts/${told()[0]?.id}/acknowledgement`;
  await api('PUT', path, {});
  expect(await nextNotify(1)).toEqual({ to: 'everyone', muted: 'acknowledged' });
  await api('DELETE', path);
  expect(await nextNotify(2)).toEqual({ to: 'everyone' });
  await api('PUT', `/rules/${RULE}`, { ...rule, notify: 'nobody' });
  expect(await nextNotify(3)).toEqual({ to: 'nobody' });
});

test('after a restart the first thing that a client hears is the decision', async () => {
  cpu(0.7);
  await nextNotify(0);
  await api('POST', '/silences', { ...silence, endsAtMs: Date.now() + 60_000 });
  await nextNotify(1);
  client.socket.disconnect();
  const { cookie } = harness.admin;
  await harness.hub.stop();
  await harness.start();
  harness.admin.cookie = cookie;
  client = await connect();
  expect(await nextNotify(0)).toMatchObject({ muted: 'silenced' });
});
