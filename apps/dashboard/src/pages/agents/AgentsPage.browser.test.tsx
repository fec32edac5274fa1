import { describe, expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { answer, sent, show, violations } from '../../../test/page.tsx';
import { AgentsPage } from './AgentsPage.tsx';

describe('agents', () => {
  const session = { name: 'admin', role: 'admin', hasPassword: true } as const;
  const agent = {
    agentId: 'aaaaaaaaaaaa',
    hostname: 'web-1',
    connected: true,
    enrolledAtMs: 1,
    lastSeenAtMs: 2,
    agentVersion: '0.1.0',
    demo: false,
  };

  test('adding a host shows the exact command', async () => {
    answer({
      agents: { status: 200, body: [agent] },
      tokens: { status: 200, body: [] },
      'agents/codes': {
        status: 201,
        body: { code: 'AAAA-BBBB-CCCC-DDDD', expiresAtMs: Date.now() + 900_000 },
      },
    });
    show(<AgentsPage session={session} />);
    await page.getByRole('button', { name: 'Add a host' }).click();
    await expect
      .element(
        page.getByText(
          `npx --no-install openmanager agent enroll --hub ${location.origin} --code AAAA-BBBB-CCCC-DDDD`,
        ),
      )
      .toBeVisible();
    expect(await violations()).toEqual([]);
    await userEvent.keyboard('{Escape}');
    await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
  });

  test('revoking asks first, and asks the hub only after the answer', async () => {
    answer({
      agents: { status: 200, body: [agent] },
      tokens: { status: 200, body: [] },
      'agents/aaaaaaaaaaaa': { status: 200, body: {} },
    });
    show(<AgentsPage session={session} />);
    await page.getByRole('button', { name: 'Revoke web-1' }).click();
    await expect.element(page.getByRole('dialog')).toBeVisible();
    expect(sent('DELETE')).toHaveLength(0);
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke', exact: true }).click();
    await vi.waitFor(() => expect(sent('DELETE')).toHaveLength(1));
    await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
  });

  test('how an agent is doing stands beside it, and what is wrong is counted', async () => {
    const report = {
      collectMs: 6.2,
      failures: 0,
      notListed: 6,
      memoryBytes: 58_720_256,
      spoolBytes: 3_145_728,
      batchesWaiting: 9,
      memoryOnly: true,
      batchesDropped: 1,
      connections: 3,
    };
    const quiet = {
      ...report,
      memoryOnly: false,
      notListed: 0,
      spoolBytes: 0,
      batchesWaiting: 1,
      batchesDropped: 0,
    };
    answer({
      agents: {
        status: 200,
        body: [
          { ...agent, report },
          { ...agent, agentId: 'b', hostname: 'web-2', report: { ...quiet, connections: 1 } },
          { ...agent, agentId: 'c', hostname: 'web-3' },
        ],
      },
      tokens: { status: 200, body: [] },
    });
    show(<AgentsPage session={session} />);
    const row = (name: string) => page.getByRole('row', { name: new RegExp(`^${name} `) });
    await expect.element(row('web-1')).toBeVisible();
    const said = (name: string): string =>
      row(name).element().textContent?.replaceAll('\u00a0', ' ') ?? '';
    expect(said('web-1')).toContain(
      '6.2 ms a sample, 56.0 MiB of memoryIts disk cannot be written: what waits is in memory only3.0 MiB wait for the hub1 batch dropped6 not listedReconnected 2 times',
    );
    expect(said('web-2')).toContain('6.2 ms a sample, 56.0 MiB of memory0.1.0');
    expect(said('web-3')).toContain('–');
    expect(await violations()).toEqual([]);
  });

  test('a viewer can look and not touch', async () => {
    answer({ agents: { status: 200, body: { agents: [agent] } } });
    show(<AgentsPage session={{ ...session, role: 'viewer' }} />);
    await expect.element(page.getByRole('link', { name: 'web-1' })).toBeVisible();
    await expect.element(page.getByRole('button', { name: 'Add a host' })).not.toBeInTheDocument();
    await expect.element(page.getByRole('button', { name: /Revoke/ })).not.toBeInTheDocument();
  });
});
