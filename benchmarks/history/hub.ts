/**
 * The hub as people run it: its memory while 100 hosts send, what agents had kept arriving, its memory after that, and
 * live delivery with and without heavy queries, in turn.
 */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { headlineKeys, seriesSetId } from '@openmanager/protocol';
import type { Rows } from '@openmanager/store';
import { atLeast, atMost, quantile, type Figure } from '../harness.ts';
import { pinRest } from '../load/cores.ts';
import type { HubListening } from '../load/hub.ts';
import { Stage } from '../load/stage.ts';
import { start } from '../load/start.ts';
import { begin, end, heard, pause, settledRss } from '../load/talk.ts';
import { Walk } from '../load/walk.ts';
import { Peer } from './peer.ts';
import { writeRequest } from './remote-write.ts';
import { batchOf, simulate, type HostSamples } from './samples.ts';
import { Sender } from './sender.ts';

const HOSTS = 100;
const SERIES = 200;
const INTERVAL_MS = 5000;
/** What was kept: 20 min. */
const KEPT_ROWS = 240;
const BATCH_ROWS = 60;
const DISTINCT = 5;
const DASHBOARDS = 100;
const QUERIES = 10;
const ROUNDS = 7;
/** Between two rows of every host while delivery is measured: more of them than in life, so that p99 is not one tick. */
const TICK_MS = 250;
const MEBIBYTE = 2 ** 20;

interface Connected extends HubListening {
  readonly hub: ChildProcess;
  readonly senders: readonly Sender[];
}

/** A new hub with 100 agents. */
async function connected(stage: Stage, keys: readonly string[]): Promise<Connected> {
  const hub = stage.keep(start('server', 'hub.ts', { hosts: HOSTS }));
  const listening = await heard<HubListening>(hub);
  const senders: Sender[] = [];
  for (const [index, key] of listening.keys.entries()) {
    const sender = await Sender.connect(listening.url, key, `host-${index}`, INTERVAL_MS);
    stage.keep({ kill: () => sender.close() });
    sender.declare(keys);
    sender.declare(headlineKeys);
    senders.push(sender);
  }
  return { ...listening, hub, senders };
}

/** Rows of a host as if they were taken from `fromMs` on. */
function rowsAt(host: HostSamples, fromMs: number, at: number, count: number): Rows {
  const rows = batchOf(host, at, at + count);
  return { ...rows, timesMs: rows.timesMs.map((_, row) => fromMs + (at + row) * INTERVAL_MS) };
}

/**
 * Memory of the hub, and of VictoriaMetrics, while every host sends a row each second: five times as many as they would,
 * so that the same minutes say more. Nothing is collected for it.
 */
async function live(
  folder: string,
  hosts: readonly HostSamples[],
  seconds: number,
): Promise<{ readonly rss: number; readonly theirs: number }> {
  const stage = new Stage();
  const peer = await Peer.start('VictoriaMetrics', join(folder, 'live'));
  try {
    const { hub, senders } = await connected(stage, hosts[0]?.keys ?? []);
    await begin(hub);
    for (let at = 0; at < seconds; at++) {
      const start = performance.now();
      const timesMs = [Date.now()];
      for (const [index, host] of hosts.entries())
        await senders[index]?.send({ ...batchOf(host, at, at + 1), timesMs });
      for (const host of hosts)
        await peer.write(writeRequest(host.hostId, { ...batchOf(host, at, at + 1), timesMs }));
      await pause(1000 - (performance.now() - start));
    }
    return { rss: (await end(hub)).rssBytes, theirs: peer.rssBytes() };
  } finally {
    stage.end();
    await peer.stop();
  }
}

/** Memory of VictoriaMetrics after the same samples. */
async function victoriaRss(folder: string, bodies: readonly Buffer[]): Promise<number> {
  const peer = await Peer.start('VictoriaMetrics', join(folder, 'memory'));
  try {
    for (const body of bodies) await peer.write(body);
    await peer.settle();
    return peer.rssBytes();
  } finally {
    await peer.stop();
  }
}

