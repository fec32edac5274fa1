/** Forecasts over days of virtual time, from a real store: made, kept, graded when their time has come, and told. */
import { DAY_MS, HOUR_MS } from '@openmanager/protocol/durations';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isForecast, limits, seriesSet, type SeriesForecast } from '@openmanager/protocol';
import { openStore, type EmbeddedStore } from '@openmanager/store';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StoredEventLog } from '../hosts/event-log.ts';
import { ForecastKeeper } from './forecast-keeper.ts';
import { HealthIssues } from '../ports/index.ts';
import { Journal } from '../records/index.ts';
import { ManualClock } from '../../test/kit/manual-clock.ts';

const HOST = 'abcdefghijkl';
const CPU = 'system.cpu.utilization';
const DISK = 'system.filesystem.utilization{system.filesystem.mountpoint="/"}';
const NOISE = 'system.disk.io_time';
const OTHER = 'app.queue.length';
const keys = [CPU, DISK, NOISE, OTHER];
const STEP_MS = 600_000;
const START_MS = Math.floor(1_800_000_000_000 / DAY_MS) * DAY_MS;

let folder: string;
let store: EmbeddedStore;
let clock: ManualClock;
let events: StoredEventLog;
let journal: Journal;
let keeper: ForecastKeeper;
const changed: string[] = [];
let seq = 0;
let seed = 7;

const noise = (): number => {
  seed = (seed * 16_807) % 2_147_483_647;
  return seed / 2_147_483_647 - 0.5;
};

