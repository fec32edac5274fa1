import type { HubEvent } from '@openmanager/protocol';
import { StoreError } from '@openmanager/store';
import { beforeEach, expect, test } from 'vitest';
import { figure } from '../../../../scripts/proof/kit.ts';
import { StoredEventLog } from './event-log.ts';
import { HealthIssues } from '../ports/index.ts';
import { ManualClock } from '../../test/kit/manual-clock.ts';
import { MemoryStore } from '../../test/kit/memory-store.ts';

const LIMIT = 5;

let store: MemoryStore;
let issues: HealthIssues;
let log: StoredEventLog;

async function open(): Promise<void> {
  log = await StoredEventLog.open({
    records: store,
    clock: new ManualClock(),
    issues,
    names: { hostname: (hostId) => (hostId === 'known' ? 'box' : undefined) },
    limit: LIMIT,
  });
}

beforeEach(async () => {
  store = new MemoryStore();
  issues = new HealthIssues();
  await open();
});

test(
  'a host that floods the log leaves those of others in it, and what is left out is counted',
  { tags: ['security'] },
  async ({ task }) => {
    const own = await StoredEventLog.open({
      records: store,
      clock: new ManualClock(),
      issues,
      names: { hostname: () => undefined },
      limit: 100,
      burst: 10,
    });
    own.record('host-stale', 'quiet', {});
    for (let at = 0; at < 5_000; at++) own.record('agent-connected', 'loud', {});
    own.record('host-recovered', 'quiet', {});
    const events = own.recent(100);
    expect(events).toHaveLength(12);
    expect(events.map(({ target }) => target?.id)).toEqual(
      expect.arrayContaining(['quiet', 'loud']),
    );
    expect(events.at(-1)?.kind).toBe('host-stale');
    expect(own.leftOut).toBe(4_990);
    figure(task, '5,000 events of one host: 10 kept, 4,990 counted');
  },
);

const ids = (events: readonly HubEvent[]): number[] => events.map((event) => event.id);

test('ids grow, over a restart too; the newest come first', async () => {
  const heard: HubEvent[] = [];
  log.onEvent((event) => heard.push(event));
  log.record('hub-started', undefined, {});
  log.record('batches-lost', 'known', { lost: 3 });
  expect(heard).toMatchObject([
    { id: 1 },
    { id: 2, target: { id: 'known', kind: 'host', name: 'box' }, detail: { lost: 3 } },
  ]);
  await log.drain();
  await open();
  log.record('hub-started', undefined, {});
  expect(ids(log.recent(10))).toEqual([3, 2, 1]);
  expect(ids(log.recent(1))).toEqual([3]);
  expect(ids(log.recent(10, 3))).toEqual([2, 1]);
});

test('the oldest go, from disk too', async () => {
  for (let index = 0; index < 12; index++) {
    log.record('hub-started', undefined, {});
    if (index % 3 === 0) await log.drain();
  }
  await log.drain();
  expect(ids(log.recent(100))).toEqual([12, 11, 10, 9, 8]);
  expect(store.collections.get('events')?.size).toBe(LIMIT);
  await open();
  expect(ids(log.recent(100))).toEqual([12, 11, 10, 9, 8]);
});

test('while the store fails the newest are kept in memory, bounded, and written later', async () => {
  log.record('hub-started', undefined, {});
  await log.drain();
  store.failure = new StoreError('full', 'no space');
  for (let index = 0; index < 50; index++) {
    log.record('hub-started', undefined, {});
    await log.drain();
  }
  expect(issues.list()).toHaveLength(1);
  expect(ids(log.recent(100))).toEqual([51, 50, 49, 48, 47]);
  store.failure = undefined;
  log.retry();
  await log.drain();
  expect(issues.list()).toEqual([]);
  expect(
    [...(store.collections.get('events')?.values() ?? [])].map((event) => (event as HubEvent).id),
  ).toEqual([47, 48, 49, 50, 51]);
});
