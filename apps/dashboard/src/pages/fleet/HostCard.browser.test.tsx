import { describe, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { host } from '../../../test/hosts.ts';
import { show, shown, violations } from '../../../test/page.tsx';
import { HostCard, HostRow } from './HostCard.tsx';

describe('fleet', () => {
  test('a card names the state without colour, links to its host and passes the checks', async () => {
    show(
      <ul>
        <HostCard
          host={host('web-1', { cpu: 0.97, priority: 'critical', status: 'stale' })}
          place={1}
          count={2}
        />
        <HostRow host={host('web-2', { cpu: 0.1 })} place={2} count={2} />
      </ul>,
    );
    await expect
      .element(page.getByRole('link', { name: 'web-1' }))
      .toHaveAttribute('href', '/hosts/web100000000');
    await expect.element(page.getByText('Critical')).toBeVisible();
    await expect.element(page.getByText('Stale')).toBeVisible();
    await expect
      .element(page.getByRole('meter', { name: 'CPU' }).first())
      .toHaveAttribute('aria-valuenow', '97');
    expect(await violations()).toEqual([]);
  });

  test('a host name is text, whatever it contains', async () => {
    const name = '<img src=x onerror=alert(1)>';
    show(
      <ul>
        <HostCard host={host(name, { cpu: 0.1 })} place={1} count={1} />
      </ul>,
    );
    await expect.element(page.getByText(name)).toBeVisible();
    expect(shown().querySelector('img')).toBeNull();
  });
});
