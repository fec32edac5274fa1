import { afterEach, expect, test, vi } from 'vitest';
import { problemText, takeLanguage, text } from './text.ts';

afterEach(() => takeLanguage(['--lang', 'en']));

test('--lang chooses the language and is no flag of any command', async () => {
  expect(await takeLanguage(['start', '--lang', 'ko', '--data', 'x'])).toEqual([
    'start',
    '--data',
    'x',
  ]);
  expect(text('commands')).toBe('명령');
  expect(await takeLanguage(['--lang=en-GB', 'start'])).toEqual(['start']);
  expect(text('commands')).toBe('Commands');
  expect(await takeLanguage(['start'])).toEqual(['start']);
});

test('a language that we do not speak is English', async () => {
  await takeLanguage(['--lang', 'ko']);
  await takeLanguage(['--lang', 'la']);
  expect(text('commands')).toBe('Commands');
});

test.each([
  [{ OPENMANAGER_LANG: 'ko', LC_ALL: 'C' }, '명령'],
  [{ LC_ALL: 'ko_KR.UTF-8' }, '명령'],
  [{ LC_ALL: '', LC_MESSAGES: '', LANG: 'ko_KR.UTF-8' }, '명령'],
  [{ LC_ALL: 'C', LANG: 'ko_KR.UTF-8' }, 'Commands'],
])('%j is spoken to as %s', async (environment, word) => {
  for (const name of ['OPENMANAGER_LANG', 'LC_ALL', 'LC_MESSAGES', 'LANG'])
    vi.stubEnv(name, (environment as Record<string, string>)[name] ?? '');
  vi.resetModules();
  const fresh = await import('./text.ts');
  expect(fresh.text('commands')).toBe(word);
  vi.unstubAllEnvs();
});

test('values stand in the sentence, counts in their form', () => {
  expect(text('error.required', { flag: 'hub' })).toBe('--hub is needed.');
});

test('an error of the hub is told in the reader’s language, with what the hub adds', async () => {
  const wrong = {
    code: 'wrong-credentials',
    detail: 'The name or the password is wrong.',
  } as const;
  expect(problemText(wrong)).toBe('The name or the password is wrong. Check both and try again.');
  await takeLanguage(['--lang', 'ko']);
  expect(problemText(wrong)).toBe(
    '이름 또는 비밀번호가 올바르지 않습니다. 확인한 뒤 다시 시도하세요.',
  );
  expect(problemText({ code: 'invalid-input', detail: 'clear: must be a number' })).toBe(
    '허브가 받아들일 수 없는 입력입니다. 표시된 항목을 고치세요. (clear: must be a number)',
  );
});
