import { useState, type JSX } from 'react';
import { expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { show, violations } from '../../../test/page.tsx';
import { ChartGroup } from './ChartGroup.tsx';

function Group(): JSX.Element {
  const [open, setOpen] = useState(false);
  return (
    <ChartGroup group="storage" count={3} open={open} onToggle={setOpen}>
      <p>a chart</p>
    </ChartGroup>
  );
}

test('charts under a heading are drawn once it is opened, by keyboard as well', async () => {
  show(<Group />);
  const heading = page.getByRole('heading', { name: 'Storage in detail' });
  await expect.element(heading).toBeVisible();
  await expect.element(page.getByText('a chart')).not.toBeInTheDocument();
  await userEvent.tab();
  await userEvent.keyboard('{Enter}');
  await expect.element(page.getByText('a chart')).toBeVisible();
  expect(await violations()).toEqual([]);
  await userEvent.keyboard('{Enter}');
  await expect.element(page.getByText('a chart')).not.toBeInTheDocument();
});
