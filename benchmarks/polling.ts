/**
 * The same data for 1,000 watchers, pushed and polled: 100 hosts × 12 values that change every 5 s, or every 1 s.
 * Ours is the real hub, fed by real agents, with 1,000 subscribers; against 1,000 pollers that ask every 3 s on
 * kept-alive connections, with `If-None-Match` and what else a browser sends, each at its own moment:
 * - `fastify`: a Fastify route with the compress and etag plugins, as most would set it up;
 * - `cached`: each state serialised, compressed and tagged once, by hand, on `node:http`.
 * Data that changes every 5 s lets two polls of five end in a 304; the pollers of 1 s always get a body, and see
 * two of three states never. CPU is of the server's process (user and system, all threads), less what it uses in
 * the same round without clients, before and after. Bytes are both directions, with the IP and TCP headers of
 * every segment; the push includes heartbeats and acknowledgements. Sides alternate; all servers are on the same
 * core.
 */
import type { ChildProcess } from 'node:child_process';
import { atLeast, type BenchOptions, type BenchResult, type Figure } from './harness.ts';
import type { LoadClients } from './load/clients.ts';
import { pinningFact } from './load/cores.ts';
import type { RestOptions } from './load/rest-server.ts';
import { median, onStage, type Stage } from './load/stage.ts';
import { start } from './load/start.ts';
import { begin, end, heard, pause, type Listening } from './load/talk.ts';
import { windowOf, type Served, type WindowSize } from './load/window.ts';

const HOSTS = 100;
const POLL_MS = 3000;
/** In its first minute a hub reads what new hosts had stored, for its detectors. */
const LEARN_MS = 70_000;
/** Windows are whole multiples of 15 s: of every change and of every poll. */
const full = {
  rounds: 3,
  push: { clients: 1000, windowMs: 40_000, emptyMs: 16_000, settleMs: 6000 },
  polls: { clients: 1000, windowMs: 15_000, emptyMs: 6000, settleMs: 6000 },
};
const short: typeof full = {
  rounds: 1,
  push: { clients: 200, windowMs: 15_000, emptyMs: 5000, settleMs: 4000 },
  polls: { clients: 200, windowMs: 15_000, emptyMs: 5000, settleMs: 4000 },
};

type Name = 'push' | 'fastify' | 'cached';
const intervals = [5000, 1000] as const;
type Interval = (typeof intervals)[number];

interface Side extends Served {
  readonly name: Name;
  readonly changeMs: Interval;
  /** % of a core. */
  readonly cpuPercent: number[];
  /** Per client and second. */
  readonly wireBytes: number[];
  readonly unchangedShare: number[];
}

async function sides(stage: Stage): Promise<readonly Side[]> {
  const all: Side[] = [];
  const add = (server: ChildProcess, side: Pick<Side, 'name' | 'changeMs' | 'open'>): void => {
    all.push({
      ...side,
      begin: async () => await begin(server),
      end: async () => await end(server),
      cpuPercent: [],
      wireBytes: [],
      unchangedShare: [],
    });
  };
  for (const changeMs of intervals) {
    const { hub, port, token } = await stage.hub({ hosts: HOSTS }, changeMs);
    add(hub, { name: 'push', changeMs, open: { kind: 'hub', port, token } });
    for (const how of ['fastify', 'cached'] as const) {
      const options: RestOptions = { hosts: HOSTS, how, changeMs };
      const server = stage.keep(start('server', 'rest-server.ts', options));
      const at = await heard<Listening>(server);
      add(server, {
        name: how,
        changeMs,
        open: { kind: 'http', port: at.port, path: '/api/hosts', interval: POLL_MS },
      });
    }
  }
  return all;
}

async function measure(side: Side, clients: LoadClients, size: WindowSize): Promise<void> {
  const { count, cpuUs, passedMs } = await windowOf(side, clients, size);
  const { wireBytes, ok, unchanged } = count;
  side.cpuPercent.push(cpuUs / passedMs / 10);
  side.wireBytes.push(wireBytes / size.clients / (passedMs / 1000));
  side.unchangedShare.push(unchanged / (ok + unchanged));
}

export async function run({ quick }: BenchOptions): Promise<BenchResult> {
  const size = quick ? short : full;
  return await onStage(async (stage) => {
    const clients = stage.clients();
    const all = await sides(stage);
    await pause(LEARN_MS);
    for (let round = 0; round < size.rounds; round++)
      for (const each of all)
        await measure(each, clients, each.name === 'push' ? size.push : size.polls);
    return { bench: 'polling', facts: [pinningFact()], figures: figures(all) };
  });
}

/** Least savings, in %, of a push at an interval. */
const goals: Readonly<
  Record<Interval, { fastify: number; cached: number; fastifyBytes: number | undefined }>
> = {
  5000: { fastify: 98, cached: 92, fastifyBytes: 90 },
  1000: { fastify: 93, cached: 70, fastifyBytes: undefined },
};

const saved = (ours: number, theirs: number): number => 100 * (1 - ours / theirs);

function figures(all: readonly Side[]): Figure[] {
  return intervals.flatMap((changeMs): Figure[] => {
    const of = (name: Name): Side =>
      all.find((side) => side.name === name && side.changeMs === changeMs) as Side;
    const cpu = (name: Name): number => median(of(name).cpuPercent);
    const bytes = (name: Name): number => median(of(name).wireBytes);
    const every = `every ${changeMs / 1000} s`;
    const goal = goals[changeMs];
    const bytesSaved = saved(bytes('push'), bytes('fastify'));
    const bytesName = `bytes saved, push ${every}, against Fastify + gzip + ETag`;
    return [
      ...(['push', 'fastify', 'cached'] as const).flatMap((name): Figure[] => [
        { name: `${name}, data ${every}: server CPU`, value: cpu(name), unit: '% of a core' },
        { name: `${name}, data ${every}: bytes`, value: bytes(name), unit: 'B/s per client' },
      ]),
      {
        name: `polls answered 304, data ${every}`,
        value: 100 * median(of('fastify').unchangedShare),
        unit: '%',
      },
      atLeast(
        `CPU saved, push ${every}, against Fastify + gzip + ETag`,
        saved(cpu('push'), cpu('fastify')),
        '%',
        goal.fastify,
      ),
      atLeast(
        `CPU saved, push ${every}, against cached by hand`,
        saved(cpu('push'), cpu('cached')),
        '%',
        goal.cached,
      ),
      goal.fastifyBytes === undefined
        ? { name: bytesName, value: bytesSaved, unit: '%' }
        : atLeast(bytesName, bytesSaved, '%', goal.fastifyBytes),
      {
        name: `bytes saved, push ${every}, against cached by hand`,
        value: saved(bytes('push'), bytes('cached')),
        unit: '%',
      },
    ];
  });
}
