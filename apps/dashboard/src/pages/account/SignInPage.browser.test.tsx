import { problemOf, ProtocolError } from '@openmanager/protocol';
import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { answer, show, violations } from '../../../test/page.tsx';
import { activate } from '../../i18n/locale.ts';
import { SignInPage } from './SignInPage.tsx';

test('sign-in says what was wrong, in words of the chosen language', async () => {
  answer({
    'auth/login': {
      status: 401,
      body: problemOf(new ProtocolError('wrong-credentials', 'English from the hub')),
    },
    'auth/session': {
      status: 401,
      body: problemOf(new ProtocolError('unauthenticated')),
    },
  });
  show(<SignInPage />);
  await page.getByLabelText('Name').fill('admin');
  await page.getByLabelText('Password').fill('not it');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect
    .element(page.getByRole('alert'))
    .toHaveTextContent('The name or the password is wrong. Check both and try again.');
  await activate('ko');
  try {
    await expect
      .element(page.getByRole('alert'))
      .toHaveTextContent('이름 또는 비밀번호가 올바르지 않습니다. 확인한 뒤 다시 시도하세요.');
    expect(await violations()).toEqual([]);
  } finally {
    await activate('en');
  }
});
