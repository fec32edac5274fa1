import { expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { show, shown } from '../../test/page.tsx';
import { Segments } from './choice.tsx';

test('a choice is a radio group moved by arrow keys', async () => {
  const chosen: string[] = [];
  show(
    <Segments
      label="Layout"
      value="cards"
      choices={[
        { value: 'cards', label: 'Cards' },
        { value: 'rows', label: 'Rows' },
      ]}
      onChange={(value) => chosen.push(value)}
    />,
  );
  await expect.element(page.getByRole('radiogroup', { name: 'Layout' })).toBeVisible();
  (shown().querySelector('input') as HTMLElement).focus();
  await userEvent.keyboard('{ArrowRight}');
  expect(chosen).toEqual(['rows']);
});
