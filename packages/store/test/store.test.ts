import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { seriesSetId } from '@openmanager/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore, type RangeResult, type Rows, type Store } from '../src/index.ts';
import { MAX_WAITING_VALUES } from '../src/open-store.ts';

let folder: string;
const open: Store[] = [];

async function opened(path = folder, retentionMs = Number.MAX_SAFE_INTEGER): Promise<Store> {
  const store = await openStore({ folder: path, retentionMs, commitDelayMs: 1 });
  open.push(store);
  return store;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'openmanager-store-'));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.close()));
  rmSync(folder, { recursive: true, force: true });
});

function rows(keys: readonly string[], points: readonly (readonly [number, ...number[]])[]): Rows {
  return {
    setId: seriesSetId(keys),
    keys,
    timesMs: points.map(([time]) => time),
    columns: keys.map((_, index) =>
      Float64Array.from(points, (point) => point[index + 1] ?? Number.NaN),
    ),
  };
}

function plain(result: RangeResult): unknown {
  return {
    keys: result.keys,
    times: [...result.timesMs],
    columns: result.columns.map((column) => [...column]),
    stepMs: result.stepMs,
  };
}

const all = { fromMs: 0, toMs: 1e12, maxPoints: 10_000 } as const;

test('what is appended is there, also after the store was opened anew', async () => {
  const first = await opened();
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
  const second = await opened();
  expect(plain(await second.query({ hostId: 'a', ...all }))).toEqual(expected);
  expect(await second.watermarks()).toEqual(new Map([['a', { bootEpoch: 1, seq: 2 }]]));
  expect((await second.stats()).samplesStored).toBe(4);
  expect((await second.stats()).bytesOnDisk).toBeGreaterThan(0);
});

test('a batch at or below the watermark changes nothing', async () => {
  const store = await opened();
  await store.append('a', { bootEpoch: 5, seq: 3 }, rows(['x'], [[1000, 1]]));
  await store.append('a', { bootEpoch: 5, seq: 3 }, rows(['x'], [[2000, 2]]));
  await store.append('a', { bootEpoch: 4, seq: 9 }, rows(['x'], [[3000, 3]]));
  await store.append('a', { bootEpoch: 6, seq: 1 }, rows(['x'], [[4000, 4]]));
  expect([...(await store.query({ hostId: 'a', ...all })).timesMs]).toEqual([1000, 4000]);
});

