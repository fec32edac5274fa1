import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AggregatedSeries, AggregateQuery, EmbeddedStore } from '../index.ts';
import { lttb, minMax } from './downsample.ts';
import { newFolder, opened, rows } from '../../test/stores.ts';

const START_MS = 1000 * 20 * 24 * 3_600_000;
const STEP_MS = 10_000;
const ROWS = 120;
const KEY = 'system.network.io{direction="receive"}';
const keys = ['system.cpu.utilization', KEY];

/** Value of host n at a row: different for each, a counter with a reset in the second series. */
const cpu = (host: number, row: number): number => (host * 10 + (row % 7)) / 100;
const counter = (host: number, row: number): number => ((row % 50) + 1) * 1000 * (host + 1);

async function filled(): Promise<EmbeddedStore> {
  const store = await opened(newFolder());
  for (let host = 0; host < 5; host++) {
    const points = Array.from({ length: ROWS }, (_, row) => [
      START_MS + row * STEP_MS,
      cpu(host, row),
      counter(host, row),
    ]);
    await store.append(`host${host}`, { bootEpoch: 1, seq: 1 }, rows(keys, points));
  }
  return store;
}

const columnsOf = (series: readonly AggregatedSeries[]): readonly Float64Array[] =>
  series[0]?.columns ?? [];

const span: AggregateQuery = {
  fromMs: START_MS,
  toMs: START_MS + ROWS * STEP_MS - 1,
  stepMs: STEP_MS,
};
const ofCpu = {
  matchers: [{ label: '__name__', op: '=', value: 'system.cpu.utilization' }],
} as const;
const hosts = [0, 1, 2, 3, 4];

test('across hosts: sum, avg, min, max, count and quantile, at each step', async () => {
  const store = await filled();
  const cases = [
    [{ op: 'sum' }, (values: number[]) => values.reduce((sum, value) => sum + value, 0)],
    [
      { op: 'avg' },
      (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length,
    ],
    [{ op: 'min' }, (values: number[]) => Math.min(...values)],
    [{ op: 'max' }, (values: number[]) => Math.max(...values)],
    [{ op: 'count' }, (values: number[]) => values.length],
    [
      { op: 'quantile', q: 0.5 },
      (values: number[]) => values.toSorted((a, b) => a - b)[2] as number,
    ],
  ] as const;
  for (const [across, naive] of cases) {
    const { series, stepMs } = await store.aggregate({ ...span, ...ofCpu, across });
    expect(stepMs).toBe(STEP_MS);
    expect(series).toHaveLength(1);
    const [column] = columnsOf(series);
    for (let row = 0; row < ROWS; row++)
      expect(column?.[row]).toBeCloseTo(naive(hosts.map((host) => cpu(host, row))), 9);
  }
});

test('groups, top-k, figures, matchers', async () => {
  const store = await filled();
  const byHost = await store.aggregate({ ...span, ...ofCpu, across: { op: 'sum', by: ['host'] } });
  expect(byHost.series.map(({ labels }) => labels)).toEqual(
    hosts.map((n) => ({ host: `host${n}` })),
  );
  const top = await store.aggregate({ ...span, ...ofCpu, across: { op: 'topk', k: 2 } });
  expect(top.series.map(({ labels }) => labels['host'])).toEqual(['host4', 'host3']);
  const low = await store.aggregate({ ...span, ...ofCpu, across: { op: 'bottomk', k: 1 } });
  expect(low.series.map(({ labels }) => labels['host'])).toEqual(['host0']);
  const figures = await store.aggregate({
    ...span,
    ...ofCpu,
    hostIds: ['host1'],
    stepMs: 7 * STEP_MS,
    figures: ['min', 'max', 'mean', 'count'],
  });
  const [min, max, mean, count] = columnsOf(figures.series);
  expect(min?.every((value) => value >= 0.1) && max?.every((value) => value <= 0.17)).toBe(true);
  expect(count?.reduce((sum, value) => sum + value, 0)).toBe(ROWS);
  expect(mean?.[3]).toBeGreaterThan(min?.[3] as number);
  const labels = { label: 'direction', op: '=~', value: 'rec.*|x' } as const;
  expect(await store.listSeries({ matchers: [labels] })).toHaveLength(5);
  expect(await store.listSeries({ matchers: [{ ...labels, op: '!~' }] })).toHaveLength(5);
  expect(
    await store.listSeries({ matchers: [{ label: 'host', op: '!=', value: 'host0' }] }),
  ).toHaveLength(8);
  await expect(
    store.listSeries({ matchers: [{ label: 'host', op: '=~', value: '(' }] }),
  ).rejects.toMatchObject({ code: 'invalid' });
});

test('rate of counters: per second, resets corrected', async () => {
  const store = await filled();
  const { series, figures } = await store.aggregate({
    ...span,
    keys: [KEY],
    hostIds: ['host1'],
    stepMs: 10 * STEP_MS,
    rate: true,
  });
  expect(figures).toEqual(['rate']);
  const [rate] = columnsOf(series);
  // 2,000 in 10 s; at the reset what is counted since then is what it has: 2,000 too.
  for (const value of rate as Float64Array) expect(value).toBeCloseTo(200, 6);
});

test('what would be too much is refused, and what is cancelled ends', async () => {
  const store = await filled();
  await expect(store.aggregate({ ...span, maxPoints: 10 })).rejects.toMatchObject({
    code: 'too-large',
  });
  await expect(store.select({ ...span, maxPoints: 10 })).rejects.toMatchObject({
    code: 'too-large',
  });
  const ending = new AbortController();
  // Others are asked before it, so that it waits when it is cancelled.
  const before = Array.from({ length: 20 }, () => store.select(span));
  const asked = store.select({ ...span, signal: ending.signal });
  ending.abort();
  await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
  for (const { series } of await Promise.all(before)) expect(series).toHaveLength(10);
});

const points = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), {
  minLength: 1,
  maxLength: 300,
});

test('fewer points keep the extremes (min-max) and the ends (LTTB), and are never more than asked for', () => {
  fc.assert(
    fc.property(points, fc.integer({ min: 4, max: 60 }), (given, width) => {
      const values = Float64Array.from(given);
      const times = Float64Array.from(given, (_, at) => at * 1000);
      const kept = minMax(times, values, width);
      expect(kept.length).toBeLessThanOrEqual(Math.max(width, 0));
      expect(kept).toEqual(kept.toSorted((a, b) => a - b));
      const shown = kept.map((at) => values[at] as number);
      expect(Math.max(...shown)).toBe(Math.max(...given));
      expect(Math.min(...shown)).toBe(Math.min(...given));
      const line = lttb(times, values, width);
      expect(line.length).toBeLessThanOrEqual(width);
      expect(line[0]).toBe(0);
      expect(line.at(-1)).toBe(given.length - 1);
      expect(line).toEqual([...new Set(line)].toSorted((a, b) => a - b));
    }),
  );
});
