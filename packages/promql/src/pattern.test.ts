import { expect, test } from 'vitest';
import { figure } from '../../../scripts/proof/kit.ts';
import { patternOf } from './pattern.ts';

const bombs: readonly (readonly [string, string])[] = [
  ['(a|a)*b', 'a'.repeat(60)],
  ['(.|.)*!', 'system_cpu_utilization_of_all_processors_together'],
  ['(a+)+', `${'a'.repeat(60)}!`],
  ['(?i)(x+x+)+y', 'x'.repeat(60)],
  ['(?P<name>a*)*b', 'a'.repeat(60)],
  ['(a+)+c', `${'a'.repeat(60)}b`],
  ['((?i)a*)*\\z[[:digit:]]', 'a'.repeat(60)],
];
test.for(bombs)(
  'a pattern that goes back without end: %s',
  { tags: ['security'] },
  ([pattern, text], { task }) => {
    const from = performance.now();
    expect(patternOf(pattern).fits(text)).toBe(false);
    const ms = performance.now() - from;
    expect(ms).toBeLessThan(500);
    figure(task, `${ms.toFixed(1)} ms`);
  },
);

test.each([
  '(?=a)',
  '(?!a)',
  '(?<=a)',
  '(?<!a)',
  '(a)\\1',
  '(?P<n>a)\\k<n>',
  '(',
  'a{1001}',
  '\\p{Nothing}',
])('%s is refused, as Prometheus does', (pattern) => {
  expect(() => patternOf(pattern)).toThrow(/cannot be read/);
});

// What RE2 has (https://github.com/google/re2/wiki/Syntax), and what JavaScript reads otherwise.
test.each([
  ['[[:alpha:]]+[[:^digit:]]', 'abc-', '123-'],
  ['[[:upper:]]{3}.*', 'PROduction', 'production'],
  ['\\p{L}+\\pN', '서울1', '1서울'],
  ['\\p{Greek}\\P{Greek}', 'λx', 'xλ'],
  ['\\QPRO.\\E.*', 'PRO.duction', 'PROduction'],
  ['\\APRO.*\\z', 'PROduction', 'xPRO'],
  ['(?s)PRO.*', 'PRO\n', 'PR'],
  ['((?i)pro).*', 'PROx', 'PRx'],
  ['(?i)web-[a-f]+\\d', 'WEB-aF7', 'web-g7'],
  ['(?i:a)b', 'Ab', 'AB'],
  ['(?i)ſ', 'S', 'x'],
  ['(?U)a+', 'aaa', 'b'],
  ['(?P<Name>ab)|c', 'c', 'abc'],
  ['a\\\\1', 'a\\1', 'a1'],
  ['\\x41\\x{10FFFF}|\\101', 'A', 'B'],
  ['[^x]\\S', 'X-', 'X '],
  ['', '', 'a'],
  ['a|b|', '', 'c'],
  ['.*web.+', 'a web b', 'a web'],
  ['.+web.*', 'webweb', 'web'],
  ['.+', '\n', ''],
  ['web-.+', 'web-1', 'web-'],
])('%s fits %j, not %j', (pattern, fitting, other) => {
  expect(patternOf(pattern).fits(fitting)).toBe(true);
  expect(patternOf(pattern).fits(other)).toBe(false);
  expect(patternOf(pattern).groups(fitting)?.get('0')).toBe(fitting);
  expect(patternOf(pattern).groups(other)).toBe(undefined);
});
