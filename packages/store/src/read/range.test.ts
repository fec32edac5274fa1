import { expect, test } from 'vitest';
import { stepFor } from '../contract/steps.ts';
import { newFolder, opened, rows } from '../../test/stores.ts';

test('more rows than asked for become means per step, never more than asked for', async () => {
  const store = await opened(newFolder());
  const start = 1_700_000_003_000;
  const points = Array.from({ length: 1000 }, (_, index) => [start + index * 5000, index, 1]);
  await store.append('a', { bootEpoch: 1, seq: 1 }, rows(['x', 'y'], points));
  for (const maxPoints of [1, 2, 7, 100, 999, 1000]) {
    const { timesMs, columns, stepMs } = await store.query({
      hostId: 'a',
      fromMs: start,
      // Far beyond the newest sample: the step is for what is there.
      toMs: Number.MAX_SAFE_INTEGER,
      maxPoints,
    });
    expect(timesMs.length).toBeLessThanOrEqual(maxPoints);
    if (maxPoints === 1000) {
      expect(stepMs).toBe(0);
      continue;
    }
    // No coarser than three times what would just do.
    if (maxPoints >= 7) expect(timesMs.length).toBeGreaterThan(maxPoints / 3);
    expect(new Set(columns[1])).toEqual(new Set([1]));
    for (const [index, time] of timesMs.entries()) {
      expect(time % stepMs).toBe(0);
      const here = points.filter(([at]) => Math.floor((at as number) / stepMs) * stepMs === time);
      const mean = here.reduce((sum, point) => sum + (point[1] as number), 0) / here.length;
      expect(columns[0]?.[index]).toBeCloseTo(mean);
    }
  }
});

test('steps without a sample are left out', async () => {
  const store = await opened(newFolder());
  const points = [0, 1, 2, 100, 101].map((minute) => [minute * 60_000, minute]);
  await store.append('a', { bootEpoch: 1, seq: 1 }, rows(['x'], points));
  const result = await store.query({ hostId: 'a', fromMs: 0, toMs: 6_060_000, maxPoints: 4 });
  expect([...result.timesMs]).toEqual([0, 5_400_000]);
  expect([...(result.columns[0] as Float64Array)]).toEqual([1, 100.5]);
});

test.each([
  [0, 0, 1, 1000],
  [0, 999, 1, 1000],
  [999, 1000, 1, 2000],
  [1_700_000_000_000, 1_700_000_000_000 + 6 * 3_600_000, 300, 120_000],
  [0, 400 * 86_400_000, 10, 80 * 86_400_000],
])('the step for %i to %i in %i points is %i', (from, to, points, step) => {
  expect(stepFor(from, to, points)).toBe(step);
});

test('a span that straddles every grid still fits into one point', () => {
  const to = 1_700_000_000_000;
  const step = stepFor(to - 60_000, to, 1);
  expect(Math.floor(to / step)).toBe(Math.floor((to - 60_000) / step));
});

test('as JSON text an answer says the same; what is no number is null', async () => {
  const store = await opened(newFolder());
  const points = Array.from({ length: 50 }, (_, index) => [
    index * 1000,
    index % 7 === 0 ? Number.NaN : index / 3,
    -index,
  ]);
  await store.append('a', { bootEpoch: 1, seq: 1 }, rows(['x{name="Ä, \\"I\\""}', 'y'], points));
  for (const hostId of ['a', 'nobody'])
    for (const maxPoints of [5, 100]) {
      const query = { hostId, fromMs: 0, toMs: 60_000, maxPoints };
      const { keys, timesMs, columns, stepMs } = await store.query(query);
      const text = new TextDecoder().decode(await store.queryJson?.(query));
      expect(JSON.parse(text)).toEqual({
        keys,
        timesMs: [...timesMs],
        columns: columns.map((column) =>
          Array.from(column, (one) => (Number.isNaN(one) ? null : one + 0)),
        ),
        stepMs,
      });
    }
});
