/**
 * 1,000 dashboards on one hub: how fast they are let in at 300/s, at 600/s and all at the same instant, what
 * a connection holds in memory, and what the server pays per delivered frame. The real hub with 100 hosts that
 * send 12 values each second through the agents' protocol; against the bare `ws` package that sends the same
 * number of bytes each second. Alternating, each process on its own: server, hosts, two with 500 clients.
 */
import type { ChildProcess } from 'node:child_process';
import {
  atLeast,
  atMost,
  quantile,
  type BenchOptions,
  type BenchResult,
  type Figure,
} from './harness.ts';
import {
  ask,
  heard,
  start,
  type ClientOrder,
  type Connected,
  type Counted,
  type Listening,
  type Usage,
} from './connections/talk.ts';

const CLIENTS = 1000;
const PROCESSES = 2;
const STOCK = 20;
const HOSTS = 100;
const ROUNDS = 3;
const HOLD_MS = 10_000;
const QUICK_HOLD_MS = 3000;
/** About what a delta of 100 hosts takes; replaced by what was measured after the first round. */
const FRAME_BYTES = 1500;
const rates = [300, 600, 0] as const;

interface Side {
  readonly kind: 'socket.io' | 'ws';
  readonly connectMs: Map<number, number[]>;
  readonly firstFrameMs: number[];
  readonly cpuPerFrameUs: number[];
  readonly cpuPercent: number[];
  readonly idleCpuPercent: number[];
  readonly rssPerConnection: number[];
  readonly rssMegabytes: number[];
  readonly stallMs: number[];
  readonly bytesPerFrame: number[];
  alive: number;
  failed: number;
}

