/** Rates and distributions of what is older than samples are kept, beside the same queries on the samples. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seriesSetId } from '@openmanager/protocol';
import { HOUR_MS, MINUTE_MS } from '@openmanager/protocol/durations';
import { openStore, type EmbeddedStore } from '@openmanager/store';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PromqlEngine } from './index.ts';

const HOUR = 2 * HOUR_MS;
const NOW = Math.floor(Date.now() / HOUR) * HOUR;
const SPAN_MS = 24 * HOUR_MS;
const INTERVAL_MS = 10_000;
const TIERS = [
  { bucketMs: MINUTE_MS, retentionMs: 12 * HOUR_MS },
  { bucketMs: 15 * MINUTE_MS, retentionMs: 200 * 24 * HOUR_MS },
];
/** Value of the n-th sample. */
const SERIES: Readonly<Record<string, (n: number) => number>> = {
  steady: (n) => 2000 + n * 5,
  // Begins anew every minute, and every four minutes.
  minutely: (n) => (n % 6) * 7,
  restarted: (n) => (n % 24) * 3 + 1,
  // Two samples between resets.
  short: (n) => 6 + (n % 2) * 7,
  busy_total: (n) => (n % 2) * 4,
  rare: (n) => Math.floor(n / 700),
  noise: (n) => Math.abs(Math.sin(n * 12.9898) * 43758.5453) % 1,
  ramp: (n) => n % 90,
};

const folders: string[] = [];
const stores: EmbeddedStore[] = [];
const engines: PromqlEngine[] = [];
beforeAll(async () => {
  const rows = SPAN_MS / INTERVAL_MS;
  const timesMs = Array.from({ length: rows }, (_, n) => NOW - SPAN_MS + n * INTERVAL_MS);
  const keys = Object.keys(SERIES);
  const columns = Object.values(SERIES).map((of) => Float64Array.from(timesMs, (_, n) => of(n)));
  const engine = async (retentionMs: number): Promise<PromqlEngine> => {
    const folder = await mkdtemp(join(tmpdir(), 'openmanager-tiers-'));
    folders.push(folder);
    const store = await openStore({ folder, retentionMs, tiers: TIERS });
    stores.push(store);
    await store.importRows('h', { setId: seriesSetId(keys), keys, timesMs, columns });
    await store.settle();
    return new PromqlEngine({ history: store, hosts: () => [{ hostId: 'h', instance: 'h' }] });
  };
  // By samples, and by what is kept of them.
  engines.push(await engine(400 * 24 * HOUR_MS), await engine(2 * HOUR_MS));
}, 60_000);
afterAll(async () => {
  for (const engine of engines) engine.stop();
  for (const store of stores) await store.close();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function ask(
  engine: PromqlEngine | undefined,
  text: string,
  agoMs: number,
): Promise<{ readonly values: readonly number[]; readonly warnings: readonly string[] }> {
  const warnings: string[] = [];
  const question = { kind: 'range', text, stepMs: 15 * MINUTE_MS } as const;
  const [startMs, endMs] = [NOW - agoMs, NOW - agoMs + HOUR_MS];
  const data = await engine?.ask(
    { ...question, startMs, endMs },
    { onWarnings: (told) => warnings.push(...told) },
  );
  const { result } = JSON.parse(new TextDecoder().decode(data)) as {
    result: readonly { values: readonly [number, string][] }[];
  };
  return { values: result[0]?.values.map(([, value]) => Number(value)) ?? [], warnings };
}

const MINUTES = 8 * HOUR_MS;
const QUARTERS = 22 * HOUR_MS;

test.each([
  // Minutes: exact but for where in its bucket a sample lies.
  ['rate(steady[5m])', MINUTES, 0.001],
  ['rate(steady[1m])', MINUTES, 0.001],
  ['irate(steady[5m])', MINUTES, 0.001],
  ['increase(steady[1h])', MINUTES, 0.001],
  ['rate(minutely[5m])', MINUTES, 0.03],
  ['rate(minutely[1h])', MINUTES, 0.01],
  ['increase(restarted[10m])', MINUTES, 0.03],
  ['resets(minutely[1h])', MINUTES, 0.03],
  ['rate(busy_total[10m])', MINUTES, 0.03],
  ['rate(short[10m])', MINUTES, 0.03],
  ['increase(short[1h])', QUARTERS, 0.03],
  ['avg_over_time(noise[5m])', MINUTES, 0.05],
  ['quantile_over_time(0.9, noise[10m])', MINUTES, 0.1],
  ['stddev_over_time(noise[10m])', MINUTES, 0.1],
  ['quantile_over_time(0.5, ramp[10m])', MINUTES, 0.05],
  ['max_over_time(ramp[10m])', MINUTES, 1e-9],
  // Quarters of an hour.
  ['rate(steady[15m])', QUARTERS, 0.001],
  ['rate(steady[1h])', QUARTERS, 0.001],
  ['rate(minutely[15m])', QUARTERS, 0.03],
  ['increase(minutely[1h])', QUARTERS, 0.01],
  ['increase(restarted[30m])', QUARTERS, 0.03],
  ['increase(rare[2h])', QUARTERS, 0.2],
  ['resets(restarted[1h])', QUARTERS, 0.1],
  ['quantile_over_time(0.9, ramp[15m])', QUARTERS, 0.05],
  ['quantile_over_time(0.5, noise[1h])', QUARTERS, 0.05],
  ['stddev_over_time(ramp[15m])', QUARTERS, 0.05],
])('%s is what samples say', async (text, agoMs, tolerance) => {
  const [right, made] = [await ask(engines[0], text, agoMs), await ask(engines[1], text, agoMs)];
  expect(right.warnings).toEqual([]);
  expect(made.values).toHaveLength(right.values.length);
  for (const [at, value] of right.values.entries())
    expect(Math.abs((made.values[at] as number) - value)).toBeLessThanOrEqual(
      tolerance * Math.abs(value),
    );
});

test.each([
  ['rate(steady[1m])', 0.5, 0.001],
  ['irate(steady[1m])', 0.5, 0.001],
  ['increase(steady[5m])', 150, 0.001],
  ['rate(minutely[2m])', 0.5833, 0.05],
  ['delta(steady[1m])', 30, 0.02],
  ['count_over_time(steady[1m])', 6, 0.001],
  ['avg_over_time(noise[1m])', 0.5, 0.2],
])(
  '%s is shorter than what is kept: answered from the bucket, and said',
  async (text, value, tolerance) => {
    const { values, warnings } = await ask(engines[1], text, QUARTERS);
    expect(values).toHaveLength(5);
    for (const one of values) expect(Math.abs(one - value)).toBeLessThanOrEqual(tolerance * value);
    expect(warnings).toEqual([expect.stringMatching(/shorter than the buckets of 15m .* widened/)]);
  },
);

test('between two steps of the tier, too', async () => {
  const { values, warnings } = await ask(engines[1], 'rate(steady[1m])', QUARTERS - 7 * MINUTE_MS);
  expect(values).toHaveLength(5);
  for (const one of values) expect(one).toBeCloseTo(0.5, 3);
  expect(warnings).toHaveLength(1);
});

test('what does not look like a counter says so', async () => {
  const { warnings } = await ask(engines[1], 'rate(noise[1h])', QUARTERS);
  expect(warnings).toEqual([expect.stringContaining('did not look like a counter')]);
});
