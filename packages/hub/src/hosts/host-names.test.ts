import { expect, test } from 'vitest';
import { HostNameBook } from './host-names.ts';

test(
  "another host's name is not given twice, however it is written",
  { tags: ['security'] },
  () => {
    const names = new HostNameBook();
    expect(names.claim('a', 'web-1')).toBe('web-1');
    expect(names.claim('b', 'web-1')).toBe('web-1 (2)');
    expect(names.claim('c', 'web-1 (2)')).toBe('web-1 (2) (2)');
    expect(names.claim('d', 'WEB-1')).toBe('WEB-1 (3)');
    expect(names.claim('e', 'web-1\u200b ')).toMatch(/\(4\)$/);
    expect(names.claim('f', 'ｗｅｂ-1')).toMatch(/\(5\)$/);
    // Who renames itself gets no more.
    expect(names.claim('g', 'db')).toBe('db');
    expect(names.claim('g', 'web-1')).toBe('web-1 (6)');
    expect(names.hostname('a')).toBe('web-1');
  },
);

test('a host keeps its name over connections, and gets the plain one when that is free', () => {
  const names = new HostNameBook();
  names.claim('a', 'web-1');
  names.claim('b', 'web-1');
  names.claim('c', 'web-1');
  expect(names.claim('a', 'web-1')).toBe('web-1');
  names.delete('b');
  expect(names.claim('c', 'web-1')).toBe('web-1 (3)');
  names.delete('a');
  expect(names.claim('c', 'web-1')).toBe('web-1');
  const long = 'x'.repeat(255);
  expect(names.claim('d', long)).toBe(long);
  expect(names.claim('e', long)).toHaveLength(251);
});
