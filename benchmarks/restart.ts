/**
 * A hub dies and is back after a second: how long until each of 1,000 dashboards shows live data again, and how
 * long the hub's event loop is blocked at most while they come back.
 * The real hub with 100 hosts on real agents (who come back too) is killed with SIGKILL; a second process, already
 * loaded, starts on the same port and data so that it listens a second after the kill. Its clients reconnect as
 * the product's client does: full jitter within 250, 500, 1000, 1000, 1000 ms. Against a plain Socket.IO server and
 * clients with Socket.IO's own defaults (1 s doubling to 5 s, ±50 %), both over WebSocket only, which favours the
 * defaults: they would start with polling. Time runs from the kill, so the second of absence is part of it.
 */
import type { ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import {
  atLeast,
  atMost,
  quantile,
  type BenchOptions,
  type BenchResult,
  type Figure,
} from './harness.ts';
import type { GroupOptions, LoadClients } from './load/clients.ts';
import { pinningFact } from './load/cores.ts';
import type { HubProcessOptions } from './load/hub.ts';
import type { SocketIoOptions } from './load/socketio-server.ts';
import { against, median, onStage, type Stage } from './load/stage.ts';
import { start } from './load/start.ts';
import { ask, end, heard, pause, type Listening } from './load/talk.ts';

const HOSTS = 100;
const AWAY_MS = 1000;
/** Longest wait for all to be back. */
const PATIENCE_MS = 20_000;
/** Connections younger than 5 s count as flapping to the product's client. */
const STAND_MS = 6000;
const full = { clients: 1000, rounds: 5 };
const short = { clients: 300, rounds: 1 };
type Size = typeof full;

interface Side {
  readonly name: string;
  readonly open: Omit<GroupOptions, 'group' | 'n' | 'rate'>;
  /** A process that waits for the order to start. */
  readonly standBy: () => ChildProcess;
  server: ChildProcess;
  /** How long its last start took, to be back in time; at first a guess. */
  startMs: number;
  readonly awayMs: number[];
  /** From the kill, of every client and round. */
  readonly backMs: number[];
  readonly allBackMs: number[];
  readonly stallMs: number[];
  lost: number;
}

type SideOptions = Pick<Side, 'name' | 'open' | 'standBy' | 'server' | 'startMs'>;

function sideOf(options: SideOptions): Side {
  return {
    ...options,
    awayMs: [],
    backMs: [],
    allBackMs: [],
    stallMs: [],
    lost: 0,
  };
}

async function freePort(): Promise<number> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function ours(stage: Stage): Promise<Side> {
  const options: HubProcessOptions = {
    hosts: HOSTS,
    listen: `127.0.0.1:${await freePort()}`,
    dataFolder: `${stage.folder}/data`,
  };
  const { hub, port, token } = await stage.hub(options, 1000);
  return sideOf({
    name: 'hub',
    server: hub,
    startMs: 400,
    open: { kind: 'hub', port, token, reconnect: 'full' },
    standBy: () => stage.keep(start('server', 'hub.ts', { ...options, standby: true })),
  });
}

async function socketIo(stage: Stage): Promise<Side> {
  const port = await freePort();
  const options: SocketIoOptions = { hosts: HOSTS, emit: 'room', port };
  const server = stage.keep(start('server', 'socketio-server.ts', options));
  await heard(server);
  return sideOf({
    name: 'Socket.IO defaults',
    server,
    startMs: 20,
    open: { kind: 'sio', port, reconnect: 'sio' },
    standBy: () => stage.keep(start('server', 'socketio-server.ts', { ...options, standby: true })),
  });
}

async function round(side: Side, clients: LoadClients, n: number): Promise<void> {
  const opened = await clients.open({ ...side.open, group: 'all', n, rate: 500 });
  if (opened.live < n) throw new Error(`${side.name}: ${opened.live} of ${n} live (${opened.why})`);
  const next = side.standBy();
  await heard(next);
  await pause(STAND_MS);
  const killedMs = Date.now();
  side.server.kill('SIGKILL');
  await pause(AWAY_MS - side.startMs);
  const orderedMs = Date.now();
  await ask(next, 'start');
  const { listeningMs } = await heard<Listening>(next);
  side.server = next;
  side.startMs = Math.min(AWAY_MS, listeningMs - orderedMs);
  side.awayMs.push(listeningMs - killedMs);
  let times = await clients.times('all');
  const isBack = ([lost, back]: readonly [number, number]): boolean => lost > 0 && back > lost;
  while (!times.every(isBack) && Date.now() - killedMs < PATIENCE_MS) {
    await pause(250);
    times = await clients.times('all');
  }
  // What the hub still has to do for those that came back counts too.
  await pause(3000);
  side.stallMs.push((await end(next)).stallMs);
  const back = times.filter(isBack).map(([, ms]) => ms - killedMs);
  side.backMs.push(...back);
  side.allBackMs.push(quantile(back, 1));
  side.lost += n - back.length;
  await clients.close('all');
  await pause(3000);
}

export async function run({ quick }: BenchOptions): Promise<BenchResult> {
  const size = quick ? short : full;
  return await onStage(async (stage) => {
    const clients = stage.clients();
    const sides = [await ours(stage), await socketIo(stage)] as const;
    for (let index = 0; index < size.rounds; index++)
      for (const side of sides) await round(side, clients, size.clients);
    return { bench: 'restart', facts: [pinningFact()], figures: figures(size, ...sides) };
  });
}

function figures({ clients, rounds }: Size, mine: Side, theirs: Side): Figure[] {
  const compared = (of: (side: Side) => number): [number, Partial<Figure>] => {
    const value = of(mine);
    return [value, against(theirs.name, value, of(theirs))];
  };
  const [p50, toP50] = compared((side) => quantile(side.backMs, 0.5));
  const [p99, toP99] = compared((side) => quantile(side.backMs, 0.99));
  const [all, toAll] = compared((side) => median(side.allBackMs));
  const [worst, toWorst] = compared((side) => quantile(side.allBackMs, 1));
  const [stall, toStall] = compared((side) => quantile(side.stallMs, 1));
  return [
    { name: 'hub away', value: median(mine.awayMs), unit: 'ms' },
    atLeast('clients back', mine.backMs.length / rounds, '', clients),
    { name: 'killed → live again p50', value: p50, unit: 'ms', ...toP50 },
    { name: 'killed → live again p99', value: p99, unit: 'ms', ...toP99 },
    atMost('killed → all live again, median round', all, 'ms', 2500, toAll),
    { name: 'killed → all live again, worst round', value: worst, unit: 'ms', ...toWorst },
    atMost('longest stall of the hub, worst round', stall, 'ms', 50, toStall),
  ];
}
