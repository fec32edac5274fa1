import { expect, it } from 'vitest';
import { chooser } from './choice.ts';

it('exclusion wins, inclusion overrides the default, the rest is left to the source', () => {
  const chosen = chooser({ include: ['tmpfs', '/srv/*'], exclude: ['/srv/tmp*', 'e?h0'] });
  expect(chosen('/run', 'tmpfs', 'tmpfs')).toBe(true);
  expect(chosen('/srv/data', '/dev/sda1', 'ext4')).toBe(true);
  expect(chosen('/srv/tmp/x', '/dev/sda1', 'ext4')).toBe(false);
  expect(chosen('/', '/dev/sda1', 'ext4')).toBeUndefined();
  // Only the star is special.
  expect(chosen('eth0')).toBeUndefined();
  expect(chooser({ exclude: ['a.b(c)[d]+'] })('a.b(c)[d]+')).toBe(false);
  expect(chooser({ exclude: ['*'] })('line\nfeed')).toBe(false);
  expect(chooser()('anything')).toBeUndefined();
});

it('a pattern of many stars takes no time', () => {
  const started = performance.now();
  expect(chooser({ exclude: [`${'a*'.repeat(60)}b`] })('a'.repeat(255))).toBeUndefined();
  expect(performance.now() - started).toBeLessThan(1_000);
});
