/**
 * History on disk, with the demo's samples (100 series of a host), against Prometheus and VictoriaMetrics as Debian
 * ships them, a SQLite row per sample and DuckDB:
 * - ingest and bytes: 12 h of 20 hosts at 5 s in batches of 10 min, four hours in turn; the first turn warms all of them
 *   up and does not count for CPU. The store acknowledges after the sync, and its rollups are brought up to date at the end
 *   of each turn, within what is measured; the peers get the same batches by remote write, encoded
 *   before. "Per core" is CPU time of all threads: of this process, which encodes and compresses, or of the peer's alone.
 *   Bytes are those of the whole folder after a clean end: with Prometheus' log, which it keeps for the newest hours, and
 *   VictoriaMetrics' index, which weighs less the more samples there are. The tables get one hour;
 * - queries: 24 h of 100 hosts at 15 s, to steps of 5 min, in turn; the store's answers are arrays in the caller's hands,
 *   the peers' JSON that is received and not parsed, without VictoriaMetrics' cache of answers;
 * - one series of a year at 1 min, read from the rollups;
 * - the hub, 100 hosts × 200 series: its memory while they send, uncollected; then, in another one, agents' sockets
 *   that send what they had kept for 20 min, each batch acknowledged when it is on disk, its memory after that, and live
 *   delivery to 100 dashboards with and without 10 heavy queries, in turn.
 */
import { HOUR_MS } from '@openmanager/protocol/durations';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type EmbeddedStore } from '@openmanager/store';
import {
  atLeast,
  atMost,
  quantile,
  type BenchOptions,
  type BenchResult,
  type Figure,
} from './harness.ts';
import { measureHub } from './history/hub.ts';
import { folderBytes, Peer } from './history/peer.ts';
import { writeRequest } from './history/remote-write.ts';
import { batchOf, SERIES, simulate, START_MS, type HostSamples } from './history/samples.ts';
import { duckdbRows, sqliteRows } from './history/tables.ts';
const STEP_MS = 300_000;
/** The interval of `ingest` and of `queries`. */
const INGEST_MS = 5000;
const QUERY_MS = 15_000;
/** Batches on their way to each store. */
const IN_FLIGHT = 8;
/** Hours that one side writes before it is the next one's turn. */
const TURN_HOURS = 4;
const ROUNDS = 15;
const DISTINCT = 10;
const full = { hosts: 20, hours: 12, tableHours: 1, queryHosts: 100, queryHours: 24, days: 365 };
const short = { hosts: 5, hours: 8, tableHours: 1, queryHosts: 20, queryHours: 6, days: 30 };
type Size = typeof full;

const forever = { retentionMs: Number.MAX_SAFE_INTEGER };

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Runs the calls in their order, at most `IN_FLIGHT` at a time. */
async function inTurn(calls: Iterable<() => Promise<void>>): Promise<void> {
  const flying = new Set<Promise<void>>();
  for (const call of calls) {
    const flight = call().finally(() => flying.delete(flight));
    flying.add(flight);
    if (flying.size >= IN_FLIGHT) await Promise.race(flying);
  }
  await Promise.all(flying);
}

/** Batch after batch of all hosts: `from` to before `to`. */
function* batches(
  hosts: readonly HostSamples[],
  from: number,
  to: number,
  rows: number,
): Generator<readonly [host: HostSamples, from: number, to: number]> {
  for (let at = from; at < to; at += rows)
    for (const host of hosts) yield [host, at, Math.min(to, at + rows)];
}

async function append(
  store: EmbeddedStore,
  hosts: readonly HostSamples[],
  from: number,
  to: number,
  rows: number,
): Promise<void> {
  function* calls(): Generator<() => Promise<void>> {
    for (const [host, first, end] of batches(hosts, from, to, rows))
      yield () => store.append(host.hostId, { bootEpoch: 1, seq: end }, batchOf(host, first, end));
  }
  await inTurn(calls());
}

async function send(
  peer: Peer,
  hosts: readonly HostSamples[],
  from: number,
  to: number,
  rows: number,
): Promise<void> {
  for (let at = from; at < to; at += rows) {
    const bodies = hosts.map((host) =>
      writeRequest(host.hostId, batchOf(host, at, Math.min(to, at + rows))),
    );
    await inTurn(bodies.map((body) => () => peer.write(body)));
  }
}

interface Side {
  readonly perCore: number;
  readonly bytesPerSample: number;
}

