/** The hub as people run it: what agents had kept arrives, its memory, and live delivery while history is read. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import {
  encodeBatch,
  headlineKeys,
  limits,
  seriesSetId,
  type AgentDown,
} from '@openmanager/protocol';
import type { Rows } from '@openmanager/store';
import { WebSocket } from 'ws';
import { atLeast, atMost, type Figure } from '../harness.ts';
import { coreOf } from '../load/cores.ts';
import type { HubListening } from '../load/hub.ts';
import { Stage, startBuiltHub } from '../load/stage.ts';
import { begin, end, heard, pause, settledRss } from '../load/talk.ts';
import { Walk } from '../load/walk.ts';
import { Peer } from './peer.ts';
import { writeRequest } from './remote-write.ts';
import { batchOf, simulate } from './samples.ts';

const HOSTS = 100;
const SERIES = 200;
const INTERVAL_MS = 5000;
/** What was kept: 20 min. */
const KEPT_ROWS = 240;
const BATCH_ROWS = 60;
const DISTINCT = 5;
const DASHBOARDS = 100;
const QUERIES = 10;
const SUBPROTOCOL = 'openmanager.agent';
const VERSION = 2;
const MEBIBYTE = 2 ** 20;

/** An agent as far as its socket goes. */
class Sender {
  private readonly socket: WebSocket;
  private acknowledged = 0;
  private sent = 0;
  private wake: (() => void) | undefined;

