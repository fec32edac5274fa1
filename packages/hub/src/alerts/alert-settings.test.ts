import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openVault } from '@openmanager/alerting/notify';
import { expect, test } from 'vitest';
import { MemoryStore } from '../../test/kit/memory-store.ts';
import { HealthIssues, systemClock } from '../ports/index.ts';
import { AlertSettings } from './alert-settings.ts';
import { sendContext } from './send-context.ts';

async function openSettings(publicUrl?: string): Promise<AlertSettings> {
  const folder = mkdtempSync(join(tmpdir(), 'openmanager-settings-'));
  const settings = await AlertSettings.open({
    records: new MemoryStore(),
    issues: new HealthIssues(),
    vault: openVault(folder),
    publicUrl,
  });
  rmSync(folder, { recursive: true });
  return settings;
}

const routing = { route: { receivers: ['browsers'] }, inhibitions: [], allowHosts: [] };

test('a host that is allowed now is tried at once, not when the refusal would have been tried again', async () => {
  const settings = await openSettings();
  await settings.putReceiver('hook', { kind: 'webhook', url: 'http://10.0.0.1/' });
  const changes: unknown[] = [];
  settings.onChange((what) => changes.push(what));
  await settings.setRouting({ ...routing, allowHosts: ['10.0.0.1'] });
  expect(changes).toEqual(['policy', { receiverId: 'hook' }]);
  await settings.setRouting({ ...routing, allowHosts: ['10.0.0.1'] });
  expect(changes.slice(2)).toEqual(['policy']);
});

test('links lead to the address that the hub was started with, or to the one of the routing', async () => {
  const settings = await openSettings('https://started.example');
  const hubUrl = (): string | undefined => sendContext({ settings, clock: systemClock }).hubUrl;
  expect(hubUrl()).toBe('https://started.example');
  await settings.setRouting({ ...routing, hubUrl: 'https://routed.example' });
  expect(hubUrl()).toBe('https://routed.example');
  await settings.setRouting(routing);
  expect(hubUrl()).toBe('https://started.example');
});