async function ingest(folder: string, size: Size): Promise<Readonly<Record<string, Side>>> {
  const rowsPerHour = HOUR_MS / INGEST_MS;
  const batchRows = rowsPerHour / 6;
  const hosts = simulate(size.hosts, DISTINCT, size.hours * rowsPerHour, INGEST_MS);
  const place = (name: string): string => {
    const path = join(folder, name);
    mkdirSync(path);
    return path;
  };
  const samplesOf = (hours: number): number => hours * rowsPerHour * size.hosts * SERIES;
  const sides: Record<string, Side> = {};
  const stores = {
    'all tiers': await openStore({ folder: place('all tiers'), ...forever }),
    raw: await openStore({ folder: place('raw'), ...forever, tiers: [] }),
  };
  const peers = [
    await Peer.start('VictoriaMetrics', place('VictoriaMetrics')),
    await Peer.start('Prometheus', place('Prometheus')),
  ];
  const cpu = new Map<string, number>();
  const add = (name: string, seconds: number): void =>
    void cpu.set(name, (cpu.get(name) ?? 0) + seconds);
  let began: readonly number[] = [];
  for (let hour = 0; hour < size.hours; hour += TURN_HOURS) {
    const span = [hour * rowsPerHour, (hour + TURN_HOURS) * rowsPerHour, batchRows] as const;
    for (const [name, store] of Object.entries(stores)) {
      const before = cpuSeconds();
      await append(store, hosts, ...span);
      // Nothing is left to be worked out in another's turn.
      await store.settle();
      if (hour > 0) add(name, cpuSeconds() - before);
    }
    for (const peer of peers) await send(peer, hosts, ...span);
    if (hour === 0) began = peers.map((peer) => peer.cpuSeconds());
  }
  for (const [index, peer] of peers.entries()) {
    await peer.settle();
    add(peer.name, peer.cpuSeconds() - (began[index] ?? 0));
    await peer.stop();
  }
  const opened = folderBytes(join(folder, 'all tiers'));
  const { tiers } = await stores['all tiers'].historyStats();
  for (const store of Object.values(stores)) await store.close();
  const side = (name: string, hours: number, seconds: number, timed = hours): void => {
    const bytesPerSample = folderBytes(join(folder, name)) / samplesOf(hours);
    sides[name] = { perCore: samplesOf(timed) / seconds, bytesPerSample };
  };
  for (const [name, seconds] of cpu) side(name, size.hours, seconds, size.hours - TURN_HOURS);
  const samples = samplesOf(size.hours);
  sides['open'] = { perCore: Number.NaN, bytesPerSample: opened / samples };
  sides['cold'] = { perCore: Number.NaN, bytesPerSample: (tiers[0]?.bytes ?? 0) / samples };
  const tableRows = size.tableHours * rowsPerHour;
  for (const [name, rows] of [
    ['DuckDB', duckdbRows],
    ['SQLite rows', sqliteRows],
  ] as const)
    side(name, size.tableHours, await rows(place(name), hosts, tableRows, batchRows));
  return sides;
}

type Asked = Readonly<Record<'store' | 'VictoriaMetrics' | 'Prometheus', number>>;

async function timed(works: Readonly<Record<keyof Asked, () => Promise<void>>>): Promise<Asked> {
  const times = { store: [], VictoriaMetrics: [], Prometheus: [] } as Record<keyof Asked, number[]>;
  for (let round = 0; round <= ROUNDS; round++)
    for (const [name, work] of Object.entries(works) as [keyof Asked, () => Promise<void>][]) {
      const start = performance.now();
      await work();
      // The first round warms up.
      if (round > 0) times[name].push(performance.now() - start);
    }
  const median = (name: keyof Asked): number => quantile(times[name], 0.5);
  return {
    store: median('store'),
    VictoriaMetrics: median('VictoriaMetrics'),
    Prometheus: median('Prometheus'),
  };
}

function must(found: number, wanted: number): void {
  if (found !== wanted) throw new Error(`${found} series instead of ${wanted}`);
}

async function queries(
  folder: string,
  size: Size,
): Promise<{ readonly host: Asked; readonly fleet: Asked }> {
  const rowsPerHour = HOUR_MS / QUERY_MS;
  const hosts = simulate(size.queryHosts, DISTINCT, size.queryHours * rowsPerHour, QUERY_MS);
  const store = await openStore({ folder: join(folder, 'queries'), ...forever });
  const peers = [
    await Peer.start('VictoriaMetrics', join(folder, 'queries VictoriaMetrics')),
    await Peer.start('Prometheus', join(folder, 'queries Prometheus')),
  ] as const;
  try {
    const [victoria, prometheus] = peers;
    const rows = size.queryHours * rowsPerHour;
    await append(store, hosts, 0, rows, rowsPerHour);
    await store.settle();
    for (let at = 0; at < rows; at += rowsPerHour)
      await inTurn(
        hosts.map((host) => async () => {
          const body = writeRequest(host.hostId, batchOf(host, at, at + rowsPerHour));
          await Promise.all(peers.map((peer) => peer.write(body)));
        }),
      );
    for (const peer of peers) await peer.settle();
    const fromMs = START_MS;
    const toMs = START_MS + size.queryHours * HOUR_MS - 1;
    // The peers look back from the end of each step.
    const span = [fromMs + STEP_MS, toMs + 1, STEP_MS] as const;
    const ask = { fromMs, toMs, stepMs: STEP_MS, figures: ['min', 'mean', 'max'] } as const;
    const host = await timed({
      store: async () =>
        must((await store.aggregate({ ...ask, hostIds: ['host3'] })).series.length, SERIES),
      VictoriaMetrics: async () =>
        must(await victoria.query('rollup({host="host3"}[5m])', ...span), 3 * SERIES),
      Prometheus: async () => {
        for (const figure of ['min', 'avg', 'max']) {
          must(await prometheus.query(`${figure}_over_time({host="host3"}[5m])`, ...span), SERIES);
        }
      },
    });
    const wide = { ...ask, figures: ['mean'] } as const;
    const keys = [hosts[0]?.keys[0] ?? ''];
    const name = 'avg_over_time(system_cpu_utilization{series="0"}[5m])';
    const fleet = await timed({
      store: async () =>
        must((await store.aggregate({ ...wide, keys })).series.length, size.queryHosts),
      VictoriaMetrics: async () => must(await victoria.query(name, ...span), size.queryHosts),
      Prometheus: async () => must(await prometheus.query(name, ...span), size.queryHosts),
    });
    return { host, fleet };
  } finally {
    await store.close();
    for (const peer of peers) await peer.stop();
  }
}

