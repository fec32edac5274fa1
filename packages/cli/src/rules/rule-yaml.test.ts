import { expect, test } from 'vitest';
import { figure } from '../../../../scripts/proof/kit.ts';
import { readYaml, YamlTooDeep } from './rule-yaml.ts';

const bombs: readonly (readonly [string, string])[] = [
  ['100,000 [', '['.repeat(100_000)],
  ['100,000 {a:', '{a: '.repeat(100_000)],
  ['100,000 sequences on a line', '- '.repeat(100_000)],
  ['100,000 keys on a line', '? '.repeat(100_000)],
  [
    'steps of indentation',
    Array.from({ length: 3_000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
  ],
  ['8 MB', 'a'.repeat(8 * 1024 * 1024)],
];
test.for(bombs)('YAML refused at once: %s', { tags: ['security'] }, ([, text], { task }) => {
  const from = performance.now();
  expect(() => readYaml(text)).toThrow(YamlTooDeep);
  const ms = performance.now() - from;
  expect(ms).toBeLessThan(1_000);
  figure(task, `${Math.round(ms)} ms`);
});

test('aliases that multiply are refused', { tags: ['security'] }, () => {
  const laughs = [
    'a0: &a0 [lol, lol]',
    ...Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}, *a${n}]`),
  ].join('\n');
  expect(() => readYaml(laughs)).toThrow(/alias/i);
});

test('keys of a prototype are keys like others', { tags: ['security'] }, () => {
  readYaml('__proto__: {polluted: true}\nconstructor: {prototype: {polluted: true}}');
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
});

test('a file of rules is read as ever', () => {
  expect(
    readYaml('rules:\n  - id: a\n    targets: [web, "team=shop"]\n    text: "[[[[ {{{{"'),
  ).toEqual({
    rules: [{ id: 'a', targets: ['web', 'team=shop'], text: '[[[[ {{{{' }],
  });
});
