import { expect, test } from 'vitest';
import { tokenFromHash } from './token.ts';

test('the token is read from the fragment', () => {
  expect(tokenFromHash('#token=a-b_c')).toBe('a-b_c');
  expect(tokenFromHash('#a-b_c')).toBe('a-b_c');
  expect(tokenFromHash('')).toBeNull();
  expect(tokenFromHash('#other=1')).toBeNull();
});
