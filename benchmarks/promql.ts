/**
 * PromQL over HTTP, beside Debian's Prometheus on the same samples: 400 series of ten hosts every 15 s for three hours,
 * asked over one hour at 241 steps. Both answer JSON to the same client on the same machine, in turn, within one run; a
 * figure is the median of the rounds, from the first byte sent to the last byte received, without compression. Ours is a
 * hub with its API, token and threads. Ratios are ours over theirs.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seriesKey, seriesSetId } from '@openmanager/protocol';
import { HOUR_MS } from '@openmanager/protocol/durations';
import { openStore } from '@openmanager/store';
import { PromqlEngine } from '@openmanager/promql';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { havePeers } from './peers.ts';
import { atMost, quantile, type BenchOptions, type BenchResult } from './harness.ts';
import type { Prometheus } from '../scripts/peers/prometheus.ts';

const HOSTS = 10;
const SERIES = 40;
const INTERVAL_MS = 15_000;
const HOURS = 3;
const STEPS = 241;
/** Rounds of each query that do not count: both sides compile and cache. */
const WARM_UP = 10;

const queries: Readonly<Record<string, string>> = {
  selector: 'demo_gauge',
  'selector by label': 'demo_gauge{kind=~"k1.*"}',
  sum: 'sum(demo_gauge)',
  'sum by': 'sum by (instance) (demo_gauge)',
  avg_over_time: 'avg_over_time(demo_gauge[5m])',
  'sum of rate': 'sum by (kind) (rate(demo_counter[5m]))',
  rate: 'rate(demo_counter[1m])',
  arithmetic: 'demo_gauge * 100 > 50',
  'one-to-one': 'demo_gauge / on (instance, kind) demo_counter',
  'max of quantiles': 'max by (kind) (quantile_over_time(0.9, demo_gauge[2m]))',
  topk: 'topk(5, demo_gauge)',
  'quantile by': 'quantile by (instance) (0.95, demo_gauge)',
};

const keys = ['demo.gauge', 'demo.counter'].flatMap((metric) =>
  Array.from({ length: SERIES }, (_, at) => seriesKey(metric, { kind: `k${at}` })),
);

function valueOf(host: number, column: number, row: number): number {
  const noise = Math.sin(row * 12.9898 + host * 78.233 + column * 3.7) * 43_758.5453;
  const share = noise - Math.floor(noise);
  return column < SERIES
    ? Math.round(share * 1e4) / 1e4
    : Math.floor(row * (3 + (column % 7)) + share * 3);
}

function openMetrics(times: readonly number[]): string {
  const lines: string[] = [];
  for (const [place, name] of ['demo_gauge', 'demo_counter'].entries()) {
    lines.push(`# TYPE ${name} gauge`);
    for (let host = 0; host < HOSTS; host++)
      for (let kind = 0; kind < SERIES; kind++) {
        const labels = `{kind="k${kind}",host="h${host}",instance="h${host}",job="openmanager"}`;
        for (const [row, time] of times.entries())
          lines.push(
            `${name}${labels} ${valueOf(host, place * SERIES + kind, row)} ${(time / 1000).toFixed(3)}`,
          );
      }
  }
  return `${lines.join('\n')}\n# EOF\n`;
}

function received(url: string): Promise<{ readonly ms: number; readonly bytes: number }> {
  const from = performance.now();
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => (bytes += chunk.length));
      response.on('end', () => {
        if (response.statusCode === 200) resolve({ ms: performance.now() - from, bytes });
        else reject(new Error(`${url} answered ${response.statusCode}`));
      });
    }).on('error', reject);
  });
}

/** The engine as the hub's route asks it. */
function serve(
  engine: PromqlEngine,
): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '/', 'http://localhost').searchParams;
    const ms = (name: string): number => Number(query.get(name)) * 1000;
    void engine
      .ask({
        kind: 'range',
        text: query.get('query') ?? '',
        startMs: ms('start'),
        endMs: ms('end'),
        stepMs: ms('step'),
      })
      .then(
        (data) => {
          response.setHeader('content-type', 'application/json');
          response.end(
            Buffer.concat([Buffer.from('{"status":"success","data":'), data, Buffer.from('}')]),
          );
        },
        (error: unknown) => {
          response.statusCode = 500;
          response.end(String(error));
        },
      );
  });
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () =>
      resolve({
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        close: () => void server.close(),
      }),
    ),
  );
}

export async function run({ quick }: BenchOptions): Promise<BenchResult> {
  const rounds = quick ? 5 : 25;
  const endMs = Math.floor(Date.now() / INTERVAL_MS) * INTERVAL_MS;
  const rows = (HOURS * HOUR_MS) / INTERVAL_MS;
  const times = Array.from({ length: rows }, (_, row) => endMs - (rows - 1 - row) * INTERVAL_MS);
  const folder = await mkdtemp(join(tmpdir(), 'openmanager-bench-promql-'));
  const store = await openStore({ folder });
  for (let host = 0; host < HOSTS; host++)
    for (let from = 0, seq = 1; from < rows; from += 60, seq++) {
      const timesMs = times.slice(from, from + 60);
      const columns = keys.map((_, column) =>
        Float64Array.from(timesMs, (__, row) => valueOf(host, column, from + row)),
      );
      const batch = { setId: seriesSetId(keys), keys, timesMs, columns };
      await store.append(`h${host}`, { bootEpoch: 1, seq }, batch);
    }
  const engine = new PromqlEngine({
    history: store,
    hosts: () =>
      Array.from({ length: HOSTS }, (_, host) => ({ hostId: `h${host}`, instance: `h${host}` })),
  });
  const ours = await serve(engine);
  let peer: Prometheus | undefined;
  if (await havePeers('prometheus', 'promtool')) {
    const { Prometheus: program } = await import('../scripts/peers/prometheus.ts');
    peer = await program.start(openMetrics(times));
  }
  const figures = [];
  const ratios: number[] = [];
  const step = HOUR_MS / (STEPS - 1) / 1000;
  for (const [name, query] of Object.entries(queries)) {
    const path = `/api/v1/query_range?${new URLSearchParams({
      query,
      start: String((endMs - HOUR_MS) / 1000),
      end: String(endMs / 1000),
      step: String(step),
    }).toString()}`;
    const [mine, others]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds + WARM_UP; round++) {
      const our = await received(ours.url + path);
      const their = peer && (await received(peer.url + path));
      if (round < WARM_UP) continue;
      mine.push(our.ms);
      if (their) others.push(their.ms);
    }
    const [our, their] = [quantile(mine, 0.5), quantile(others, 0.5)];
    const ratio = our / their;
    ratios.push(ratio);
    figures.push({
      name,
      value: our,
      unit: 'ms',
      ...(peer ? { against: `Prometheus ${their.toFixed(1)} ms`, ratio } : {}),
    });
  }
  if (peer)
    figures.push(
      atMost('median of the ratios to Prometheus', quantile(ratios, 0.5), '×', 1),
      atMost('largest ratio to Prometheus', Math.max(...ratios), '×', 2),
    );
  ours.close();
  engine.stop();
  await store.close();
  await peer?.stop();
  await rm(folder, { recursive: true, force: true });
  return { bench: 'promql', figures };
}