async function open(): Promise<void> {
  journal = new Journal({
    records: store,
    issues: new HealthIssues(),
    part: 'outlook',
    failure: 'fails',
  });
  keeper = await ForecastKeeper.open({
    clock,
    records: store,
    history: store,
    journal,
    issues: { set: () => undefined, clear: () => undefined },
    events,
    hosts: () => new Map([[HOST, keys]]),
  });
  keeper.onChange((hostId) => changed.push(hostId));
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openmanager-forecast-'));
  store = await openStore({ folder });
  clock = new ManualClock(START_MS);
  events = await StoredEventLog.open({
    records: store,
    clock,
    issues: new HealthIssues(),
    names: { hostname: () => 'box' },
  });
  changed.length = 0;
  seq = 0;
  await open();
});
afterEach(async () => {
  await keeper.stop();
  await journal.drain();
  await events.drain();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** Samples every ten minutes: a day's rhythm, a disk that fills by two percent points a day, pure noise, a queue. */
async function pass(days: number): Promise<void> {
  const timesMs = Array.from(
    { length: (days * DAY_MS) / STEP_MS },
    (_, at) => clock.timeMs + at * STEP_MS,
  );
  const columns = [
    (timeMs: number) => 0.4 + 0.3 * Math.sin((timeMs / DAY_MS) * 2 * Math.PI) + noise() / 50,
    (timeMs: number) => 0.5 + ((timeMs - START_MS) / DAY_MS) * 0.02,
    () => 0.5 + noise() / 2,
    () => 20 + 5 * noise(),
  ].map((value) => Float64Array.from(timesMs, value));
  const set = seriesSet(keys);
  await store.append(HOST, { bootEpoch: 1, seq: ++seq }, { setId: set.id, keys, timesMs, columns });
  clock.advance(days * DAY_MS);
}

const made = async (key: string): Promise<SeriesForecast> => {
  const answer = await keeper.of(HOST, key);
  if (typeof answer === 'string') throw new Error(answer);
  return answer;
};

test('a forecast has its intervals within the bounds of the metric, and what is too young has none', async () => {
  expect(await keeper.of(HOST, CPU)).toBe('not-enough-history');
  await pass(0.125);
  expect(await keeper.of(HOST, CPU)).toBe('not-enough-history');
  await pass(0.25);
  const young = await made(CPU);
  expect(young).toMatchObject({ stepMs: 300_000, startMs: clock.timeMs });
  await pass(9.625);
  clock.advance(HOUR_MS);
  const { mean, intervals, stepMs, startMs, models } = await made(CPU);
  expect([stepMs, startMs]).toEqual([HOUR_MS, clock.timeMs]);
  expect(mean).toHaveLength(168);
  expect(intervals.map(({ level }) => level)).toEqual([50, 80, 95]);
  expect(models[0]?.weight).toBeGreaterThan(0);
  for (const [at, value] of mean.slice(0, 48).entries()) {
    const truth = 0.4 + 0.3 * Math.sin(((startMs + (at + 0.5) * HOUR_MS) / DAY_MS) * 2 * Math.PI);
    expect(Math.abs(value - truth)).toBeLessThan(0.08);
  }
  const noisy = await made(NOISE);
  for (const { lower, upper } of noisy.intervals) {
    for (const value of lower) expect(value).toBeGreaterThanOrEqual(0);
    for (const value of upper) expect(value).toBeLessThanOrEqual(1);
  }
});

test('a disk that fills is told once a day before it is full; its trend and its quantiles say when', async () => {
  await pass(20);
  await keeper.poll();
  expect(changed).toEqual([HOST]);
  const { capacity, trend } = await made(DISK);
  // At 0.9 after 20 days with 0.02 a day: five days.
  for (const timeMs of [capacity?.p10Ms, capacity?.p50Ms, capacity?.p90Ms])
    expect(Math.abs(((timeMs ?? 0) - clock.timeMs) / DAY_MS - 5)).toBeLessThan(1);
  expect(trend?.perDay).toBeCloseTo(0.02, 3);
  const told = () => events.recent(100).filter(({ kind }) => kind === 'capacity');
  expect(told()).toMatchObject([{ target: { id: HOST }, detail: { key: DISK } }]);
  clock.advance(HOUR_MS);
  await keeper.poll();
  expect(told()).toHaveLength(1);
  await pass(1);
  await keeper.poll();
  expect(told()).toHaveLength(2);
  expect(keeper.summaries(HOST).map(({ key }) => key)).toEqual([CPU, DISK, NOISE]);
});

test('forecasts are graded when their day has come, over restarts; where they were poor nothing is raised', async () => {
  await pass(14);
  await keeper.poll();
  for (let day = 0; day < 8; day++) {
    await pass(1);
    if (day === 4) {
      await keeper.stop();
      await journal.drain();
      await open();
    }
    await keeper.poll();
  }
  const cpu = (await made(CPU)).grade;
  expect(cpu?.forecasts).toBeGreaterThanOrEqual(5);
  expect(cpu?.skill).toBeGreaterThan(0.05);
  expect(cpu?.isTrustworthy).toBe(true);
  expect(cpu?.hits.find(({ level }) => level === 95)?.share).toBeGreaterThan(0.75);
  // It was never poor, so whatever it does may be told.
  expect(keeper.isUnforeseeable(HOST, CPU, clock.timeMs, 0.4)).toBe(false);

  await journal.drain();
  const entries = await store.entries<{ forecast: SeriesForecast }>('forecasts');
  const [name = '', entry] = entries.find(([key]) => key.endsWith(CPU)) ?? [];
  const grade = { ...cpu, isTrustworthy: false };
  const value = { ...entry, forecast: { ...entry?.forecast, grade } };
  await store.write([{ collection: 'forecasts', key: name, value }]);
  await keeper.stop();
  await open();
  const level = (await made(CPU)).mean[0] ?? 0;
  expect(keeper.isUnforeseeable(HOST, CPU, clock.timeMs, level)).toBe(true);
  // Beyond what was expected it is news.
  expect(keeper.isUnforeseeable(HOST, CPU, clock.timeMs, level + 0.5)).toBe(false);
  expect(keeper.isUnforeseeable(HOST, DISK, clock.timeMs, level)).toBe(false);
});

test('a series that nobody keeps is forecast when somebody looks, and forgotten with its host', async () => {
  await pass(10);
  expect(isForecast(OTHER)).toBe(false);
  expect(isForecast('system.cpu.utilization{cpu.mode="user"}')).toBe(false);
  const first = await made(OTHER);
  expect(await made(OTHER)).toBe(first);
  expect(keeper.summaries(HOST)).toEqual([]);
  await keeper.poll();
  keeper.hostRemoved(HOST);
  await journal.drain();
  expect(keeper.summaries(HOST)).toEqual([]);
  await keeper.stop();
  await journal.drain();
  await open();
  expect(keeper.summaries(HOST)).toEqual([]);
});

test('of more series than are forecast the fullest are, whatever their place', async () => {
  await pass(20);
  const others = Array.from({ length: limits.outlookForecasts }, (_, at) =>
    DISK.replace('"/"', `"/volume-${at}"`),
  );
  await keeper.stop();
  keeper = await ForecastKeeper.open({
    issues: { set: () => undefined, clear: () => undefined },
    clock,
    records: store,
    history: store,
    journal,
    events,
    hosts: () => new Map([[HOST, [...others, DISK, CPU]]]),
    newest: (_, key) => (key === DISK ? 0.9 : 0.3),
  });
  await keeper.poll();
  expect(keeper.summaries(HOST).map(({ key }) => key)).toEqual([CPU, DISK]);
});
