import { expect, test, vi } from 'vitest';
import { page } from 'vitest/browser';
import { show, shown, violations } from '../../../test/page.tsx';
import { Services } from './Services.tsx';

const unit = (
  name: string,
  state: string,
  restarts = 0,
  memory = Number.NaN,
): Record<string, number> => ({
  [`systemd.unit.state{systemd.unit.active_state="active",systemd.unit.name="${name}"}`]: 0,
  [`systemd.unit.state{systemd.unit.active_state="failed",systemd.unit.name="${name}"}`]: 0,
  [`systemd.unit.state{systemd.unit.active_state="${state}",systemd.unit.name="${name}"}`]: 1,
  ...(name.endsWith('.service')
    ? {
        [`systemd.service.restarts{systemd.unit.name="${name}"}`]: restarts,
        [`systemd.service.memory.usage{systemd.unit.name="${name}"}`]: memory,
      }
    : {}),
});
const series = {
  'system.systemd.unit.failed': 1,
  'openmanager.agent.not_listed{source="systemd"}': 6,
  ...unit('web.service', 'active', 0, 2048),
  ...unit('database.service', 'active', 2, 1024 * 1024),
  ...unit('flap.service', 'activating', 41),
  ...unit('mnt-data.mount', 'failed'),
};
const names = (): (string | null)[] =>
  [...shown().querySelectorAll('tbody th')].map((cell) => cell.textContent);

test('what failed stands first; columns sort by keyboard; what is not listed is counted', async () => {
  show(<Services series={series} />);
  await vi.waitFor(() =>
    expect(names()).toEqual(['mnt-data.mount', 'flap.service', 'database.service', 'web.service']),
  );
  const failed = page.getByRole('row', { name: /mnt-data/ });
  await expect.element(failed).toHaveTextContent('mnt-data.mountFailed––');
  await expect.element(page.getByText('6 units are not listed')).toBeVisible();
  const byMemory = page.getByRole('button', { name: 'Memory' });
  (byMemory.element() as HTMLElement).focus();
  (byMemory.element() as HTMLElement).click();
  await vi.waitFor(() => expect(names()[0]).toBe('database.service'));
  await expect
    .element(page.getByRole('columnheader', { name: 'Memory' }))
    .toHaveAttribute('aria-sort', 'descending');
  await page.getByRole('button', { name: 'Restarts' }).click();
  await vi.waitFor(() => expect(names()[0]).toBe('flap.service'));
  expect(await violations()).toEqual([]);
});

test('waits for the first values, says when nothing runs, and is no panel without systemd', async () => {
  show(<Services series={{}} />);
  await expect.element(page.getByText('Loading…')).toBeVisible();
  show(<Services series={{ 'system.systemd.unit.failed': 0 }} />);
  await expect.element(page.getByText('No service runs, and no unit failed.')).toBeVisible();
  show(<Services series={{ 'system.uptime': 5 }} />);
  await vi.waitFor(() => expect(shown().querySelector('section')).toBeNull());
});
