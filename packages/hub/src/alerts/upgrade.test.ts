/** Data folders of before there were targets open as they are: alerts, rules and all that is kept go on. */
import { join } from 'node:path';
import { ruleSchema, type Rule } from '@openmanager/alerting';
import { hubEventSchema, alertSchema, anomalySchema, type Alert } from '@openmanager/protocol';
import { openStore, type RecordChange } from '@openmanager/store';
import * as v from 'valibot';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HubHarness } from '../../test/kit/hub-harness.ts';
import { upgradeRule } from './upgrade.ts';

const HOST = 'web100000000';
const rule = {
  ruleId: 'busy',
  kind: 'above',
  metric: 'system.cpu.utilization',
  scope: 'total',
  severity: 'critical',
  forMs: 0,
  threshold: 0.6,
  clear: 0.5,
} as const;

const ofTag = (name: string, op = '~', value = '*'): object => ({ labels: [{ name, op, value }] });

test.each([
  ['all', 'all'],
  [{ host: 'web-1' }, [{ kinds: ['host'], target: 'web-1' }]],
  [{ tags: ['web', '서울'] }, [ofTag('web'), ofTag('서울')]],
  [{ tags: ['team=shop'] }, [ofTag('team', '=', 'shop')]],
  // It was about no host, and must not keep the hub from starting.
  [{ tags: [''] }, [{ target: '#' }]],
])('a rule about hosts %j is about targets %j', (hosts, targets) => {
  const before = { ...rule, hosts, overrides: [{ hosts, threshold: 0.7 }, { enabled: false }] };
  const after = upgradeRule(before as unknown as Rule);
  expect(after).toEqual({
    ...rule,
    targets,
    overrides: [{ targets, threshold: 0.7 }, { enabled: false }],
  });
  expect(v.safeParse(ruleSchema, after).success).toBe(true);
  expect(upgradeRule(after)).toEqual(after);
});

let harness: HubHarness;
beforeEach(async () => {
  harness = await HubHarness.open();
});
afterEach(() => harness.close());

/** As the last hub without targets wrote them. */
function recordsOfBefore(nowMs: number): RecordChange[] {
  const old = {
    ruleId: 'busy',
    hostId: HOST,
    hostname: 'web-1',
    severity: 'critical',
    metric: rule.metric,
    attributes: {},
    value: 0.7,
    threshold: 0.6,
    sampleTimeMs: nowMs,
    summary: 'CPU at 70 % on web-1 (above 60 %)',
  };
  const firing = { ...old, id: 'now', state: 'firing', activeAtMs: nowMs, firedAtMs: nowMs };
  const resolved = {
    ...old,
    id: 'past',
    state: 'resolved',
    activeAtMs: 1,
    firedAtMs: 1,
    resolvedAtMs: nowMs - 9,
  };
  const facts = {
    hostname: 'web-1',
    os: 'linux',
    osName: '',
    kernel: '',
    arch: 'x64',
    cpuModel: '',
    cpuCount: 1,
    memoryBytes: 1,
    timeZone: 'UTC',
    agentVersion: '0.1.0',
    demo: false,
  };
  const key = rule.metric;
  const anomaly = {
    id: 'a1',
    hostId: HOST,
    key,
    timeMs: nowMs,
    value: 1,
    lower: 0,
    upper: 0.5,
    score: 0.9,
    reason: { code: 'jump' },
  };
  const timed = (ms: number): string => String(ms).padStart(16, '0');
  const put = (collection: string, id: string, value: unknown): RecordChange => ({
    collection,
    key: id,
    value,
  });
  return [
    put('hosts', HOST, {
      hostId: HOST,
      facts,
      clockOffsetMs: 0,
      clockSkewed: false,
      intervalMs: 5000,
      firstSeenMs: 1,
    }),
    put('host-tags', HOST, ['web']),
    put('alert-rules', 'busy', { ...rule, hosts: { tags: ['web'] } }),
    put('alerts', 'now', firing),
    put('alert-history', `${timed(nowMs - 9)} past`, resolved),
    put('alert-silences', 's', {
      silenceId: 's',
      matchers: [{ name: 'host', op: '=', value: 'web-1' }],
      author: 'admin',
      reason: 'r',
      createdAtMs: 1,
      startsAtMs: 1,
      endsAtMs: nowMs + 3_600_000,
    }),
    put('anomalies', 'a1', { anomaly }),
    put('events', timed(1), {
      id: 1,
      timeMs: nowMs,
      kind: 'anomaly',
      hostId: HOST,
      hostname: 'web-1',
      detail: {},
      anomalies: [anomaly],
    }),
    put('events', timed(2), { id: 2, timeMs: nowMs, kind: 'hub-started', detail: {} }),
    put('notify-members', 'g now', { groupId: 'g', alert: firing, told: 'firing', notBeforeMs: 0 }),
    put('notify-log', `${timed(nowMs)} g 1`, {
      entryId: `${timed(nowMs)} g 1`,
      key: 'k',
      receiver: 'browsers',
      groupLabels: { hostId: HOST },
      reason: 'new',
      status: 'firing',
      outcome: 'delivered',
      answer: 'ok',
      attempts: 1,
      firstAtMs: nowMs,
      atMs: nowMs,
      alertCount: 1,
      alerts: [{ id: 'now', ruleId: 'busy', hostname: 'web-1', state: 'firing', summary: '' }],
    }),
  ];
}

