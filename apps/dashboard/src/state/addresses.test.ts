import { expect, test } from 'vitest';
import { enrolCommands, isLoopback } from '../pages/agents/commands.ts';
import { tokenFromHash } from '../pages/signin/token.ts';
import { nextPath } from './next-path.ts';
import { parsePreferences, preferencesDefaults } from './preferences.ts';

test('after signing in only pages of this origin are opened', () => {
  expect(nextPath('next=%2Fhosts%2Fabc')).toBe('/hosts/abc');
  for (const next of [
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    '',
  ])
    expect(nextPath(`next=${encodeURIComponent(next)}`)).toBe('/');
});

test('the token is read from the fragment', () => {
  expect(tokenFromHash('#token=a-b_c')).toBe('a-b_c');
  expect(tokenFromHash('#a-b_c')).toBe('a-b_c');
  expect(tokenFromHash('')).toBeNull();
  expect(tokenFromHash('#other=1')).toBeNull();
});

test('the commands name the hub and the code', () => {
  expect(enrolCommands('https://hub.example:8787', 'AAAA-BBBB-CCCC-DDDD')).toEqual({
    enrol:
      'npx --no-install openmanager agent enroll --hub https://hub.example:8787 --code AAAA-BBBB-CCCC-DDDD',
    run: 'npx --no-install openmanager agent --hub https://hub.example:8787',
  });
});

test('strange stored preferences fall back one by one', () => {
  expect(parsePreferences(null)).toMatchObject(preferencesDefaults);
  expect(parsePreferences('not json')).toEqual(preferencesDefaults);
  expect(parsePreferences('[]')).toMatchObject({ theme: 'system' });
  expect(
    parsePreferences('{"theme":"purple","locale":"ko","fleetLayout":"rows","chartWindowMs":-1}'),
  ).toMatchObject({
    theme: 'system',
    locale: 'ko',
    fleetLayout: 'rows',
    chartWindowMs: preferencesDefaults.chartWindowMs,
  });
});

test.each([
  ['localhost', true],
  ['127.0.0.1', true],
  ['[::1]', true],
  ['hub.example', false],
  ['10.0.0.7', false],
  ['127.example', false],
])('%s is reached from its own machine only: %s', (hostname, loopback) => {
  expect(isLoopback(hostname)).toBe(loopback);
});
