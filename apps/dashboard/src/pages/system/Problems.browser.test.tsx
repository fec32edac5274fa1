import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { answer, show, violations } from '../../../test/page.tsx';
import { Problems } from './Problems.tsx';

test('what does not work is listed, also while the hub answers 503', async () => {
  const problems = ['The disk is full <b>now</b>.', 'Receiver “ops” cannot be reached.'];
  answer({
    health: { status: 503, body: { status: 'down', problems, parts: ['storing', 'new'] } },
  });
  show(<Problems />);
  await expect.element(page.getByRole('alert')).toBeVisible();
  await expect
    .element(page.getByRole('heading', { name: 'The hub cannot do its job' }))
    .toBeVisible();
  expect(page.getByRole('listitem').elements()).toHaveLength(2);
  expect(document.body.textContent).toContain('Storing: The disk is full <b>now</b>.');
  expect(await violations()).toEqual([]);
});

test('nothing is shown where all is well', async () => {
  answer({ health: { status: 200, body: { status: 'ok', problems: [] } } });
  show(<Problems />);
  await expect.element(page.getByRole('alert')).not.toBeInTheDocument();
});