/** What came late, and then live delivery to dashboards while history is read. */
async function late(
  folder: string,
  hosts: readonly HostSamples[],
  windowMs: number,
): Promise<Figure[]> {
  const stage = new Stage();
  let timer: NodeJS.Timeout | undefined;
  try {
    const { hub, senders, url, port, token, hostIds } = await connected(
      stage,
      hosts[0]?.keys ?? [],
    );
    const fromMs = Date.now() - KEPT_ROWS * INTERVAL_MS;
    await begin(hub);
    const start = performance.now();
    for (let at = 0; at < KEPT_ROWS; at += BATCH_ROWS)
      for (const [index, host] of hosts.entries())
        await senders[index]?.send(rowsAt(host, fromMs, at, BATCH_ROWS));
    await Promise.all(senders.map(async (sender) => await sender.stored()));
    const seconds = (performance.now() - start) / 1000;
    const used = await end(hub);
    const samples = HOSTS * SERIES * KEPT_ROWS;
    const rss = await settledRss(hub);
    const bodies = hosts.map((host) => writeRequest(host.hostId, batchOf(host, 0, KEPT_ROWS)));
    const theirs = await victoriaRss(folder, bodies);

    const clients = stage.clients();
    await clients.open({ group: 'dashboards', kind: 'hub', port, token, n: DASHBOARDS });
    const walks = senders.map((_, index) => new Walk(index));
    const setId = seriesSetId(headlineKeys);
    timer = setInterval(() => {
      const timesMs = [Date.now()];
      for (const [index, sender] of senders.entries()) {
        const values = (walks[index] as Walk).step(1);
        const columns = Array.from(values, (value) => Float64Array.of(value));
        void sender.send({ setId, timesMs, columns });
      }
    }, TICK_MS);
    const p99 = async (): Promise<number> => {
      await clients.count();
      await pause(windowMs);
      return (await clients.count()).groups['dashboards']?.latency.p99 ?? Number.NaN;
    };
    let answered = 0;
    const whileReading = async (): Promise<number> => {
      let reading = true;
      const readers = Array.from({ length: QUERIES }, async (_, index) => {
        const path = `/api/v1/hosts/${hostIds[index]}/history?fromMs=0&toMs=${Date.now()}&maxPoints=300`;
        while (reading) {
          const headers = { authorization: `Bearer ${token}` };
          const response = await fetch(url + path, { headers });
          const body = await response.text();
          if (!response.ok) throw new Error(body);
          answered++;
        }
      });
      const busy = await p99();
      reading = false;
      await Promise.all(readers);
      return busy;
    };
    // Warms both up.
    await p99();
    await whileReading();
    answered = 0;
    const alone: number[] = [];
    const busy: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      alone.push(await p99());
      busy.push(await whileReading());
    }
    const [withoutMs, withMs] = [quantile(alone, 0.5), quantile(busy, 0.5)];
    const perSecond = samples / (used.cpuUs / 1e6);
    return [
      atLeast('sockets → acknowledged, per core of the hub', perSecond, 'samples/s', 2.5e6),
      {
        name: 'sockets → acknowledged, in time that passed',
        value: samples / seconds,
        unit: 'samples/s',
      },
      {
        name: `hub RSS after 20 min that ${HOSTS} hosts × ${SERIES} series had kept`,
        value: rss / MEBIBYTE,
        unit: 'MB',
        against: 'VictoriaMetrics',
        ratio: theirs / rss,
      },
      { name: 'live p99, no queries', value: withoutMs, unit: 'ms' },
      { name: `live p99 while ${QUERIES} heavy queries run`, value: withMs, unit: 'ms' },
      atMost(
        `live p99 while ${QUERIES} heavy queries run, of that without`,
        withMs / withoutMs,
        '×',
        1.2,
      ),
      {
        name: 'heavy queries answered meanwhile',
        value: answered / ((ROUNDS * windowMs) / 1000),
        unit: '1/s',
      },
    ];
  } finally {
    clearInterval(timer);
    stage.end();
  }
}

export async function measureHub(folder: string, quick: boolean): Promise<Figure[]> {
  const simulated = simulate(HOSTS, DISTINCT, KEPT_ROWS, INTERVAL_MS, SERIES);
  const [one] = simulated;
  const hosts = simulated.map((host) => ({
    ...host,
    keys: one?.keys ?? [],
    setId: one?.setId ?? '',
  }));
  // Whoever asks and reads the answers does so beside the hub.
  pinRest();
  const { rss, theirs } = await live(folder, hosts, quick ? 20 : 60);
  const figures = await late(folder, hosts, quick ? 2000 : 4000);
  return [
    atMost(`hub RSS at ${HOSTS} hosts × ${SERIES} series, live`, rss / MEBIBYTE, 'MB', 180, {
      against: 'VictoriaMetrics',
      ratio: theirs / rss,
    }),
    ...figures,
  ];
}
