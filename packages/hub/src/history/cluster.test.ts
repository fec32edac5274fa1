/** A hub with a cluster store behind it: VictoriaMetrics goes away and comes back. */
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { testNeeding } from '../../../../scripts/peers/needs.ts';
import { VictoriaMetrics } from '../../../../scripts/peers/victoria-metrics.ts';
import { HubHarness } from '../../test/kit/hub-harness.ts';
import { TestAgent } from '../../test/kit/test-agent.ts';

const test = testNeeding('victoria-metrics');
let peer: VictoriaMetrics;
let harness: HubHarness;

beforeAll(async () => {
  peer = await VictoriaMetrics.create();
  harness = await HubHarness.open({ clusterUrl: peer.url });
});
afterAll(async () => {
  await harness?.close();
  await peer?.remove();
});

const waiting = { timeout: 20_000, interval: 100 };

test('samples are acknowledged while the cluster is away, and are there when it is back', async () => {
  const { agentId, key } = await harness.hub.localAgentKey('box');
  const { agent } = await TestAgent.open(harness.hub.url, key);
  agent.batch(1, { values: [0.5, 0.25, 1234] });
  await agent.next('ack');
  await agent.close();
  const health = async (): Promise<{ status: string; problems: string[] }> =>
    (await harness.admin.send('/api/v1/health')).body as { status: string; problems: string[] };
  await vi.waitFor(
    async () => expect((await health()).problems.join()).toContain('--store'),
    waiting,
  );
  const figures = async (): Promise<string> => (await harness.admin.send('/metrics')).text;
  expect(await figures()).toContain('openmanager_remote_requests_waiting 1\n');
  await peer.start();
  await vi.waitFor(
    async () => expect(await figures()).toContain('openmanager_remote_samples_delivered_total 3\n'),
    waiting,
  );
  await vi.waitFor(async () => expect((await health()).status).toBe('ok'), waiting);
  await peer.flush();
  const answer = await fetch(`${peer.url}/api/v1/export?match[]=system_uptime_seconds`);
  expect(await answer.json()).toMatchObject({
    metric: {
      __name__: 'system_uptime_seconds',
      host: agentId,
      instance: 'box',
      job: 'openmanager',
    },
    values: [1234],
  });
});
