import { expect, test, vi } from 'vitest';
import { page } from 'vitest/browser';
import { show, shown, violations } from '../../../test/page.tsx';
import { Processes } from './Processes.tsx';

test('processes sort by a click, and the direction is announced', async () => {
  const row = (pid: number, name: string, cpuUtilization: number) => ({
    pid,
    name,
    user: 'root',
    cpuUtilization,
    memoryBytes: 1024,
  });
  show(<Processes table={{ timeMs: 0, rows: [row(1, 'alpha', 0.1), row(2, 'beta', 0.9)] }} />);
  const names = (): (string | null)[] =>
    [...shown().querySelectorAll('tbody th')].map((cell) => cell.textContent);
  await vi.waitFor(() => expect(names()).toEqual(['beta', 'alpha']));
  await page.getByRole('button', { name: 'Name' }).click();
  expect(names()).toEqual(['alpha', 'beta']);
  await expect
    .element(page.getByRole('columnheader', { name: 'Name' }))
    .toHaveAttribute('aria-sort', 'ascending');
  expect(await violations()).toEqual([]);
});
