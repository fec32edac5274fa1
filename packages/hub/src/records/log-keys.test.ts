import { expect, test } from 'vitest';
import { MemoryStore } from '../../test/kit/memory-store.ts';
import { collection } from './collection.ts';
import { LogKeys, timeKey } from './log-keys.ts';

const lines = collection<number>('log-keys-test');

async function stored(count: number): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.write(Array.from({ length: count }, (_, at) => lines.put(timeKey(at), at)));
  return store;
}

test('a name is declared once', () => {
  expect(() => collection('log-keys-test')).toThrow('declared twice');
});

test('the newest come with the start, ascending; the oldest go, those from before as well', async () => {
  const store = await stored(7);
  const { keys, entries } = await LogKeys.open(store, lines, 4);
  expect(entries.map(([, value]) => value)).toEqual([3, 4, 5, 6]);
  expect(keys.trim()).toEqual([0, 1, 2].map((at) => lines.remove(timeKey(at))));
  keys.add(timeKey(8));
  // Out of order, and twice.
  keys.add(timeKey(7));
  keys.add(timeKey(7));
  expect(keys.trim()).toEqual([lines.remove(timeKey(3)), lines.remove(timeKey(4))]);
  expect(keys.size).toBe(4);
  expect(keys.remove(timeKey(7))).toEqual(lines.remove(timeKey(7)));
  expect(keys.trim(timeKey(8))).toEqual([lines.remove(timeKey(5)), lines.remove(timeKey(6))]);
  expect(keys.size).toBe(1);
});

test('of a log far over its limit a start takes out a part, the next start more', async () => {
  const store = await stored(3_000);
  for (const left of [2_000, 1_000, 10]) {
    const { keys } = await LogKeys.open(store, lines, 10);
    await store.write(keys.trim());
    expect(store.collections.get(lines.name)?.size).toBe(left);
  }
});
