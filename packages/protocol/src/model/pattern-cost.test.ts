/** What a stranger's pattern may cost, whatever it is made of. */
import { expect, test } from 'vitest';
import * as v from 'valibot';
import { figure } from '../../../../scripts/proof/kit.ts';
import { limits } from '../limits.ts';
import { matchersSchema, matchesAll, type Matcher } from './matcher.ts';
import { compilePattern, fits } from './pattern.ts';

test('a matcher with 999 stars is refused', { tags: ['security'] }, () => {
  const of = (value: string): unknown => [{ name: 'host', op: '~', value }];
  expect(v.safeParse(matchersSchema, of('*a'.repeat(499) + '*')).success).toBe(false);
  expect(v.safeParse(matchersSchema, of('*|'.repeat(499))).success).toBe(false);
  expect(v.safeParse(matchersSchema, of('a*'.repeat(limits.matcherStars))).success).toBe(true);
});

test('the worst matchers there are, asked of 10,000 alerts', { tags: ['security'] }, ({ task }) => {
  const worst = [
    '*a'.repeat(63) + '*b',
    '*a|'.repeat(63) + '*',
    `*${'a'.repeat(14)}`.repeat(60) + '*b',
  ];
  const matchers: Matcher[] = Array.from({ length: limits.matchers }, (_, index) => ({
    name: 'host',
    op: '!~',
    value: worst[index % worst.length] as string,
  }));
  const from = performance.now();
  for (let alert = 0; alert < 10_000; alert++)
    matchesAll(matchers, { host: `${'a'.repeat(100)}${alert}` });
  const ms = performance.now() - from;
  // 19 s before.
  expect(ms).toBeLessThan(3_000);
  figure(task, `${Math.round(ms)} ms`);
});

test('stars beside one another are one; overlapping ends are not taken twice', () => {
  expect(fits('a***b', 'ab')).toBe(true);
  expect(fits('aba*aba', 'aba')).toBe(false);
  expect(fits('*', '')).toBe(true);
  expect(compilePattern('a*b*c')('a-b-c')).toBe(true);
  expect(compilePattern('a*b*c')('a-c-b')).toBe(false);
});
