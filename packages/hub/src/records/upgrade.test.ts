import { expect, test } from 'vitest';
import { withTarget } from './upgrade.ts';

test.each([
  [
    'an alert',
    { id: 'a', hostId: 'web100000000', hostname: 'web-1', metric: 'm' },
    { id: 'a', metric: 'm', target: { id: 'web100000000', kind: 'host', name: 'web-1' } },
  ],
  [
    'an anomaly, which had no name',
    { id: 'a', hostId: 'web100000000', key: 'k' },
    { id: 'a', key: 'k', target: { id: 'web100000000', kind: 'host', name: 'web100000000' } },
  ],
  ['an event about the hub', { id: 1, kind: 'hub-started' }, { id: 1, kind: 'hub-started' }],
])('%s of before', (_, before, after) => {
  expect(withTarget(before)).toEqual(after);
  // What has its form is left alone.
  expect(withTarget(after)).toBe(after);
});

test('a name that the record lacks is asked for; one that it has counts', () => {
  const named = (stored: object): unknown =>
    (withTarget(stored, () => 'asked') as { target?: { name: string } }).target?.name;
  expect(named({ hostId: 'web100000000' })).toBe('asked');
  expect(named({ hostId: 'web100000000', hostname: 'web-1' })).toBe('web-1');
});
