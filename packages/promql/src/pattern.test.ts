import { expect, test } from 'vitest';
import { figure } from '../../../scripts/proof/kit.ts';
import { patternOf } from './parse.ts';

const bombs: readonly (readonly [string, string])[] = [
  ['(a|a)*b', 'a'.repeat(60)],
  ['(.|.)*!', 'system_cpu_utilization_of_all_processors_together'],
  ['(a+)+', `${'a'.repeat(60)}!`],
  ['(?i)(x+x+)+y', 'x'.repeat(60)],
  ['(?P<name>a*)*b', 'a'.repeat(60)],
];
test.for(bombs)(
  'a pattern that goes back without end: %s',
  { tags: ['security'] },
  ([pattern, text], { task }) => {
    const from = performance.now();
    expect(patternOf(pattern).test(text)).toBe(false);
    const ms = performance.now() - from;
    expect(ms).toBeLessThan(500);
    figure(task, `${ms.toFixed(1)} ms`);
  },
);

test.each(['(?=a)', '(?!a)', '(?<=a)', '(?<!a)', '(a)\\1', '(?P<n>a)\\k<n>'])(
  '%s is refused, as Prometheus does',
  (pattern) => {
    expect(() => patternOf(pattern)).toThrow(/cannot be read/);
  },
);

test('either case is found without the flag for it', () => {
  const fits = (pattern: string, text: string): boolean => patternOf(`(?i)${pattern}`).test(text);
  expect(fits('web-[a-f]+\\d', 'WEB-aF7')).toBe(true);
  expect(fits('web-[a-f]+\\d', 'web-g7')).toBe(false);
  expect(fits('[^x]\\S', 'X ')).toBe(false);
  expect(fits('(?P<Name>ab)', 'aB')).toBe(true);
  expect(patternOf('web').test('WEB')).toBe(false);
});

test('a backslash before a digit may be meant', () => {
  expect(patternOf('a\\\\1').test('a\\1')).toBe(true);
});