test('a hub goes on from a data folder of before', async () => {
  const { cookie } = harness.admin;
  await harness.hub.stop();
  const store = await openStore({ folder: join(harness.folder, 'data') });
  await store.write(recordsOfBefore(Date.now()));
  await store.close();
  await harness.start();
  harness.admin.cookie = cookie;
  const get = async (path: string): Promise<unknown> =>
    (await harness.admin.send(`/api/v1${path}`)).body;
  const target = { id: HOST, kind: 'host', name: 'web-1' };

  // Still fires after the engine looked at it: the rule is about the host by its tag, as before.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const { alerts } = (await get('/alerts')) as { alerts: readonly Alert[] };
  expect(alerts).toMatchObject([{ id: 'now', target, state: 'firing' }]);
  const past = (await get('/alerts/history')) as { alerts: readonly Alert[] };
  expect(past.alerts).toMatchObject([{ id: 'past', target }]);
  for (const alert of [...alerts, ...past.alerts]) {
    expect(v.is(alertSchema, alert)).toBe(true);
    expect(alert).not.toHaveProperty('hostId');
  }
  expect(await get('/rules/full')).toContainEqual({
    origin: 'own',
    rule: { ...rule, targets: [ofTag('web')] },
    warnings: expect.any(Array),
  });
  expect(await get('/alerts/facts')).toMatchObject([{ alertId: 'now', silencedBy: ['s'] }]);
  const { anomalies } = (await get('/anomalies')) as { anomalies: unknown[] };
  expect(anomalies).toMatchObject([{ id: 'a1', target }]);
  const { events } = (await get('/events')) as { events: { kind: string }[] };
  for (const event of events) expect(v.is(hubEventSchema, event)).toBe(true);
  for (const anomaly of anomalies) expect(v.is(anomalySchema, anomaly)).toBe(true);
  expect(events.find(({ kind }) => kind === 'anomaly')).toMatchObject({
    target,
    anomalies: [{ target }],
  });
  expect(await get('/notifications')).toMatchObject([
    { alerts: [{ id: 'now', targetName: 'web-1' }] },
  ]);
});

test('stored rules that cannot be used keep neither the hub nor other rules from working, and are named', async () => {
  const { cookie } = harness.admin;
  await harness.hub.stop();
  const store = await openStore({ folder: join(harness.folder, 'data') });
  const stored = (ruleId: string, tags: readonly string[]): RecordChange => ({
    collection: 'alert-rules',
    key: ruleId,
    value: { ...rule, ruleId, hosts: { tags } },
  });
  await store.write([
    stored('good', ['web']),
    stored('long', ['x'.repeat(900)]),
    stored('nameless', [' =x']),
    stored(
      'cpu-high',
      Array.from({ length: 1_001 }, (_, index) => `t${index}`),
    ),
  ]);
  await store.close();
  await harness.start();
  harness.admin.cookie = cookie;
  const health = (await harness.admin.send('/api/v1/health')).body as { problems: string[] };
  const [problem = ''] = health.problems.filter((text) => text.includes('rules cannot be used'));
  for (const ruleId of ['long', 'nameless', 'cpu-high']) expect(problem).toContain(ruleId);
  expect(problem).not.toContain('good');
  for (const ruleId of ['long', 'nameless', 'cpu-high'])
    await harness.admin.send(`/api/v1/rules/${ruleId}`, { method: 'DELETE' });
  const after = (await harness.admin.send('/api/v1/health')).body as { problems: string[] };
  expect(after.problems).toEqual([]);
});
