import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openVault } from '@openmanager/alerting/notify';
import { expect, test } from 'vitest';
import { MemoryStore } from '../../test/kit/memory-store.ts';
import { HealthIssues, systemClock } from '../ports/index.ts';
import { AlertSettings } from './alert-settings.ts';
import { sendContext } from './send-context.ts';

test('links lead to the address that the hub was started with, or to the one of the routing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'openmanager-links-'));
  const settings = await AlertSettings.open({
    records: new MemoryStore(),
    issues: new HealthIssues(),
    vault: openVault(folder),
    publicUrl: 'https://started.example',
  });
  rmSync(folder, { recursive: true });
  const hubUrl = (): string | undefined => sendContext({ settings, clock: systemClock }).hubUrl;
  expect(hubUrl()).toBe('https://started.example');
  const routing = { route: { receivers: ['browsers'] }, inhibitions: [], allowHosts: [] };
  await settings.setRouting({ ...routing, hubUrl: 'https://routed.example' });
  expect(hubUrl()).toBe('https://routed.example');
  await settings.setRouting(routing);
  expect(hubUrl()).toBe('https://started.example');
});
