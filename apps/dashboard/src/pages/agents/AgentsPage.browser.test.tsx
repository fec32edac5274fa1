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

  test('a viewer can look and not touch', async () => {
    answer({ agents: { status: 200, body: { agents: [agent] } } });
    show(<AgentsPage session={{ ...session, role: 'viewer' }} />);
    await expect.element(page.getByRole('link', { name: 'web-1' })).toBeVisible();
    await expect.element(page.getByRole('button', { name: 'Add a host' })).not.toBeInTheDocument();
    await expect.element(page.getByRole('button', { name: /Revoke/ })).not.toBeInTheDocument();
  });
});