/** 1 series × a year, ms. */
async function year(folder: string, { days }: Size): Promise<number> {
  const store = await openStore({ folder: join(folder, 'year'), ...forever });
  try {
    const intervalMs = 60_000;
    const keys = Array.from({ length: 4 }, (_, index) => `system.cpu.utilization{part="${index}"}`);
    const rows = (days * 24 * HOUR_MS) / intervalMs;
    const column = (seed: number): Float64Array =>
      Float64Array.from({ length: rows }, (_, row) => {
        const day = Math.sin((row / 1440) * 2 * Math.PI);
        return Math.round((0.4 + 0.2 * day + 0.1 * Math.sin(row * (seed + 1.7))) * 1e4) / 1e4;
      });
    const host: HostSamples = {
      hostId: 'host',
      setId: '0123456789abcdef',
      keys,
      intervalMs,
      rows,
      columns: keys.map((_, index) => column(index)),
    };
    await append(store, [host], 0, rows, 1440);
    await store.settle();
    const times: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const start = performance.now();
      const { series } = await store.aggregate({
        keys: keys.slice(0, 1),
        fromMs: START_MS,
        toMs: START_MS + rows * intervalMs - 1,
        figures: ['min', 'mean', 'max'],
      });
      must(series.length, 1);
      if (round > 0) times.push(performance.now() - start);
    }
    return quantile(times, 0.5);
  } finally {
    await store.close();
  }
}

const rivals = ['VictoriaMetrics', 'Prometheus', 'DuckDB', 'SQLite rows'] as const;

function bytesFigures(sides: Readonly<Record<string, Side>>): Figure[] {
  const of = (name: string): number => sides[name]?.bytesPerSample ?? Number.NaN;
  const goal = (name: string, value: number, bound: number): Figure[] => [
    atMost(name, value, 'bytes/sample', bound),
    ...rivals.map((against) => ({
      name: `${name}: against`,
      value: of(against),
      unit: 'bytes/sample',
      against,
      ratio: of(against) / value,
    })),
  ];
  return [
    ...goal('disk, samples only', of('raw'), 1.15),
    atMost('disk, chunks of samples that are full', of('cold'), 'bytes/sample', 1),
    ...goal('disk, all tiers', of('all tiers'), 1.6),
    { name: 'disk, all tiers, while open', value: of('open'), unit: 'bytes/sample' },
  ];
}

function ingestFigures(sides: Readonly<Record<string, Side>>): Figure[] {
  const of = (name: string): number => sides[name]?.perCore ?? Number.NaN;
  const value = of('all tiers');
  return [
    atLeast('ingest per core, synced, rollups included', value, 'samples/s', 10e6),
    ...rivals.map((against) => ({
      name: 'ingest per core: against',
      value: of(against),
      unit: 'samples/s',
      against,
      ratio: value / of(against),
    })),
    { name: 'ingest per core, without rollups', value: of('raw'), unit: 'samples/s' },
  ];
}

function queryFigures(name: string, asked: Asked, bound: number): Figure[] {
  return (['VictoriaMetrics', 'Prometheus'] as const).map((against) =>
    atMost(name, asked.store, 'ms', bound, { against, ratio: asked[against] / asked.store }),
  );
}

export async function run({ quick }: BenchOptions): Promise<BenchResult> {
  const size = quick ? short : full;
  const folder = mkdtempSync(join(tmpdir(), 'openmanager-bench-'));
  try {
    const began = performance.now();
    const told = (what: string): void =>
      console.error(`${what}: ${((performance.now() - began) / 1000).toFixed(0)} s`);
    const sides = await ingest(folder, size);
    told('ingest');
    const { host, fleet } = await queries(folder, size);
    told('queries');
    const yearMs = await year(folder, size);
    told('year');
    const hub = await measureHub(folder, quick);
    told('hub');
    return {
      bench: 'store',
      figures: [
        ...bytesFigures(sides),
        ...ingestFigures(sides),
        ...queryFigures(
          `${size.queryHours} h × ${SERIES} series of one host: min, mean, max`,
          host,
          15,
        ),
        ...queryFigures(`${size.queryHours} h × one metric × ${size.queryHosts} hosts`, fleet, 30),
        atMost(`1 series × ${size.days} days from rollups`, yearMs, 'ms', 20),
        ...hub,
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