  private constructor(url: string, key: string) {
    this.socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/agent`, SUBPROTOCOL, {
      headers: { authorization: `Bearer ${key}` },
      perMessageDeflate: false,
    });
    this.socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as AgentDown;
      if (message.type === 'error' || message.type === 'reject') throw new Error(message.message);
      if (message.type === 'ack') this.acknowledged = message.seq;
      this.wake?.();
    });
  }

  static async connect(url: string, key: string, hostname: string): Promise<Sender> {
    const sender = new Sender(url, key);
    await once(sender.socket, 'open');
    const facts = {
      hostname,
      os: 'linux',
      osName: 'Debian',
      kernel: '6.1',
      arch: 'x64',
      cpuModel: 'x',
      cpuCount: 8,
      memoryBytes: 2 ** 34,
      timeZone: 'UTC',
      agentVersion: '0',
      demo: true,
    };
    const hello = { type: 'hello', version: VERSION, bootEpoch: 1, facts, intervalMs: INTERVAL_MS };
    const welcome = once(sender.socket, 'message');
    sender.socket.send(JSON.stringify({ ...hello, nowMs: Date.now(), spoolDropped: 0 }));
    await welcome;
    return sender;
  }

  declare(keys: readonly string[]): void {
    this.socket.send(JSON.stringify({ type: 'series-set', id: seriesSetId(keys), keys }));
  }

  /** Sends a batch when fewer are in flight than an agent may have. */
  async send(rows: Omit<Rows, 'keys'>): Promise<void> {
    await this.until(() => this.sent - this.acknowledged < limits.batchesInFlight);
    this.socket.send(encodeBatch({ bootEpoch: 1, seq: ++this.sent, ...rows }));
  }

  async stored(): Promise<void> {
    await this.until(() => this.acknowledged === this.sent);
  }

  close(): void {
    this.socket.terminate();
  }

  private async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => (this.wake = resolve));
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

export async function measureHub(folder: string, quick: boolean): Promise<Figure[]> {
  const stage = new Stage();
  const senders: Sender[] = [];
  try {
    const hub = stage.keep(startBuiltHub({ hosts: HOSTS }));
    const { url, port, token, keys, hostIds } = await heard<HubListening>(hub);
    // Its threads are for the other cores: on one alone a query takes the time of delivery.
    const cores = [coreOf('server'), coreOf('hosts')].filter((core) => core !== undefined);
    if (cores.length > 0)
      execFileSync('taskset', ['-acp', cores.join(','), String(hub.pid)], { stdio: 'ignore' });
    const fromMs = Date.now() - KEPT_ROWS * INTERVAL_MS;
    const hosts = simulate(HOSTS, DISTINCT, KEPT_ROWS, INTERVAL_MS, SERIES);
    for (const [index, key] of keys.entries())
      senders.push(await Sender.connect(url, key, `host-${index}`));
    const [one] = hosts;
    for (const sender of senders) {
      sender.declare(one?.keys ?? []);
      sender.declare(headlineKeys);
    }
    const sets = hosts.map((host) => ({ ...host, keys: one?.keys ?? [], setId: one?.setId ?? '' }));
    const shifted = (host: (typeof sets)[number], at: number): Rows => {
      const rows = batchOf(host, at, at + BATCH_ROWS);
      return { ...rows, timesMs: rows.timesMs.map((_, row) => fromMs + (at + row) * INTERVAL_MS) };
    };
    await begin(hub);
    const start = performance.now();
    for (let at = 0; at < KEPT_ROWS; at += BATCH_ROWS)
      for (const [index, host] of sets.entries()) await senders[index]?.send(shifted(host, at));
    await Promise.all(senders.map(async (sender) => await sender.stored()));
    const seconds = (performance.now() - start) / 1000;
    const used = await end(hub);
    const samples = HOSTS * SERIES * KEPT_ROWS;
    const rss = await settledRss(hub);
    const bodies = sets.map((host) => writeRequest(host.hostId, batchOf(host, 0, KEPT_ROWS)));
    const theirs = await victoriaRss(folder, bodies);

    const clients = stage.clients();
    await clients.open({ group: 'dashboards', kind: 'hub', port, token, n: DASHBOARDS });
    const walks = senders.map((_, index) => new Walk(index));
    const setId = seriesSetId(headlineKeys);
    const tick = (): void => {
      const timesMs = [Date.now()];
      for (const [index, sender] of senders.entries()) {
        const values = (walks[index] as Walk).step(1);
        void sender.send({
          setId,
          timesMs,
          columns: Array.from(values, (value) => Float64Array.of(value)),
        });
      }
    };
    const timer = setInterval(tick, 1000);
    const windowMs = quick ? 5000 : 10_000;
    let reading = true;
    let answered = 0;
    const live = async (): Promise<number> => {
      await clients.count();
      await pause(windowMs);
      return (await clients.count()).groups['dashboards']?.latency.p99 ?? Number.NaN;
    };
    await pause(3000);
    const alone = await live();
    const readers = Array.from({ length: QUERIES }, async (_, index) => {
      const path = `/api/v1/hosts/${hostIds[index]}/history?fromMs=0&toMs=${Date.now()}&maxPoints=300`;
      while (reading) {
        const response = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
        const body = await response.text();
        if (!response.ok) throw new Error(body);
        answered++;
      }
    });
    const busy = await live();
    reading = false;
    await Promise.all(readers);
    clearInterval(timer);
    return [
      atLeast(
        'sockets → acknowledged, per core of the hub',
        samples / (used.cpuUs / 1e6),
        'samples/s',
        2.5e6,
      ),
      {
        name: 'sockets → acknowledged, in time that passed',
        value: samples / seconds,
        unit: 'samples/s',
      },
      atMost(`hub RSS at ${HOSTS} hosts × ${SERIES} series`, rss / MEBIBYTE, 'MB', 180, {
        against: 'VictoriaMetrics',
        ratio: theirs / rss,
      }),
      { name: 'live p99, no queries', value: alone, unit: 'ms' },
      atMost(
        `live p99 while ${QUERIES} heavy queries run, of that without`,
        busy / alone,
        '×',
        1.2,
      ),
      {
        name: 'heavy queries answered meanwhile',
        value: answered / (windowMs / 1000),
        unit: '1/s',
      },
    ];
  } finally {
    for (const sender of senders) sender.close();
    stage.end();
  }
}
