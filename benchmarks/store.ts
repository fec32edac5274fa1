/**
 * History on disk: 10 hosts × 100 series of the demo's samples at 5 s for 6 h, appended one tick at a time through
 * the store (worker threads, group commit, full sync) and read back; against one SQLite row per sample, written with
 * the same durability and the same grouping, on the calling thread. Appends of both alternate hour by hour. Commit
 * latency is measured apart, at the pace of 160 batches in flight, idle and while the whole history is queried.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { en, Faker } from '@faker-js/faker';
import { seriesSetId } from '@openmanager/protocol';
import { openStore, type Store } from '@openmanager/store';
import { makeProfile } from '../packages/cli/src/demo/profile.ts';
import { SimulatedHost } from '../packages/cli/src/demo/simulated-host.ts';
import { quantile, type BenchOptions, type BenchResult } from './harness.ts';

const HOSTS = 10;
const HOURS = 6;
const INTERVAL_MS = 5000;
const ROWS_PER_HOUR = 3_600_000 / INTERVAL_MS;
const START_MS = Date.UTC(2026, 0, 5, 6);
const SERIES = 100;
/** Batches in flight: 100 agents that replay their spools, and 10 of them. */
const WINDOW = 1600;
const QUIET_WINDOW = 160;
const ROUNDS = 15;

interface Ticks {
  readonly keys: readonly string[];
  readonly times: number[];
  readonly values: Float64Array[];
}

/** Series of some simulated hosts under one, since one alone has not enough. */
function simulate(parts: readonly SimulatedHost[], hour: number): Ticks {
  const ticks: { keys: readonly string[]; times: number[]; values: Float64Array[] } = {
    keys: [],
    times: [],
    values: [],
  };
  for (let row = 0; row < ROWS_PER_HOUR; row++) {
    const time = START_MS + (hour * ROWS_PER_HOUR + row) * INTERVAL_MS;
    const samples = parts.map((part) => part.sample(time, { perCore: true }));
    if (row === 0)
      ticks.keys = samples
        .flatMap(({ keys }, part) => keys.map((key) => `${key} of ${part}`))
        .slice(0, SERIES);
    ticks.times.push(time);
    ticks.values.push(
      Float64Array.from(samples.flatMap(({ values }) => [...values])).subarray(0, SERIES),
    );
  }
  return ticks;
}

interface Measure {
  samples: number;
  seconds: number;
}

/** Appends an hour tick by tick; answers how long each batch waited for its commit, ms. */
async function appendHour(
  store: Store,
  hosts: readonly Ticks[],
  bootEpoch: number,
  hour: number,
  inFlight: number,
  into: Measure,
): Promise<number[]> {
  const waits: number[] = [];
  const start = performance.now();
  const flying: Promise<void>[] = [];
  for (let row = 0; row < ROWS_PER_HOUR; row++)
    for (const [index, { keys, times, values }] of hosts.entries()) {
      const sent = performance.now();
      const mark = { bootEpoch, seq: hour * ROWS_PER_HOUR + row + 1 };
      const columns = Array.from(values[row] ?? [], (value) => Float64Array.of(value));
      const rows = { setId: seriesSetId(keys), keys, timesMs: [times[row] ?? 0], columns };
      flying.push(
        store
          .append(`host${index}`, mark, rows)
          .then(() => void waits.push(performance.now() - sent)),
      );
      into.samples += keys.length;
      // They are committed in the order in which they were appended.
      if (flying.length >= inFlight) await flying.shift();
    }
  await Promise.all(flying);
  into.seconds += (performance.now() - start) / 1000;
  return waits;
}

/** Appends an hour while queries of everything run one after the other. */
async function appendHourUnderQueries(
  store: Store,
  hosts: readonly Ticks[],
  hour: number,
): Promise<number[]> {
  let done = false;
  const query = { hostId: 'host0', fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, maxPoints: 300 };
  const queries = (async () => {
    while (!done) await store.query(query);
  })();
  const waits = await appendHour(store, hosts, 2, hour, QUIET_WINDOW, { samples: 0, seconds: 0 });
  done = true;
  await queries;
  return waits;
}

function appendHourPlain(database: DatabaseSync, hosts: readonly Ticks[], into: Measure): void {
  const start = performance.now();
  const insert = database.prepare('INSERT OR IGNORE INTO sample VALUES (?, ?, ?)');
  const perCommit = WINDOW / hosts.length;
  for (let base = 0; base < ROWS_PER_HOUR; base += perCommit) {
    database.exec('BEGIN IMMEDIATE');
    for (let row = base; row < Math.min(base + perCommit, ROWS_PER_HOUR); row++)
      for (const [index, { keys, times, values }] of hosts.entries())
        for (const [series, value] of (values[row] ?? []).entries()) {
          insert.run(index * 10_000 + series, times[row] ?? 0, value);
          into.samples += keys.length > 0 ? 1 : 0;
        }
    database.exec('COMMIT');
  }
  into.seconds += (performance.now() - start) / 1000;
}

