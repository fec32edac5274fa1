import { expect, test } from 'vitest';
import { pairsOf, whereOf } from './where.ts';

const where = { 'system.filesystem.type': ['!tmpfs', '!overlay'], mode: 'a|b' };

test('what is not typed into stays as it was, and so do all other attributes', () => {
  expect(whereOf(pairsOf(where), where)).toEqual(where);
  const [type, mode] = pairsOf(where);
  expect(whereOf([{ name: 'system.filesystem.type', text: '!tmpfs|!ext4' }, mode!], where)).toEqual(
    {
      'system.filesystem.type': ['!tmpfs', '!ext4'],
      mode: 'a|b',
    },
  );
  expect(whereOf([type!, { name: 'mode', text: 'c' }], where)).toEqual({ ...where, mode: 'c' });
});

test('an attribute without a name is not there', () => {
  expect(pairsOf(undefined)).toEqual([{ name: '', text: '' }]);
  expect(whereOf(pairsOf(undefined), undefined)).toBeUndefined();
  expect(whereOf([{ name: 'mode', text: '' }], undefined)).toEqual({ mode: '' });
});
