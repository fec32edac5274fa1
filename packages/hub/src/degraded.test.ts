/** The hub with a store that fails: it says so, keeps its connections, and loses nothing. */
import type { Health } from '@openmanager/protocol';
import { StoreError } from '@openmanager/store';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { problemIn, type Answer } from '../test/kit/http-client.ts';
import { HubHarness } from '../test/kit/hub-harness.ts';
import { MemoryStore } from '../test/kit/memory-store.ts';
import { TestAgent } from '../test/kit/test-agent.ts';

const stores = vi.hoisted(() => ({ next: undefined as unknown }));

vi.mock('@openmanager/store', async (original) => ({
  ...(await original<typeof import('@openmanager/store')>()),
  openStore: () => Promise.resolve(stores.next),
}));

let store: MemoryStore;
let harness: HubHarness;

beforeEach(async () => {
  store = new MemoryStore();
  stores.next = store;
  harness = await HubHarness.open();
});
afterEach(() => harness.close());

const probe = (): Promise<Answer> => harness.client().send('/api/v1/health');

test('health is down while nothing can be stored, and ok when everything was', async () => {
  const { agentId, key } = await harness.hub.localAgentKey('box');
  const { agent } = await TestAgent.open(harness.hub.url, key);
  store.failure = new StoreError('full', 'no space left on the disk at /secret/path');
  agent.batch(1);
  await vi.waitFor(async () => expect((await probe()).status).toBe(503));
  // Without sign-in nobody learns more.
  expect((await probe()).body).toEqual({ status: 'down' });
  const told = await harness.admin.send('/api/v1/health');
  const { status, problems = [] } = told.body as Health;
  expect([told.status, status]).toEqual([503, 'down']);
  expect(problems.join()).toContain('disk space');
  expect(problems.join()).not.toContain('/secret/path');

  const refused = await harness.admin.send('/api/v1/tokens', { body: { name: 'wall' } });
  expect([refused.status, problemIn(refused).code]).toEqual([503, 'store-unavailable']);
  expect((await harness.admin.send('/api/v1/hosts')).body).toMatchObject([
    { hostId: agentId, status: 'online' },
  ]);

  store.failure = undefined;
  await agent.next('ack');
  await vi.waitFor(async () => expect((await probe()).body).toEqual({ status: 'ok' }));
  expect(store.timesOf(agentId)).toHaveLength(1);
});

test('a stop with a store that hangs ends within three seconds', async () => {
  const { key } = await harness.hub.localAgentKey('box');
  const { agent } = await TestAgent.open(harness.hub.url, key);
  let release = (): void => undefined;
  store.gate = new Promise((resolve) => (release = resolve));
  agent.batch(1);
  await vi.waitFor(async () =>
    expect((await harness.admin.send('/api/v1/hosts')).body).toMatchObject([{ status: 'online' }]),
  );
  const before = performance.now();
  await harness.hub.stop();
  expect(performance.now() - before).toBeLessThan(3000);
  expect(await agent.closed).toBe(4504);
  expect(agent.count('ack')).toBe(0);
  release();
});
