/** What is learned of series, with a real store: found, told once per host, kept over a restart, corrected by people. */
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultRules } from '@openmanager/alerting';
import { openStore, type EmbeddedStore } from '@openmanager/store';
import { seriesSet, type Alert, type Target } from '@openmanager/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AlertKeeper } from '../alerts/alert-keeper.ts';
import { StoredEventLog } from '../hosts/event-log.ts';
import { SWEEP_MS } from './cadence.ts';
import { HubOutlook } from './hub-outlook.ts';
import { pastMeans } from './past-means.ts';
import { HealthIssues } from '../ports/index.ts';
import { Journal } from '../records/index.ts';
import { SeriesWatch } from './series-watch.ts';
import { ManualClock } from '../../test/kit/manual-clock.ts';

const HOST = 'abcdefghijkl';
const CPU = 'system.cpu.utilization';
const LOAD = 'system.linux.cpu.load_1m';
const DISK = 'system.filesystem.utilization{system.filesystem.mountpoint="/"}';
const keys = [CPU, LOAD, 'system.uptime'];

let folder: string;
let store: EmbeddedStore;
let clock: ManualClock;
let issues: HealthIssues;
let events: StoredEventLog;
let outlook: HubOutlook;
let seed = 1;

const noise = (): number => {
  seed = (seed * 16_807) % 2_147_483_647;
  return seed / 2_147_483_647 - 0.5;
};

const target = (id: string): Target => ({ id, kind: 'host', name: 'box', labels: {} });

