import { expect, it } from 'vitest';
import { visible } from './visible.ts';

it.each([
  ['/srv/사진 🚀 "x" \\', '/srv/사진 🚀 "x" \\'],
  ['a\nb\tc\r', 'a\\nb\\tc\\r'],
  ['esc\u001b[31m\u0085', 'esc\\x1b[31m\\x85'],
  ['gnp\u202eexe.\u200b', 'gnp\\u202eexe.\\u200b'],
])('%j is shown as %j', (text, shown) => {
  expect(visible(text)).toBe(shown);
});
