import { expect, test } from 'vitest';
import { nextPath } from './next-path.ts';

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
