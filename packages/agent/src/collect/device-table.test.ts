import { expect, it } from 'vitest';
import { DeviceTable } from './device-table.ts';

/** A table that lists two of its devices, largest value first. */
function table(margin = 0): {
  show(devices: Readonly<Record<string, number>>): string;
  it: DeviceTable;
  wanted: Set<string>;
} {
  const wanted = new Set<string>();
  const made = new DeviceTable({
    totals: ['sum'],
    keysOf: (name) => [name.toLowerCase()],
    counters: 0,
    wanted: (name) => !name.startsWith('_') || wanted.has(name),
    limit: 2,
    rank: ({ values }) => values[0] as number,
    margin,
  });
  return {
    it: made,
    wanted,
    show(devices) {
      made.begin();
      for (const [name, value] of Object.entries(devices)) {
        const row = made.row(name);
        if (row) row.values[0] = value;
      }
      made.end();
      return made.keys.slice(1).toSorted().join(' ');
    },
  };
}

it('lists the first in order of rank, and all have rows', () => {
  const devices = table();
  expect(devices.show({ a: 1, b: 2, c: 3, d: 4 })).toBe('c d');
  expect(devices.it.notListed).toBe(2);
  expect([...devices.it].map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
  expect(devices.show({ a: 9, b: 2, c: 3, d: 4 })).toBe('a d');
  expect(devices.it.values[devices.it.keys.indexOf('a')]).toBe(9);
});

it('keeps what is listed until another is larger by the margin', () => {
  const devices = table(0.5);
  devices.show({ a: 1, b: 1 });
  const { keys } = devices.it;
  for (const c of [1, 1.4, 0.9, 1.5]) {
    expect(devices.show({ a: 1, b: 1, c })).toBe('a b');
    expect(devices.it.keys).toBe(keys);
  }
  expect(devices.show({ a: 1, b: 1.1, c: 1.6 })).toBe('b c');
  // And back only by the margin again.
  expect(devices.show({ a: 1.5, b: 1.1, c: 1.6 })).toBe('b c');
});

it('a device without a value keeps its place', () => {
  const devices = table();
  devices.show({ a: 5, b: 4, c: 1 });
  expect(devices.show({ a: Number.NaN, b: 4, c: 4.5 })).toBe('a c');
});

it('a place that gets free is taken, and what is gone is forgotten', () => {
  const devices = table();
  devices.show({ a: 5, b: 4, c: 1 });
  expect(devices.show({ a: 5, c: 1 })).toBe('a c');
  expect(devices.it.notListed).toBe(0);
  expect(devices.show({ c: 1 })).toBe('c');
});

it('what is not wanted is neither listed nor counted, until it is asked about anew', () => {
  const devices = table();
  expect(devices.show({ _x: 1, a: 1 })).toBe('a');
  expect(devices.it.notListed).toBe(0);
  devices.wanted.add('_x');
  expect(devices.show({ _x: 1, a: 1 })).toBe('a');
  devices.it.reconsider();
  expect(devices.show({ _x: 1, a: 1 })).toBe('_x a');
});

it('two devices that read alike make one series, and the other is counted', () => {
  const devices = table();
  expect(devices.show({ a: 1, A: 2, b: 0 })).toBe('a b');
  expect(new Set(devices.it.keys).size).toBe(devices.it.keys.length);
  expect(devices.it.notListed).toBe(1);
  expect(devices.show({ a: 1, A: 9, b: 0 })).toBe('a b');
});
