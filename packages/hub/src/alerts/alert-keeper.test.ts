import type { Alert } from '@openmanager/protocol';
import { StoreError } from '@openmanager/store';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { AlertKeeper, type AlertKeeperOptions } from './alert-keeper.ts';
import { HealthIssues } from '../ports/index.ts';
import { Journal } from '../records/index.ts';
import { ManualClock } from '../../test/kit/manual-clock.ts';
import { MemoryStore } from '../../test/kit/memory-store.ts';

const CPU = ['system.cpu.utilization'];

let store: MemoryStore;
let clock: ManualClock;
let issues: HealthIssues;
let journal: Journal<Alert>;
let keeper: AlertKeeper;
let told: Alert[];

async function open(options: Partial<AlertKeeperOptions> = {}): Promise<void> {
  journal = new Journal({
    records: store,
    issues,
    part: 'alerts',
    failure: 'Alerts cannot be stored.',
  });
  keeper = await AlertKeeper.open({
    records: store,
    clock,
    journal,
    hosts: { target: (id) => ({ id, kind: 'host', name: 'box', labels: {} }) },
    ...options,
  });
  keeper.onChange((changed) => told.push(...changed));
}

/** A sample of a host, a second after the one before. */
function cpu(value: number, hostId = 'host00000000'): string | undefined {
  clock.advance(1000);
  const timeMs = clock.now();
  return keeper.judge({
    hostId,
    timeMs,
    receivedMs: timeMs,
    keys: CPU,
    values: Float64Array.of(value),
  });
}

beforeEach(async () => {
  store = new MemoryStore();
  clock = new ManualClock();
  issues = new HealthIssues();
  told = [];
  await open();
});

test('a sample is judged at once; the alert is announced when it is on disk, not before', async () => {
  let release = (): void => undefined;
  store.gate = new Promise((resolve) => (release = resolve));
  expect(cpu(0.9)).toBe('warning');
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual([]);
  expect(keeper.current()).toEqual([]);
  expect(store.collections.get('alerts')?.size ?? 0).toBe(0);
  keeper.onChange(() => expect(store.collections.get('alerts')?.size).toBe(1));
  release();
  await journal.drain();
  expect(told).toMatchObject([{ state: 'firing', value: 0.9 }]);
  expect(keeper.current()).toEqual(told);
});

test('after a restart a firing alert is there and not announced again; it resolves as the same one', async () => {
  cpu(0.9);
  await journal.drain();
  const [fired] = told as [Alert];
  told = [];
  await open();
  expect(keeper.current()).toEqual([fired]);
  expect(keeper.worstSeverity('host00000000')).toBe('warning');
  cpu(0.95);
  await journal.drain();
  expect(told).toEqual([]);
  cpu(0.1);
  await journal.drain();
  expect(told).toMatchObject([{ id: fired.id, state: 'resolved', activeAtMs: fired.activeAtMs }]);
  expect(store.collections.get('alerts')?.size).toBe(0);
  expect(await keeper.history(10)).toEqual(told);
});

test('while the store fails alerts are announced all the same, and written when it works again', async () => {
  store.failure = new StoreError('full', 'no space');
  cpu(0.9);
  await journal.drain();
  expect(told).toMatchObject([{ state: 'firing' }]);
  expect(issues.list()).toHaveLength(1);
  store.failure = undefined;
  journal.retry();
  await journal.drain();
  expect(issues.list()).toEqual([]);
  expect(store.collections.get('alerts')?.size).toBe(1);
  expect(told).toHaveLength(1);
});

describe('absence', () => {
  const info = {
    hostId: 'host00000000',
    facts: { hostname: 'box' } as never,
    clockOffsetMs: 0,
    clockSkewed: false,
    intervalMs: 5000,
    firstSeenMs: 0,
  };

  test('is noticed by the tick, and ended by a sample', async () => {
    keeper.expect(info);
    clock.advance(14_999);
    expect(keeper.tick()).toEqual([]);
    clock.advance(1);
    expect(keeper.tick()).toEqual(['host00000000']);
    await journal.drain();
    expect(told).toMatchObject([{ ruleId: 'host-silent', state: 'firing' }]);
    cpu(0.1);
    await journal.drain();
    expect(told.at(-1)).toMatchObject({ ruleId: 'host-silent', state: 'resolved' });
  });

  test('after a restart agents have 30 s more to come back', () => {
    keeper.expect(info, true);
    clock.advance(44_999);
    expect(keeper.tick()).toEqual([]);
    clock.advance(1);
    expect(keeper.tick()).toEqual(['host00000000']);
  });

  test('of a removed host is no alert, and its alerts end', async () => {
    keeper.expect(info);
    cpu(0.9);
    keeper.hostRemoved('host00000000');
    clock.advance(60_000);
    expect(keeper.tick()).toEqual([]);
    await journal.drain();
    expect(keeper.current()).toEqual([]);
  });
});

describe('the history', () => {
  /** Fires and resolves. */
  async function once(): Promise<void> {
    cpu(0.9);
    cpu(0.1);
    await journal.drain();
  }

  test('is paged, newest first', async () => {
    await open({ engine: { flapping: false } });
    for (let index = 0; index < 5; index++) await once();
    const first = await keeper.history(2);
    const second = await keeper.history(10, first.at(-1)?.resolvedAtMs);
    const times = [...first, ...second].map((alert) => alert.resolvedAtMs ?? 0);
    expect(times).toHaveLength(5);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
  });

  test('a page does not end amid alerts that resolved at the same moment', async () => {
    const hosts = ['hosta', 'hostb', 'hostc'];
    for (const host of hosts)
      keeper.judge({
        hostId: host,
        timeMs: 1,
        receivedMs: 1,
        keys: CPU,
        values: Float64Array.of(0.9),
      });
    for (const host of hosts)
      keeper.judge({
        hostId: host,
        timeMs: 2,
        receivedMs: 2,
        keys: CPU,
        values: Float64Array.of(0.1),
      });
    await journal.drain();
    expect(await keeper.history(2)).toHaveLength(3);
    expect(await keeper.history(2, 2)).toHaveLength(0);
  });

  test('is bounded in number, over a restart too', async () => {
    await open({ historyLimit: 3, engine: { flapping: false } });
    for (let index = 0; index < 5; index++) await once();
    expect(store.collections.get('alert-history')?.size).toBe(3);
    await open({ historyLimit: 3, engine: { flapping: false } });
    await once();
    expect(store.collections.get('alert-history')?.size).toBe(3);
    expect((await keeper.history(10))[0]).toEqual(told.at(-1));
  });

  test('forgets after 90 days', async () => {
    await once();
    clock.advance(89 * 86_400_000);
    keeper.tick();
    await journal.drain();
    expect(await keeper.history(10)).toHaveLength(1);
    clock.advance(2 * 86_400_000);
    keeper.tick();
    await vi.waitFor(async () => expect(await keeper.history(10)).toHaveLength(0));
  });
});
