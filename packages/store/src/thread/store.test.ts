import { expect, test, vi } from 'vitest';
import { MAX_DUE_VALUES } from '../write/heads.ts';
import { all, newFolder, opened, plain, rows } from '../../test/stores.ts';

test('what is appended is there, also after the store was opened anew', async () => {
  const folder = newFolder();
  const first = await opened(folder);
  await first.append('a', { bootEpoch: 1, seq: 1 }, rows(['x', 'y'], [[1000, 0.5, 7]]));
  await first.append(
    'a',
    { bootEpoch: 1, seq: 2 },
    rows(['x', 'y'], [[2000, Number.NaN, Math.PI]]),
  );
  const expected = {
    keys: ['x', 'y'],
    times: [1000, 2000],
    columns: [
      [0.5, Number.NaN],
      [7, Math.PI],
    ],
    stepMs: 0,
  };
  expect(plain(await first.query({ hostId: 'a', ...all }))).toEqual(expected);
  await first.close();
  const second = await opened(folder);
  expect(plain(await second.query({ hostId: 'a', ...all }))).toEqual(expected);
  expect(await second.watermarks()).toEqual(new Map([['a', { bootEpoch: 1, seq: 2 }]]));
  const stats = await second.stats();
  expect(stats.samplesStored).toBe(3);
  expect(stats.bytesOnDisk).toBeGreaterThan(0);
});

test('rows of a time that is stored are left out and counted, over a restart; those of an import are not', async () => {
  const folder = newFolder();
  const first = await opened(folder);
  await first.append(
    'a',
    { bootEpoch: 1, seq: 1 },
    rows(
      ['x'],
      [
        [1000, 1],
        [2000, 2],
      ],
    ),
  );
  await first.append(
    'a',
    { bootEpoch: 1, seq: 2 },
    rows(
      ['x'],
      [
        [2000, 9],
        [3000, 3],
        [1000, 9],
      ],
    ),
  );
  await first.importRows('a', rows(['x'], [[1000, 9]]));
  await first.append('b', { bootEpoch: 1, seq: 1 }, rows(['x'], [[1000, 1]]));
  await first.close();
  const second = await opened(folder);
  expect(await second.stats()).toMatchObject({ rowsRepeated: 2, samplesStored: 4 });
});

test('a batch at or below the watermark changes nothing', async () => {
  const store = await opened(newFolder());
  await store.append('a', { bootEpoch: 5, seq: 3 }, rows(['x'], [[1000, 1]]));
  await store.append('a', { bootEpoch: 5, seq: 3 }, rows(['x'], [[2000, 2]]));
  await store.append('a', { bootEpoch: 4, seq: 9 }, rows(['x'], [[3000, 3]]));
  await store.append('a', { bootEpoch: 6, seq: 1 }, rows(['x'], [[4000, 4]]));
  expect([...(await store.query({ hostId: 'a', ...all })).timesMs]).toEqual([1000, 4000]);
});

test('late rows go to their place, and of the same time the first one stays', async () => {
  const folder = newFolder();
  const store = await opened(folder);
  const append = (seq: number, ...points: number[][]): Promise<void> =>
    store.append('a', { bootEpoch: 1, seq }, rows(['x'], points));
  await append(1, [900_000, 9], [300_000, 3]);
  await append(2, [600_000, 6], [299_999, 2], [900_000, 99]);
  await store.close();
  const again = await opened(folder);
  await again.append(
    'a',
    { bootEpoch: 1, seq: 3 },
    rows(
      ['x'],
      [
        [300_000, 33],
        [0, 0],
        [300_001, 4],
      ],
    ),
  );
  expect(plain(await again.query({ hostId: 'a', ...all }))).toEqual({
    keys: ['x'],
    times: [0, 299_999, 300_000, 300_001, 600_000, 900_000],
    columns: [[0, 2, 3, 4, 6, 9]],
    stepMs: 0,
  });
  expect((await again.stats()).samplesStored).toBe(6);
});

