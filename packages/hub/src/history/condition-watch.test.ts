import { DAY_MS } from '@openmanager/protocol/durations';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, test, vi } from 'vitest';
import { HubHarness } from '../../test/kit/hub-harness.ts';

let harness: HubHarness | undefined;
afterEach(async () => {
  await harness?.close();
  harness = undefined;
});

/** What the administrator's session is answered. */
async function get<T>(path: string): Promise<T> {
  return (await harness?.admin.send(path))?.body as T;
}

interface Storage {
  readonly clockDoubt?: { readonly clockMs: number; readonly trustedMs: number };
}

test(
  'a hub whose clock jumped by years says so everywhere, removes nothing, and counts on when an administrator says that the clock is right',
  { tags: ['faults'] },
  async () => {
    harness = await HubHarness.open();
    await harness.hub.stop();
    const database = new DatabaseSync(join(harness.folder, 'data', 'openmanager.db'));
    const trustedMs = Date.now() - 10 * 365 * DAY_MS;
    database.prepare("UPDATE counter SET value = ? WHERE name = 'clock'").run(trustedMs);
    // An alert of then; by the clock of now it is long past its 90 days.
    const alert = `${String(trustedMs).padStart(16, '0')} old`;
    database
      .prepare("INSERT INTO record (collection, key, value) VALUES ('alert-history', ?, ?)")
      .run(alert, JSON.stringify({ id: 'old', target: { id: 'h', kind: 'host', name: 'h' } }));
    database.close();

    await harness.start();
    const { clockDoubt } = await get<Storage>('/api/v1/storage');
    expect(clockDoubt?.trustedMs).toBe(trustedMs);
    const health = await get<{ status: string; problems: string[] }>('/api/v1/health');
    expect(health.status).toBe('degraded');
    expect(health.problems.join()).toContain('The clock of the hub jumped from');
    expect(
      harness.log.filter((line) => line.includes('nothing is removed by its age')),
    ).toHaveLength(1);
    // Ages of alerts are looked at each second.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const kept = async (): Promise<unknown[]> =>
      (await get<{ alerts: unknown[] }>('/api/v1/alerts/history')).alerts;
    expect(await kept()).toHaveLength(1);

    await harness.admin.send('/api/v1/storage/trust-clock', { method: 'POST' });
    await vi.waitFor(async () => {
      expect((await get<Storage>('/api/v1/storage')).clockDoubt).toBeUndefined();
      expect((await get<{ status: string }>('/api/v1/health')).status).toBe('ok');
      expect(await kept()).toHaveLength(0);
    }, 10_000);
    const { events } = await get<{ events: { kind: string }[] }>('/api/v1/events');
    expect(events.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['clock-doubted', 'clock-trusted']),
    );
  },
);
