import { expect, test } from 'vitest';
import { peerOf, Strangers } from './strangers.ts';

test('the longest quiet of an address goes at its share, of all at the total', () => {
  const gone: string[] = [];
  const pool = new Strangers<string>({ total: 4, perAddress: 2 }, (item) => gone.push(item));
  pool.add('a1', 'a');
  pool.add('b1', 'b');
  pool.add('a2', 'a');
  pool.touch('a1');
  pool.add('a3', 'a');
  expect(gone).toEqual(['a2']);
  pool.add('c1', 'c');
  pool.add('d1', 'd');
  expect(gone).toEqual(['a2', 'b1']);
  expect([pool.size, pool.evicted, pool.ofAddress('b')]).toEqual([4, 2, 0]);
  expect([pool.delete('a1'), pool.delete('a1')]).toEqual([true, false]);
  pool.touch('a1');
  expect(pool.size).toBe(3);
});

test('an IPv6 peer is its network, an IPv4 one its address however it is written', () => {
  expect(peerOf('::ffff:192.0.2.7')).toBe('192.0.2.7');
  expect(peerOf('192.0.2.7')).toBe('192.0.2.7');
  expect(peerOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
  expect(peerOf('2001:db8:1:2:ffff::1')).toBe('2001:db8:1:2::/64');
  expect(peerOf('2001:db8::1')).toBe('2001:db8:0:0::/64');
  expect(peerOf('::1')).toBe('0:0:0:0::/64');
  expect(peerOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
  expect(peerOf(undefined)).toBe('');
});
