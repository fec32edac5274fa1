import type { HubEvent } from '@openmanager/protocol';
import { StoreError } from '@openmanager/store';
import { beforeEach, expect, test } from 'vitest';
import { EventJournal } from './event-log.ts';
import { Problems } from '../ports/health-issues.ts';
import { ManualClock } from '../../test/kit/manual-clock.ts';
import { MemoryStore } from '../../test/kit/memory-store.ts';

const LIMIT = 5;

let store: MemoryStore;
let problems: Problems;
let journal: EventJournal;

async function open(): Promise<void> {
  journal = await EventJournal.open({
    records: store,
    clock: new ManualClock(),
    problems,
    hostname: (hostId) => (hostId === 'known' ? 'box' : undefined),
    limit: LIMIT,
  });
}

beforeEach(async () => {
  store = new MemoryStore();
  problems = new Problems();
  await open();
});

const ids = (events: readonly HubEvent[]): number[] => events.map((event) => event.id);

test('ids grow, over a restart too; the newest come first', async () => {
  const heard: HubEvent[] = [];
  journal.onEvent((event) => heard.push(event));
  journal.record('hub-started', undefined, {});
  journal.record('batches-lost', 'known', { lost: 3 });
  expect(heard).toMatchObject([
    { id: 1 },
    { id: 2, hostId: 'known', hostname: 'box', detail: { lost: 3 } },
  ]);
  await journal.drain();
  await open();
  journal.record('hub-started', undefined, {});
  expect(ids(journal.recent(10))).toEqual([3, 2, 1]);
  expect(ids(journal.recent(1))).toEqual([3]);
  expect(ids(journal.recent(10, 3))).toEqual([2, 1]);
});

test('the oldest go, from disk too', async () => {
  for (let index = 0; index < 12; index++) {
    journal.record('hub-started', undefined, {});
    if (index % 3 === 0) await journal.drain();
  }
  await journal.drain();
  expect(ids(journal.recent(100))).toEqual([12, 11, 10, 9, 8]);
  expect(store.collections.get('events')?.size).toBe(LIMIT);
  await open();
  expect(ids(journal.recent(100))).toEqual([12, 11, 10, 9, 8]);
});

test('while the store fails the newest are kept in memory, bounded, and written later', async () => {
  journal.record('hub-started', undefined, {});
  await journal.drain();
  store.failure = new StoreError('full', 'no space');
  for (let index = 0; index < 50; index++) {
    journal.record('hub-started', undefined, {});
    await journal.drain();
  }
  expect(problems.list()).toHaveLength(1);
  expect(ids(journal.recent(100))).toEqual([51, 50, 49, 48, 47]);
  store.failure = undefined;
  journal.save();
  await journal.drain();
  expect(problems.list()).toEqual([]);
  expect(
    [...(store.collections.get('events')?.values() ?? [])].map((event) => (event as HubEvent).id),
  ).toEqual([47, 48, 49, 50, 51]);
});