test('series change over time: rows of several sets answer as one', async () => {
  const store = await opened(newFolder());
  await store.append('a', { bootEpoch: 1, seq: 1 }, rows(['x', 'y'], [[1000, 1, 2]]));
  await store.append(
    'a',
    { bootEpoch: 1, seq: 2 },
    rows(
      ['y', 'z'],
      [
        [2000, 3, 4],
        [1000, 2, 9],
      ],
    ),
  );
  expect(await store.series('a')).toEqual(['x', 'y', 'z']);
  expect(plain(await store.query({ hostId: 'a', ...all, keys: ['z', 'y', 'nowhere'] }))).toEqual({
    keys: ['z', 'y', 'nowhere'],
    times: [1000, 2000],
    columns: [
      [9, 4],
      [2, 3],
      [Number.NaN, Number.NaN],
    ],
    stepMs: 0,
  });
});

test('a host that was never heard of, or removed, has nothing; its name starts anew', async () => {
  const folder = newFolder();
  const store = await opened(folder);
  const nothing = { keys: [], times: [], columns: [], stepMs: 0 };
  expect(plain(await store.query({ hostId: 'nobody', ...all }))).toEqual(nothing);
  // 250 blocks: more than the sweep removes at a time.
  const points = Array.from({ length: 250 }, (_, index) => [index * 300_000, 1]);
  await store.append('a', { bootEpoch: 1, seq: 1 }, rows(['x'], points));
  await store.append('b', { bootEpoch: 1, seq: 1 }, rows(['x'], [[1, 1]]));
  await store.removeHost('a');
  expect(await store.series('a')).toEqual([]);
  expect(plain(await store.query({ hostId: 'a', ...all }))).toEqual(nothing);
  expect([...(await store.watermarks()).keys()]).toEqual(['b']);
  expect((await store.query({ hostId: 'b', ...all })).timesMs).toHaveLength(1);
  await store.append('a', { bootEpoch: 1, seq: 1 }, rows(['y'], [[7, 1]]));
  expect([...(await store.query({ hostId: 'a', ...all })).timesMs]).toEqual([7]);
  // Also when the hub stops before all of it is gone.
  await store.close();
  const again = await opened(folder);
  await vi.waitFor(async () => expect((await again.stats()).samplesStored).toBe(2), 30_000);
  expect([...(await again.query({ hostId: 'a', ...all })).timesMs]).toEqual([7]);
});

test('close finishes what was appended, refuses what comes after, and may be called again', async () => {
  const folder = newFolder();
  const store = await opened(folder);
  const appended = store.append('a', { bootEpoch: 1, seq: 1 }, rows(['x'], [[1000, 1]]));
  const closed = Promise.all([store.close(), store.close()]);
  await expect(store.query({ hostId: 'a', ...all })).rejects.toMatchObject({ code: 'closed' });
  await appended;
  await closed;
  await expect(
    store.append('a', { bootEpoch: 1, seq: 2 }, rows(['x'], [[2000, 1]])),
  ).rejects.toMatchObject({ code: 'closed' });
  expect((await (await opened(folder)).query({ hostId: 'a', ...all })).timesMs).toHaveLength(1);
});

test('more values at once than a transaction holds before it writes what it has', async () => {
  const store = await opened(newFolder());
  const [hosts, count, width] = [6, 1200, 200];
  const keys = Array.from({ length: width }, (_, place) => `x${place}`);
  const start = 1_700_000_400_000;
  const columns = keys.map((_, place) =>
    Float64Array.from({ length: count }, (_, row) => place + row / 10),
  );
  const timesMs = Array.from({ length: count }, (_, row) => start + row * 1000);
  expect(hosts * count * width).toBeGreaterThan(MAX_DUE_VALUES);
  await Promise.all(
    Array.from({ length: hosts }, (_, host) =>
      store.append(`h${host}`, { bootEpoch: 1, seq: 1 }, { ...rows(keys, []), timesMs, columns }),
    ),
  );
  expect((await store.stats()).samplesStored).toBe(hosts * count * width);
  const result = await store.query({ hostId: 'h5', ...all, maxPoints: count });
  expect([...result.timesMs]).toEqual(timesMs);
  expect(result.columns).toEqual(columns);
});