async function open(): Promise<void> {
  outlook = await HubOutlook.open({
    clock,
    records: store,
    history: store,
    issues,
    events,
    hosts: { hasHost: (hostId) => hostId === HOST, onRemoved: () => () => undefined, target },
    utcOffsetMs: 0,
  });
  outlook.followMetrics(['system.filesystem.utilization']);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openmanager-outlook-'));
  store = await openStore({ folder });
  clock = new ManualClock();
  issues = new HealthIssues();
  events = await StoredEventLog.open({
    records: store,
    clock,
    issues,
    names: { hostname: () => 'box' },
  });
  seed = 1;
  await open();
});
afterEach(async () => {
  await outlook.stop();
  await events.drain();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** Half minutes with five samples each; `raised` is added to both series. */
async function pass(halfMinutes: number, raised = 0): Promise<void> {
  for (let at = 0; at < halfMinutes; at++) {
    for (let sample = 0; sample < 5; sample++) {
      const values = Float64Array.of(
        0.3 + raised + noise() / 20,
        2 + 8 * raised + noise(),
        clock.timeMs,
      );
      outlook.observe({
        hostId: HOST,
        timeMs: clock.timeMs,
        receivedMs: clock.timeMs,
        keys,
        values,
      });
      clock.advance(SWEEP_MS / 5);
    }
    await outlook.sweep();
  }
}

const anomalyEvents = () => events.recent(100).filter(({ kind }) => kind === 'anomaly');

test('what fires together on a host is one event with its likely root; a restart relearns nothing', async () => {
  const told: string[] = [];
  outlook.onOutlook((hostId) => told.push(hostId));
  await pass(600);
  const quiet = anomalyEvents().length;
  expect(quiet).toBeLessThanOrEqual(1);
  expect(outlook.band(HOST, CPU, clock.timeMs)).toBeDefined();
  expect(outlook.band(HOST, 'system.uptime', clock.timeMs)).toBeUndefined();

  await outlook.stop();
  await open();
  outlook.onOutlook((hostId) => told.push(hostId));
  await pass(1);
  // Known at once: a detector that starts anew would need an hour and a half.
  expect(outlook.band(HOST, CPU, clock.timeMs)?.upper).toBeLessThan(0.6);
  await pass(4, 0.6);
  const [event] = anomalyEvents();
  expect(anomalyEvents()).toHaveLength(quiet + 1);
  expect(event).toMatchObject({ target: { id: HOST, kind: 'host', name: 'box' } });
  expect([CPU, LOAD]).toContain(event?.detail['key']);
  expect(event?.anomalies?.map(({ key }) => key)).toContain(CPU);
  expect(told).toContain(HOST);
  const shown = outlook.outlook(HOST);
  expect(shown?.anomalies[0]?.score).toBeGreaterThanOrEqual(0.5);
  expect(shown?.anomalies.every(({ key }) => key !== 'system.uptime')).toBe(true);
  // What goes on is the same incident.
  await pass(15, 0.6);
  expect(anomalyEvents()).toHaveLength(quiet + 1);
});

test('"this is normal" widens the band of the series, and can be taken back', async () => {
  await pass(400);
  await pass(3, 0.6);
  const anomaly = outlook.outlook(HOST)?.anomalies.find(({ key }) => key === CPU);
  const width = (): number => {
    const band = outlook.band(HOST, CPU, clock.timeMs);
    return (band?.upper ?? 0) - (band?.lower ?? 0);
  };
  const id = anomaly?.id ?? '';
  const before = width();
  expect(outlook.acceptNormal(id, 'ann').normal).toEqual({ by: 'ann', timeMs: clock.timeMs });
  // Said twice is said once.
  outlook.acceptNormal(id, 'bob');
  await outlook.stop();
  await open();
  await pass(1, 0.6);
  expect(width()).toBeGreaterThan(before * 1.2);
  expect(outlook.anomalies(10).find((one) => one.id === id)?.normal?.by).toBe('ann');
  const wide = width();
  expect(outlook.undoNormal(id).normal).toBeUndefined();
  await pass(1, 0.6);
  expect(width()).toBeLessThan(wide);
  expect(() => outlook.acceptNormal('nobody', 'ann')).toThrow('no such object');
});

test('the band of a span is read from history, and an unknown host is refused', async () => {
  const fromMs = clock.timeMs;
  const timesMs = Array.from({ length: 3000 }, (_, at) => fromMs + at * 10_000);
  const set = seriesSet([CPU]);
  await store.append(
    HOST,
    { bootEpoch: 1, seq: 1 },
    {
      setId: set.id,
      keys: [CPU],
      timesMs,
      columns: [Float64Array.from(timesMs, () => 0.3 + noise() / 20)],
    },
  );
  clock.advance(30_000_000);
  const request = { hostId: HOST, key: CPU, fromMs: clock.timeMs - 3_600_000, toMs: clock.timeMs };
  const { band, anomalies } = await outlook.series(request);
  expect(anomalies).toEqual([]);
  expect(band.timesMs.length).toBeGreaterThan(110);
  expect(band.timesMs[0]).toBeGreaterThanOrEqual(request.fromMs);
  for (const [at, lower] of band.lower.entries()) {
    expect(lower).toBeLessThan(0.3);
    expect(band.upper[at]).toBeGreaterThan(0.3);
  }
  await expect(outlook.series({ ...request, hostId: 'nobody' })).rejects.toThrow('no such object');
});

test('a disk that fills up fires before it is full; after a restart from what is stored', async () => {
  const rules = defaultRules.filter(({ kind }) => kind === 'forecast');
  const timesMs: number[] = [];
  const column: number[] = [];
  let used = 0.7;
  const sample = (): void => {
    timesMs.push(clock.timeMs);
    column.push(used);
    const values = Float64Array.of(used);
    const update = {
      hostId: HOST,
      timeMs: clock.timeMs,
      receivedMs: clock.timeMs,
      keys: [DISK],
      values,
    };
    outlook.observe(update);
    keeper.judge(update);
    clock.advance(MINUTE_MS);
    // Full in 300 minutes and a bit.
    used += 0.0004;
  };
  const journal = new Journal<Alert>({ records: store, issues, part: 'alerts', failure: 'fails' });
  const keeper = await AlertKeeper.open({
    records: store,
    clock,
    journal,
    hosts: { target },
    rules,
    engine: { foresight: outlook },
  });
  for (let minute = 0; minute < 240; minute++) sample();
  const firing = (): readonly string[] =>
    keeper
      .current()
      .filter(({ state }) => state === 'firing')
      .map(({ ruleId }) => ruleId);
  await journal.drain();
  expect(firing()).toContain('disk-full-in-24h');

  const set = seriesSet([DISK]);
  await store.append(
    HOST,
    { bootEpoch: 1, seq: 1 },
    { setId: set.id, keys: [DISK], timesMs, columns: [Float64Array.from(column)] },
  );
  await outlook.stop();
  await open();
  expect(outlook.crossing(HOST, DISK, clock.timeMs, 1, 'above')).toBeUndefined();
  await outlook.run();
  const left = await vi.waitUntil(() => outlook.crossing(HOST, DISK, clock.timeMs, 1, 'above'));
  expect(Math.abs(left / MINUTE_MS - (1 - used) / 0.0004)).toBeLessThan(30);
  await outlook.hostRemoved(HOST);
  expect(outlook.crossing(HOST, DISK, clock.timeMs, 1, 'above')).toBeUndefined();
});

test('more series than the bound are counted as a problem, the first ones go on', async () => {
  const watch = new SeriesWatch({ issues, utcOffsetMs: 0, limit: 2 });
  const observe = (names: readonly string[]): void =>
    watch.observe({
      hostId: HOST,
      timeMs: clock.timeMs,
      receivedMs: clock.timeMs,
      keys: names,
      values: Float64Array.from(names, () => 1),
    });
  observe(['a', 'b']);
  await watch.learn(HOST, pastMeans(store, HOST, 0, 0, SWEEP_MS));
  expect(issues.list()).toEqual([]);
  observe(['a', 'b', 'c']);
  expect(issues.list().join()).toContain('more than 2 series');
  expect(watch.sweep(HOST)).toEqual([]);
  expect(watch.snapshot(HOST)?.keys).toEqual(['a', 'b']);
  watch.hostRemoved(HOST);
  expect(issues.list()).toEqual([]);
});

test('a host that is new to the detectors learns its stored past before it is judged', async () => {
  const timesMs = Array.from(
    { length: 2880 },
    (_, at) => clock.timeMs - 86_400_000 + at * SWEEP_MS,
  );
  const set = seriesSet(keys);
  const columns = [
    Float64Array.from(timesMs, () => 0.3 + noise() / 20),
    Float64Array.from(timesMs, () => 2 + noise()),
    Float64Array.from(timesMs),
  ];
  await store.append(HOST, { bootEpoch: 1, seq: 1 }, { setId: set.id, keys, timesMs, columns });
  await pass(2);
  const band = outlook.band(HOST, CPU, clock.timeMs);
  expect(band?.lower).toBeLessThan(0.3);
  expect(band?.upper).toBeLessThan(0.5);
  await pass(4, 0.6);
  expect(outlook.outlook(HOST)?.anomalies.map(({ key }) => key)).toContain(CPU);
});
