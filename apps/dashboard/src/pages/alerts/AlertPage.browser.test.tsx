/** The page that messages link to: one tap acknowledges, one silences for an hour. */
import type { Alert } from '@openmanager/protocol';
import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { answer, sent, show, violations } from '../../../test/page.tsx';
import { OneAlert } from './AlertPage.tsx';

const alert: Alert = {
  id: 'a1',
  ruleId: 'disk-full',
  target: { id: 'web100000000', kind: 'host', name: 'web-1' },
  severity: 'critical',
  state: 'firing',
  metric: 'system.filesystem.utilization',
  attributes: { 'system.filesystem.mountpoint': '/' },
  value: 0.97,
  threshold: 0.95,
  activeAtMs: 1,
  firedAtMs: 1,
  sampleTimeMs: 1,
  summary: 'Disk full',
};
const facts = { alertId: 'a1', silencedBy: [], inhibitedBy: [] };
const admin = { name: 'admin', role: 'admin', hasPassword: true } as const;
const viewer = { name: 'kim', role: 'viewer', hasPassword: true } as const;

test('one tap each acknowledges and silences', async () => {
  answer({
    'alerts/facts': { status: 200, body: [facts] },
    'alerts/a1/acknowledgement': { status: 200, body: {} },
    silences: { status: 200, body: {} },
  });
  show(<OneAlert alert={alert} alerts={[alert]} session={admin} />);
  expect(await violations()).toEqual([]);
  await page.getByRole('button', { name: 'Acknowledge' }).click();
  await expect.poll(() => sent('PUT')).toEqual([{}]);
  await page.getByRole('button', { name: 'Silence 1 h' }).click();
  await expect.poll(() => sent('POST')).toHaveLength(1);
  const [silence] = sent('POST') as { endsAtMs: number }[];
  expect(silence).toMatchObject({
    matchers: [
      { name: 'targetId', op: '=', value: 'web100000000' },
      { name: 'rule', op: '=', value: 'disk-full' },
    ],
  });
  expect(Math.abs((silence?.endsAtMs ?? 0) - Date.now() - 3_600_000)).toBeLessThan(10_000);
});

test('who may not silence is not asked to; what ended has no buttons', async () => {
  answer({ 'alerts/facts': { status: 200, body: [facts] } });
  show(<OneAlert alert={alert} alerts={[alert]} session={viewer} />);
  await expect.element(page.getByRole('button', { name: 'Acknowledge' })).toBeVisible();
  expect(page.getByRole('button', { name: 'Silence 1 h' }).elements()).toHaveLength(0);
  const over: Alert = { ...alert, state: 'resolved', resolvedAtMs: 2 };
  show(<OneAlert alert={over} alerts={[]} session={admin} />);
  await expect.element(page.getByText('Resolved')).toBeVisible();
  expect(page.getByRole('button').elements()).toHaveLength(0);
});