test('series change over time: rows of several sets answer as one', async () => {
  const store = await opened();
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

test('a host that was never heard of, or removed, has nothing', async () => {
  const store = await opened();
  expect(plain(await store.query({ hostId: 'nobody', ...all }))).toEqual({
    keys: [],
    times: [],
    columns: [],
    stepMs: 0,
  });
  await store.append(
    'a',
    { bootEpoch: 1, seq: 1 },
    rows(
      ['x'],
      Array.from({ length: 5000 }, (_, index) => [index, 1]),
    ),
  );
  await store.append('b', { bootEpoch: 1, seq: 1 }, rows(['x'], [[1, 1]]));
  await store.removeHost('a');
  expect(await store.series('a')).toEqual([]);
  expect([...(await store.watermarks()).keys()]).toEqual(['b']);
  expect((await store.query({ hostId: 'b', ...all })).timesMs).toHaveLength(1);
  await store.append('a', { bootEpoch: 1, seq: 1 }, rows(['x'], [[7, 1]]));
  expect([...(await store.query({ hostId: 'a', ...all })).timesMs]).toEqual([7]);
});

test('random appends answer as a plain table does', async () => {
  const sets = [['x', 'y'], ['y', 'z'], ['x']];
  const appendArbitrary = fc.record({
    host: fc.constantFrom('a', 'b'),
    set: fc.nat(2),
    seq: fc.integer({ min: 1, max: 40 }),
    points: fc.array(
      fc.tuple(fc.nat(50), fc.float({ noNaN: true }), fc.option(fc.nat(9), { nil: Number.NaN })),
      { minLength: 1, maxLength: 5 },
    ),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(appendArbitrary, { maxLength: 25 }),
      fc.nat(25),
      fc.tuple(fc.nat(60), fc.nat(60)),
      async (appends, restartAt, [one, other]) => {
        const path = mkdtempSync(join(folder, 'run-'));
        let store = await opened(path);
        const table = new Map<string, number>();
        const taken = new Map<string, Set<string>>();
        const marks = new Map<string, number>();
        for (const [index, { host, set, seq, points }] of appends.entries()) {
          if (index === restartAt) {
            await store.close();
            store = await opened(path);
          }
          const keys = sets[set];
          await store.append(host, { bootEpoch: 1, seq }, rows(keys, points));
          if (seq <= (marks.get(host) ?? 0)) continue;
          marks.set(host, seq);
          for (const [time, ...values] of points) {
            const name = `${host}/${time}`;
            const seen = taken.get(name) ?? new Set();
            taken.set(name, seen);
            if (seen.has(String(set))) continue;
            seen.add(String(set));
            for (const [place, key] of keys.entries()) {
              const value = values[place] ?? Number.NaN;
              if (!Number.isNaN(value)) table.set(`${name}/${key}/${set}`, value === 0 ? 0 : value);
            }
          }
        }
        const [fromMs, toMs] = one < other ? [one, other] : [other, one];
        for (const hostId of ['a', 'b']) {
          const result = await store.query({
            hostId,
            keys: ['x', 'y', 'z'],
            fromMs,
            toMs,
            maxPoints: 100,
          });
          const answer = new Map<string, number>();
          for (const [column, key] of result.keys.entries())
            for (const [index, time] of result.timesMs.entries()) {
              const value = result.columns[column]?.[index] ?? Number.NaN;
              if (!Number.isNaN(value)) answer.set(`${time}/${key}`, value);
            }
          const expected = new Map<string, number[]>();
          for (const [name, value] of table) {
            const [host, time, key] = name.split('/') as [string, string, string];
            if (host !== hostId || Number(time) < fromMs || Number(time) > toMs) continue;
            expected.set(`${time}/${key}`, [...(expected.get(`${time}/${key}`) ?? []), value]);
          }
          expect([...answer.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
          for (const [name, value] of answer) {
            const values = expected.get(name) as number[];
            // Two sets that name the same series at the same time are averaged.
            expect(value).toBeCloseTo(
              values.reduce((sum, entry) => sum + entry, 0) / values.length,
              6,
            );
          }
          expect([...result.timesMs]).toEqual([...result.timesMs].toSorted((a, b) => a - b));
        }
        await store.close();
      },
    ),
    { numRuns: 25 },
  );
});

test('more rows than asked for become means per step, never more than asked for', async () => {
  const store = await opened();
  const points = Array.from({ length: 1000 }, (_, index) => [index * 5000, index, 1] as const);
  await store.append('a', { bootEpoch: 1, seq: 1 }, rows(['x', 'y'], points));
  for (const maxPoints of [1, 2, 7, 100, 999, 1000]) {
    const { timesMs, columns, stepMs } = await store.query({
      hostId: 'a',
      fromMs: 0,
      toMs: 5_000_000,
      maxPoints,
    });
    expect(timesMs.length).toBeLessThanOrEqual(maxPoints);
    if (maxPoints === 1000) expect(stepMs).toBe(0);
    else {
      expect([...timesMs].every((time) => time % stepMs === 0)).toBe(true);
      const step = [...timesMs].findIndex((time) => time >= 10_000);
      const here = points.filter(([time]) => Math.floor(time / stepMs) * stepMs === timesMs[step]);
      if (step >= 0)
        expect(columns[0]?.[step]).toBeCloseTo(
          here.reduce((sum, [, value]) => sum + value, 0) / here.length,
        );
      expect(new Set(columns[1])).toEqual(new Set([1]));
    }
  }
});

test('rows past the retention go, slice by slice, and nothing else does', async () => {
  const store = await opened();
  const now = Date.now();
  const old = Array.from(
    { length: 4500 },
    (_, index) => [now - 7_200_000 + index, 1] as [number, number],
  );
  await store.append('a', { bootEpoch: 1, seq: 1 }, rows(['x'], [...old, [now, 2]]));
  await store.close();
  const { Writes } = await import('../src/write.ts');
  const { openForWriting } = await import('../src/database.ts');
  const database = openForWriting(folder);
  const writes = new Writes(database);
  const cutoff = now - 3_600_000;
  expect(writes.expire('a', cutoff)).toBe(true);
  expect(writes.expire('a', cutoff)).toBe(true);
  expect(writes.expire('a', cutoff)).toBe(false);
  expect(database.prepare('SELECT count(*) AS count FROM sample_row').get()).toEqual({ count: 1 });
  database.close();
});

describe('records', () => {
  test('are written all or nothing, listed in order, newest first', async () => {
    const store = await opened();
    await store.write([
      { collection: 'events', key: '001', value: { kind: 'a' } },
      { collection: 'events', key: '003', value: { kind: 'c' } },
      { collection: 'events', key: '002', value: { kind: 'b' } },
      { collection: 'users', key: 'x', value: '<b>' },
    ]);
    expect(await store.entries('events')).toEqual([
      ['001', { kind: 'a' }],
      ['002', { kind: 'b' }],
      ['003', { kind: 'c' }],
    ]);
    expect((await store.latest('events', 2)).map(([key]) => key)).toEqual(['003', '002']);
    expect((await store.latest('events', 5, '003')).map(([key]) => key)).toEqual(['002', '001']);
    const circular: Record<string, unknown> = { value: 1n };
    await expect(
      store.write([
        { collection: 'users', key: 'y', value: 1 },
        { collection: 'users', key: 'z', value: circular },
      ]),
    ).rejects.toThrow();
    expect(await store.entries('users')).toEqual([['x', '<b>']]);
    await store.write([{ collection: 'users', key: 'x', remove: true }]);
    expect(await store.entries('users')).toEqual([]);
  });
});

describe('what is wrong has a code', () => {
  test('in use: a second store on the same folder, also from this process', async () => {
    await opened();
    await expect(opened()).rejects.toMatchObject({ code: 'in-use' });
  });

  test('newer version', async () => {
    await (await opened()).close();
    const database = new DatabaseSync(join(folder, 'openmanager.db'));
    database.exec('PRAGMA user_version = 999');
    database.close();
    await expect(opened()).rejects.toMatchObject({
      code: 'newer-version',
      message: expect.stringContaining('999'),
    });
  });

  test('corrupt: not a database', async () => {
    writeFileSync(join(folder, 'openmanager.db'), 'x'.repeat(5000));
    await expect(opened()).rejects.toMatchObject({ code: 'corrupt' });
  });

  test('corrupt: a database of something else is left alone', async () => {
    const database = new DatabaseSync(join(folder, 'openmanager.db'));
    database.exec('CREATE TABLE mine (x)');
    database.close();
    await expect(opened()).rejects.toMatchObject({ code: 'corrupt' });
  });

  test('read-only, or no folder at all', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(opened(join(folder, 'file'))).rejects.toMatchObject({
      message: expect.stringContaining(join(folder, 'file')),
    });
    // Root may write anywhere, so permissions say nothing there.
    if (process.getuid?.() !== 0) {
      chmodSync(folder, 0o500);
      await expect(opened()).rejects.toMatchObject({ code: 'read-only' });
      chmodSync(folder, 0o700);
    }
  });

  test('closed', async () => {
    const store = await opened();
    await store.close();
    await store.close();
    await expect(
      store.append('a', { bootEpoch: 1, seq: 1 }, rows(['x'], [[1, 1]])),
    ).rejects.toMatchObject({ code: 'closed' });
  });

  test('overloaded: what waits for its commit is bounded, and what was taken is stored', async () => {
    const store = await opened();
    const column = new Float64Array(100_000).fill(1);
    const big = (start: number): Rows => ({
      setId: seriesSetId(['x']),
      keys: ['x'],
      timesMs: Array.from(column, (_, index) => start + index),
      columns: [column],
    });
    const count = MAX_WAITING_VALUES / column.length + 1;
    const results = await Promise.allSettled(
      Array.from({ length: count }, (_, index) =>
        store.append('a', { bootEpoch: 1, seq: index + 1 }, big((index % 2) * 100_000)),
      ),
    );
    expect(results.filter(({ status }) => status === 'rejected')).toEqual([
      { status: 'rejected', reason: expect.objectContaining({ code: 'overloaded' }) },
    ]);
    expect((await store.query({ hostId: 'a', ...all, maxPoints: 200_000 })).timesMs).toHaveLength(
      200_000,
    );
  });
});