function side(kind: Side['kind']): Side {
  return {
    kind,
    connectMs: new Map(rates.map((rate) => [rate, []])),
    firstFrameMs: [],
    cpuPerFrameUs: [],
    cpuPercent: [],
    idleCpuPercent: [],
    rssPerConnection: [],
    rssMegabytes: [],
    stallMs: [],
    bytesPerFrame: [],
    alive: CLIENTS,
    failed: 0,
  };
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

async function usage(server: ChildProcess): Promise<Usage> {
  return await ask<Usage>(server, {});
}

/** CPU of the server over a while, in % of one core and µs in all. */
async function watch(server: ChildProcess, ms: number): Promise<{ percent: number; us: number }> {
  const before = await usage(server);
  const began = performance.now();
  await pause(ms);
  const passedMs = performance.now() - began;
  const us = (await usage(server)).cpuUs - before.cpuUs;
  return { us, percent: us / passedMs / 10 };
}

async function toAll<T>(processes: readonly ChildProcess[], order: ClientOrder): Promise<T[]> {
  return await Promise.all(processes.map((child) => ask<T>(child, order)));
}

async function round(
  to: Side,
  server: ChildProcess,
  at: Listening,
  processes: readonly ChildProcess[],
  holdMs: number,
  empty: Usage,
): Promise<void> {
  const idle = await watch(server, holdMs);
  for (const rate of rates) {
    const clients = CLIENTS / PROCESSES;
    const stock = to.kind === 'ws' ? 0 : STOCK / PROCESSES;
    const { kind } = to;
    const order = { order: 'connect', kind, ...at, clients, stock } as const;
    for (const { connectMs, firstFrameMs, failed } of await toAll<Connected>(processes, {
      ...order,
      perSecond: rate / PROCESSES,
    })) {
      to.connectMs.get(rate)?.push(...connectMs);
      if (rate === 0) to.firstFrameMs.push(...firstFrameMs);
      to.failed += failed;
    }
    if (rate === 0) await hold(to, server, processes, holdMs, idle, empty);
    await toAll(processes, { order: 'disconnect' });
    await pause(2000);
  }
}

async function hold(
  to: Side,
  server: ChildProcess,
  processes: readonly ChildProcess[],
  holdMs: number,
  idle: { percent: number },
  empty: Usage,
): Promise<void> {
  to.stallMs.push((await usage(server)).stallMs);
  await pause(2000);
  await toAll<Counted>(processes, { order: 'count' });
  const held = await watch(server, holdMs);
  const counted = await toAll<Counted>(processes, { order: 'count' });
  const frames = counted.reduce((sum, each) => sum + each.frames, 0);
  const bytes = counted.reduce((sum, each) => sum + each.bytes, 0);
  const { rssBytes } = await usage(server);
  to.alive = Math.min(
    to.alive,
    counted.reduce((sum, each) => sum + each.alive, 0),
  );
  to.cpuPercent.push(held.percent);
  to.idleCpuPercent.push(idle.percent);
  to.cpuPerFrameUs.push((held.us - idle.percent * holdMs * 10) / frames);
  // Against the server before its first client: what it keeps of former ones counts too.
  to.rssPerConnection.push((rssBytes - empty.rssBytes) / CLIENTS);
  to.rssMegabytes.push(rssBytes / 1e6);
  to.bytesPerFrame.push(bytes / frames);
}

export async function run({ quick }: BenchOptions): Promise<BenchResult> {
  const [ours, bare] = [side('socket.io'), side('ws')];
  const hub = start('hub.ts', String(HOSTS));
  const children = [hub];
  try {
    const hubAt = await heard<Listening>(hub);
    const ws = start('ws-server.ts', String(FRAME_BYTES));
    children.push(ws);
    const wsAt = await heard<Listening>(ws);
    children.push(start('hosts.ts', hubAt.url, ...hubAt.keys));
    const processes = Array.from({ length: PROCESSES }, () => start('clients.ts'));
    children.push(...processes);
    await pause(5000);
    const [hubEmpty, wsEmpty] = [await usage(hub), await usage(ws)];
    const holdMs = quick ? QUICK_HOLD_MS : HOLD_MS;
    for (let index = 0; index < (quick ? 1 : ROUNDS); index++) {
      await round(ours, hub, { ...hubAt, keys: [] }, processes, holdMs, hubEmpty);
      await round(bare, ws, wsAt, processes, holdMs, wsEmpty);
    }
  } finally {
    for (const child of children) child.kill();
  }
  return { bench: 'connections', figures: figures(ours, bare) };
}

function figures(ours: Side, bare: Side): Figure[] {
  const against = 'bare ws';
  const median = (values: readonly number[]): number => quantile(values, 0.5);
  const compared = (mine: number, theirs: number): Partial<Figure> => ({
    against,
    ratio: mine / theirs,
  });
  const connect = (rate: number, p: number): [number, Partial<Figure>] => {
    const mine = quantile(ours.connectMs.get(rate) ?? [], p);
    return [mine, compared(mine, quantile(bare.connectMs.get(rate) ?? [], p))];
  };
  const [p50At300, to50At300] = connect(300, 0.5);
  const [p99At300, to99At300] = connect(300, 0.99);
  const [p50At600, to50At600] = connect(600, 0.5);
  const [p99At600, to99At600] = connect(600, 0.99);
  const [p50AtOnce, to50AtOnce] = connect(0, 0.5);
  const [p99AtOnce, to99AtOnce] = connect(0, 0.99);
  const rss = median(ours.rssPerConnection) / 1000;
  const cpu = median(ours.cpuPerFrameUs);
  return [
    atLeast('clients that get live frames', ours.alive, '', CLIENTS),
    atMost('clients refused or lost', ours.failed, '', 0),
    { name: 'connect p50 at 300/s', value: p50At300, unit: 'ms', ...to50At300 },
    atMost('connect p99 at 300/s', p99At300, 'ms', 20, to99At300),
    { name: 'connect p50 at 600/s', value: p50At600, unit: 'ms', ...to50At600 },
    atMost('connect p99 at 600/s', p99At600, 'ms', 100, to99At600),
    { name: 'connect p50, 1,000 at once', value: p50AtOnce, unit: 'ms', ...to50AtOnce },
    atMost('connect p99, 1,000 at once', p99AtOnce, 'ms', 650, to99AtOnce),
    {
      name: 'first frame p99, 1,000 at once',
      value: quantile(ours.firstFrameMs, 0.99),
      unit: 'ms',
    },
    { name: 'longest stall, 1,000 at once', value: median(ours.stallMs), unit: 'ms' },
    atMost('RSS per connection', rss, 'kB', 16, {
      ...compared(rss, median(bare.rssPerConnection) / 1000),
    }),
    {
      name: 'RSS of the hub with 1,000 clients',
      value: median(ours.rssMegabytes),
      unit: 'MB',
      ...compared(median(ours.rssMegabytes), median(bare.rssMegabytes)),
    },
    {
      name: 'server CPU per delivered frame',
      value: cpu,
      unit: 'µs',
      ...compared(cpu, median(bare.cpuPerFrameUs)),
    },
    {
      name: 'server CPU with 1,000 clients',
      value: median(ours.cpuPercent),
      unit: '% of a core',
      ...compared(median(ours.cpuPercent), median(bare.cpuPercent)),
    },
    { name: 'server CPU without clients', value: median(ours.idleCpuPercent), unit: '% of a core' },
    { name: 'bytes per frame', value: median(ours.bytesPerFrame), unit: 'B' },
  ];
}
