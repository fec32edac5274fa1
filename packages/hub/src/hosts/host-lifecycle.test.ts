import type { HostInfo } from '@openmanager/protocol';
import { StoreError } from '@openmanager/store';
import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../test/kit/manual-clock.ts';
import { MemoryStore } from '../../test/kit/memory-store.ts';
import { Auth } from '../auth/index.ts';
import { HealthIssues } from '../ports/index.ts';
import { HostLifecycle } from './host-lifecycle.ts';
import { HostNameBook } from './host-names.ts';

let store: MemoryStore;
let auth: Auth;
let names: HostNameBook;
let hosts: HostLifecycle;
let hostId: string;

async function open(): Promise<void> {
  const base = { records: store, clock: new ManualClock(), issues: new HealthIssues() };
  auth = await Auth.open(base);
  names = new HostNameBook();
  hosts = await HostLifecycle.open({ ...base, agents: auth, names });
}

function infoOf(hostname: string): HostInfo {
  const facts = { hostname } as HostInfo['facts'];
  return { hostId, facts, clockOffsetMs: 0, clockSkewed: false, intervalMs: 5000, firstSeenMs: 0 };
}

const kinds = (): readonly string[] => hosts.events.recent(10).map(({ kind }) => kind);

beforeEach(async () => {
  store = new MemoryStore();
  await open();
  ({ agentId: hostId } = await hosts.localAgentKey('box'));
  hosts.put(infoOf('box'));
  await hosts.stop();
});

test('names are known after a restart, before anything else is', async () => {
  await open();
  expect(names.hostname(hostId)).toBe('box');
  hosts.put(infoOf('renamed'));
  expect(hosts.hostname(hostId)).toBe('renamed');
});

test('a removal revokes first, then asks the newest listener first, one after the other', async () => {
  const calls: string[] = [];
  hosts.onRevoked((id) => calls.push(`revoked ${id === hostId}`));
  for (const name of ['alerts', 'live', 'ingest'])
    hosts.onRemoved(async () => {
      calls.push(`${name} begins`);
      expect(hosts.hasHost(hostId)).toBe(true);
      await Promise.resolve();
      calls.push(`${name} ends`);
    });
  await hosts.setTags(hostId, ['web']);
  await hosts.removeHost(hostId);
  expect(calls).toEqual([
    'revoked true',
    'ingest begins',
    'ingest ends',
    'live begins',
    'live ends',
    'alerts begins',
    'alerts ends',
  ]);
  expect(kinds()).toEqual(['agent-revoked', 'agent-enrolled']);
  expect(hosts.hasHost(hostId)).toBe(false);
  expect(hosts.isExpected(hostId)).toBe(false);
  expect(names.hostname(hostId)).toBeUndefined();
  expect(hosts.tagged()).toEqual([]);
  await expect(hosts.removeHost(hostId)).rejects.toThrow('no such object');
});

test('a removal that failed half-way can be asked for again', async () => {
  const calls: string[] = [];
  let failure: Error | undefined = new StoreError('full', 'no space');
  hosts.onRemoved(() => void calls.push('alerts'));
  hosts.onRemoved(() => {
    calls.push('history');
    if (failure) throw failure;
  });
  await expect(hosts.removeHost(hostId)).rejects.toThrow('no space');
  expect(calls).toEqual(['history']);
  expect(hosts.hasHost(hostId)).toBe(true);
  failure = undefined;
  await hosts.removeHost(hostId);
  expect(calls).toEqual(['history', 'history', 'alerts']);
  expect(kinds().filter((kind) => kind === 'agent-revoked')).toHaveLength(1);
});

test('tags and facts are told to who listens; of an unknown host neither is taken', async () => {
  const untagged = hosts.target(hostId);
  expect(untagged).toBeDefined();
  expect(hosts.target(hostId)).toBe(untagged);
  const heard: string[] = [];
  hosts.onInfo(({ facts }) => heard.push(`facts of ${facts.hostname}`));
  hosts.onTags(({ facts }) =>
    heard.push(`tags of ${facts.hostname}: ${JSON.stringify(hosts.target(hostId)?.labels)}`),
  );
  hosts.put(infoOf('box2'));
  await hosts.setTags(hostId, ['a', 'b=c', 'a']);
  expect(heard).toEqual(['facts of box2', 'tags of box2: {"a":"","b":"c"}']);
  // Whoever sees each sample relies on one object for as long as nothing changes.
  const target = hosts.target(hostId);
  expect(target).toMatchObject({ id: hostId, kind: 'host', name: 'box2' });
  expect(hosts.target(hostId)).toBe(target);
  expect(hosts.target('nobody')).toBeUndefined();
  await expect(hosts.setTags('nobody', ['a'])).rejects.toThrow('no such object');
});
