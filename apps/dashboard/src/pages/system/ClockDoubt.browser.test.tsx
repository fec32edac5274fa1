import { expect, test, vi } from 'vitest';
import { page } from 'vitest/browser';
import { answer, sent, show, violations } from '../../../test/page.tsx';
import { ClockDoubt } from './ClockDoubt.tsx';

const doubt = { clockMs: Date.UTC(2036, 0, 1), trustedMs: Date.UTC(2026, 5, 15) };

test('an administrator says that the clock is right', async () => {
  answer({ 'storage/trust-clock': { status: 204, body: undefined } });
  const trusted = vi.fn();
  show(<ClockDoubt doubt={doubt} admin onTrusted={trusted} />);
  await expect.element(page.getByRole('alert')).toBeVisible();
  expect(document.body.textContent).toContain('from 2026-06-15 00:00 UTC to 2036-01-01 00:00 UTC');
  expect(await violations()).toEqual([]);
  await page.getByRole('button', { name: 'The clock is right' }).click();
  await vi.waitFor(() => expect(trusted).toHaveBeenCalledOnce());
  expect(sent('POST')).toHaveLength(1);
});

test('a viewer is told, and asked nothing', async () => {
  show(<ClockDoubt doubt={doubt} admin={false} onTrusted={() => undefined} />);
  await expect.element(page.getByRole('alert')).toBeVisible();
  await expect.element(page.getByRole('button')).not.toBeInTheDocument();
});