function size(path: string): number {
  return ['', '-wal'].reduce(
    (sum, ending) => sum + (statSync(path + ending, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

async function timed(work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return quantile(times, 0.5);
}

export async function run(options: BenchOptions): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'openmanager-bench-'));
  const store = await openStore({ folder, retentionMs: Number.MAX_SAFE_INTEGER });
  const plainPath = join(folder, 'plain.db');
  const plain = new DatabaseSync(plainPath);
  plain.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  plain.exec(
    'CREATE TABLE sample (series INTEGER, time_ms INTEGER, value REAL, PRIMARY KEY (series, time_ms)) WITHOUT ROWID',
  );
  const faker = new Faker({ locale: en, seed: 1 });
  const simulated = Array.from({ length: HOSTS }, (_, index) =>
    [0, 1, 2, 3].map((part) => {
      const number = index * 4 + part;
      return new SimulatedHost(makeProfile(faker, number), number, START_MS);
    }),
  );
  const ours: Measure = { samples: 0, seconds: 0 };
  const theirs: Measure = { samples: 0, seconds: 0 };
  const hours = options.quick ? 1 : HOURS;
  const hour = (index: number): Ticks[] => simulated.map((parts) => simulate(parts, index));
  try {
    let keys: readonly string[] = [];
    for (let index = 0; index < hours; index++) {
      const ticks = hour(index);
      keys = ticks[0]?.keys ?? [];
      await appendHour(store, ticks, 1, index, WINDOW, ours);
      appendHourPlain(plain, ticks, theirs);
    }
    const { bytesOnDisk } = await store.stats();
    const span = { fromMs: START_MS, toMs: START_MS + hours * 3_600_000, maxPoints: 300 };
    const one = await timed(() => store.query({ hostId: 'host0', keys: [keys[0] ?? ''], ...span }));
    const all = await timed(() => store.query({ hostId: 'host0', ...span }));
    const select = plain.prepare(
      'SELECT time_ms / 72000, avg(value) FROM sample WHERE series = ? AND time_ms BETWEEN ? AND ? GROUP BY 1',
    );
    const plainOne = await timed(() => select.all(0, span.fromMs, span.toMs));
    const plainAll = await timed(() =>
      keys.map((_, series) => select.all(series, span.fromMs, span.toMs)),
    );
    const waits = await appendHour(store, hour(hours), 2, hours, QUIET_WINDOW, {
      samples: 0,
      seconds: 0,
    });
    const busyWaits = await appendHourUnderQueries(store, hour(hours + 1), hours + 1);
    await store.close();
    const packed = size(join(folder, 'openmanager.db')) / (ours.samples * ((hours + 2) / hours));
    const against = 'a row per sample';
    const bytes = bytesOnDisk / ours.samples;
    const plainBytes = size(plainPath) / theirs.samples;
    const rate = ours.samples / ours.seconds;
    const plainRate = theirs.samples / theirs.seconds;
    return {
      bench: 'store',
      figures: [
        { name: 'samples', value: ours.samples, unit: 'samples' },
        { name: 'series of one host', value: keys.length, unit: 'series' },
        {
          name: 'bytes on disk, log included',
          value: bytes,
          unit: 'bytes/sample',
          against,
          ratio: plainBytes / bytes,
        },
        { name: 'bytes on disk, closed', value: packed, unit: 'bytes/sample' },
        {
          name: 'append, synced',
          value: rate,
          unit: 'samples/s',
          against,
          ratio: rate / plainRate,
        },
        { name: 'append → committed p50', value: quantile(waits, 0.5), unit: 'ms' },
        { name: 'append → committed p99', value: quantile(waits, 0.99), unit: 'ms' },
        { name: 'the same while queries run p50', value: quantile(busyWaits, 0.5), unit: 'ms' },
        { name: 'the same while queries run p99', value: quantile(busyWaits, 0.99), unit: 'ms' },
        {
          name: `1 series × ${hours} h to 300 points`,
          value: one,
          unit: 'ms',
          against,
          ratio: plainOne / one,
        },
        {
          name: `${keys.length} series × ${hours} h to 300 points`,
          value: all,
          unit: 'ms',
          against,
          ratio: plainAll / all,
        },
      ],
    };
  } finally {
    await store.close();
    plain.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
