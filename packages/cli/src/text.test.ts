import { afterEach, expect, test, vi } from 'vitest';
import { takeLanguage, text } from './text.ts';

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
