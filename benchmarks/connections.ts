/**
 * Dashboards on one hub: how fast 1,000 are let in at 300/s, at 600/s and all at the same instant, and what
 * 10,000 held ones take of memory. The real hub with 100 hosts that send 12 values each second through real
 * agents; a client has connected when its subscription of `fleet` was answered, TCP's connect included. Against
 * the bare `ws` package that sends the same number of bytes each second, where a client has connected when the
 * upgrade was answered. Connecting alternates between the two, several rounds in the same processes. Memory is of
 * fresh processes, with the packages built as for production: RSS after garbage collection, with all clients
 * receiving frames, and what it is above the same process before the first client.
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
import type { GroupCount, GroupOptions, LoadClients } from './load/clients.ts';
import { pinningFact } from './load/cores.ts';
import { against, median, onStage, type Stage } from './load/stage.ts';
import { start } from './load/start.ts';
import { begin, end, heard, pause, settledRss, type Listening } from './load/talk.ts';
import type { WsServerOptions } from './load/ws-server.ts';

const HOSTS = 100;
/** About what a delta of 100 hosts takes. */
const FRAME_BYTES = 1000;
const HOLD_PER_SECOND = 500;
/** 127.0.0.1 to 127.0.0.4, so that no address runs out of ports. */
const SOURCES = 4;
const rates = [300, 600, 0] as const;
const full = { clients: 1000, rounds: 5, held: 10_000, settleMs: 30_000 };
const short = { clients: 300, rounds: 1, held: 1000, settleMs: 4000 };
type Size = typeof full;

interface Server {
  readonly process: ChildProcess;
  readonly open: Omit<GroupOptions, 'group' | 'n'>;
}

interface Side {
  readonly name: string;
  readonly start: (stage: Stage) => Promise<Server>;
  readonly connectMs: Map<number, number[]>;
  readonly firstMs: number[];
  readonly stallMs: number[];
  failed: number;
}

interface Held {
  readonly alive: number;
  readonly rssBytes: number;
  readonly perConnection: number;
}

function sideOf(name: string, startServer: Side['start']): Side {
  const connectMs = new Map(rates.map((rate) => [rate as number, []]));
  return { name, start: startServer, connectMs, firstMs: [], stallMs: [], failed: 0 };
}

const hub = sideOf('hub', async (stage) => {
  const { hub: process, port, token } = await stage.hub({ hosts: HOSTS }, 1000);
  return { process, open: { kind: 'hub', port, token, sources: SOURCES } };
});

const bare = sideOf('bare ws', async (stage) => {
  const options: WsServerOptions = { bytes: FRAME_BYTES };
  const process = stage.keep(start('server', 'ws-server.ts', options));
  const { port } = await heard<Listening>(process);
  return { process, open: { kind: 'ws', port, sources: SOURCES } };
});

async function connect(
  side: Side,
  { process, open }: Server,
  clients: LoadClients,
  n: number,
): Promise<void> {
  for (const rate of rates) {
    await begin(process, 'stalls too');
    const opened = await clients.open({ ...open, group: 'all', n, rate });
    // Without a subscription there is no answer to it: bare ws is let in by its upgrade.
    side.connectMs.get(rate)?.push(...opened.subscribedMs);
    side.failed += opened.failed;
    if (rate === 0) {
      side.firstMs.push(...opened.firstMs);
      side.stallMs.push((await end(process)).stallMs);
    }
    await clients.close('all');
    await pause(3000);
  }
}

/** A new server and as many clients as it is to hold. */
async function hold(side: Side, size: Size): Promise<Held> {
  return await onStage(async (stage) => {
    const server = await side.start(stage);
    const clients = stage.clients();
    // What the first clients leave behind, such as compiled code, is not what each further one takes.
    await clients.open({ ...server.open, group: 'first', n: 20, rate: 100 });
    await clients.close('first');
    await pause(2000);
    const empty = await settledRss(server.process);
    const n = size.held;
    await clients.open({ ...server.open, group: 'all', n, rate: HOLD_PER_SECOND });
    await pause(size.settleMs);
    const rssBytes = await settledRss(server.process);
    await clients.count();
    await pause(2500);
    const { alive } = (await clients.count()).groups['all'] as GroupCount;
    return { alive, rssBytes, perConnection: (rssBytes - empty) / n };
  });
}

export async function run({ quick }: BenchOptions): Promise<BenchResult> {
  const size = quick ? short : full;
  await onStage(async (stage) => {
    const clients = stage.clients();
    const servers = [await hub.start(stage), await bare.start(stage)] as const;
    for (let round = 0; round < size.rounds; round++) {
      await connect(hub, servers[0], clients, size.clients);
      await connect(bare, servers[1], clients, size.clients);
    }
  });
  const held = [await hold(hub, size), await hold(bare, size)] as const;
  return { bench: 'connections', facts: [pinningFact()], figures: figures(size, ...held) };
}

function figures({ clients, held }: Size, ours: Held, theirs: Held): Figure[] {
  const count = (n: number): string => n.toLocaleString('en');
  const how = (rate: number): string =>
    rate === 0 ? `, ${count(clients)} at once` : ` at ${rate}/s`;
  const connected = (rate: number, p: number): { value: number; more: Partial<Figure> } => {
    const value = quantile(hub.connectMs.get(rate) ?? [], p);
    return { value, more: against('bare ws', value, quantile(bare.connectMs.get(rate) ?? [], p)) };
  };
  const goals: readonly (readonly [rate: number, p99: number])[] = [
    [300, 20],
    [600, 100],
    [0, 650],
  ];
  const kilobytes = ours.perConnection / 1000;
  const megabytes = ours.rssBytes / 1e6;
  return [
    atMost('clients refused or lost', hub.failed, '', 0),
    ...goals.flatMap(([rate, bound]): Figure[] => {
      const p50 = connected(rate, 0.5);
      const p99 = connected(rate, 0.99);
      return [
        { name: `connect p50${how(rate)}`, value: p50.value, unit: 'ms', ...p50.more },
        atMost(`connect p99${how(rate)}`, p99.value, 'ms', bound, p99.more),
      ];
    }),
    { name: `first frame p99${how(0)}`, value: quantile(hub.firstMs, 0.99), unit: 'ms' },
    { name: `longest stall${how(0)}`, value: median(hub.stallMs), unit: 'ms' },
    atLeast(`clients with frames, of ${count(held)} held`, ours.alive, '', held),
    atMost(
      `RSS of the hub with ${count(held)} clients`,
      megabytes,
      'MB',
      250,
      against('bare ws', megabytes, theirs.rssBytes / 1e6),
    ),
    atMost(
      'RSS per connection',
      kilobytes,
      'kB',
      16,
      against('bare ws', kilobytes, theirs.perConnection / 1000),
    ),
  ];
}
