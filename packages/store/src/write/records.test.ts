import { expect, test } from 'vitest';
import { newFolder, opened, rows } from '../../test/stores.ts';

test('records are listed in order, and newest first from a place on', async () => {
  const folder = newFolder();
  const store = await opened(folder);
  await store.write([
    { collection: 'events', key: '001', value: { kind: 'a' } },
    { collection: 'events', key: '003', value: { kind: 'c' } },
    { collection: 'events', key: '002', value: { kind: 'b' } },
    { collection: 'users', key: 'x', value: '<b>' },
  ]);
  await store.write([
    { collection: 'events', key: '001', value: null },
    { collection: 'users', key: 'x', remove: true },
    { collection: 'users', key: 'nobody', remove: true },
  ]);
  await store.close();
  const again = await opened(folder);
  expect(await again.entries('events')).toEqual([
    ['001', null],
    ['002', { kind: 'b' }],
    ['003', { kind: 'c' }],
  ]);
  expect(await again.entries('users')).toEqual([]);
  expect((await again.latest('events', 2)).map(([key]) => key)).toEqual(['003', '002']);
  expect((await again.latest('events', 5, '003')).map(([key]) => key)).toEqual(['002', '001']);
});

test('a write with one value that is not JSON changes nothing, nor what is written at the same time', async () => {
  const store = await opened(newFolder());
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  const writes = await Promise.allSettled([
    store.append('a', { bootEpoch: 1, seq: 1 }, rows(['x'], [[1, 1]])),
    ...[circular, 1n, undefined, () => 1].map((value) =>
      store.write([
        { collection: 'users', key: 'y', value: 1 },
        { collection: 'users', key: 'z', value },
      ]),
    ),
    store.write([{ collection: 'users', key: 'x', value: 'kept' }]),
  ]);
  expect(writes.map(({ status }) => status)).toEqual([
    'fulfilled',
    ...Array.from({ length: 4 }, () => 'rejected'),
    'fulfilled',
  ]);
  expect(await store.entries('users')).toEqual([['x', 'kept']]);
});
