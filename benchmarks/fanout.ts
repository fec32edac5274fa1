/**
 * What a server pays to bring one frame to one client: 100 hosts × 12 values each second, about half of them
 * changed, to 1,000 clients. Ours is the real hub, fed by real agents; against
 * - `io.to(id).emit` for each client with the whole state as JSON, which is what a naive Socket.IO server does;
 * - one JSON emit to a room, which Socket.IO's adapter encodes once;
 * - `ws.send` of the same bytes as ours to each client;
 * - a C loop of write() of the same bytes, without any protocol: the kernel's price.
 * All at one frame per second, since a busier server is cheaper per frame and the naive one is at its limit with
 * two. One client of ours records the frames that `ws` and C send. Each server is a process on the same core;
 * its CPU (user and system, all threads) over a window, less what the same process uses in the same round
 * without clients, before and after (agents, store, making the state), divided by the frames that the clients received. One frame
 * a second is little to measure, so windows are long and the sides alternate; a first round warms up the
 * compilers and does not count.
 */
import type { ChildProcess } from 'node:child_process';
import { atMost, atLeast, type BenchOptions, type BenchResult, type Figure } from './harness.ts';
import type { LoadClients } from './load/clients.ts';
import { pinningFact } from './load/cores.ts';
import { Floor } from './load/floor.ts';
import type { SocketIoOptions } from './load/socketio-server.ts';
import { median, onStage, type Stage } from './load/stage.ts';
import { start } from './load/start.ts';
import { begin, end, heard, pause, type Listening } from './load/talk.ts';
import { windowOf, type Served, type WindowSize } from './load/window.ts';
import type { WsServerOptions } from './load/ws-server.ts';

const HOSTS = 100;
/**
 * What the hub does without clients has to be known well; the others do next to nothing then. What a thousand new
 * connections leave to collect and to compile is done before a window.
 */
const full = {
  rounds: 3,
  warmUp: { clients: 1000, windowMs: 10_000, emptyMs: 2000, settleMs: 2000 },
  ours: { clients: 1000, windowMs: 30_000, emptyMs: 16_000, settleMs: 20_000 },
  peers: { clients: 1000, windowMs: 10_000, emptyMs: 6000, settleMs: 10_000 },
};
const short: typeof full = {
  rounds: 1,
  warmUp: { clients: 200, windowMs: 3000, emptyMs: 1000, settleMs: 1000 },
  ours: { clients: 200, windowMs: 5000, emptyMs: 4000, settleMs: 2000 },
  peers: { clients: 200, windowMs: 5000, emptyMs: 2000, settleMs: 2000 },
};

/** One way to send. */
interface Side extends Served {
  readonly cpuPerFrameUs: number[];
  readonly bytesPerFrame: number[];
  readonly p99Ms: number[];
}

function side(options: Served): Side {
  return { ...options, cpuPerFrameUs: [], bytesPerFrame: [], p99Ms: [] };
}

function nodeSide(name: string, server: ChildProcess, open: Side['open']): Side {
  return side({
    name,
    open,
    begin: async () => await begin(server),
    end: async () => await end(server),
  });
}

function floorSide(floor: Floor): Side {
  let began = 0;
  return side({
    name: 'C write()',
    open: { kind: 'tcp', port: floor.port },
    begin: async () => {
      await floor.count();
      began = performance.now();
    },
    end: async () => ({ ...(await floor.count()), passedMs: performance.now() - began }),
  });
}

async function measure(side: Side, clients: LoadClients, size: WindowSize): Promise<void> {
  const { count, cpuUs } = await windowOf(side, clients, size);
  // Frames may be one less or more in a window than its seconds; CPU is counted per frame received.
  side.cpuPerFrameUs.push(cpuUs / count.frames);
  side.bytesPerFrame.push(count.bytes / count.frames);
  side.p99Ms.push(count.latency.p99);
}

function forget({ cpuPerFrameUs, bytesPerFrame, p99Ms }: Side): void {
  for (const values of [cpuPerFrameUs, bytesPerFrame, p99Ms]) values.length = 0;
}

async function sides(stage: Stage, clients: LoadClients): Promise<readonly Side[]> {
  const hub = await stage.hub({ hosts: HOSTS }, 1000);
  const open = { kind: 'hub', port: hub.port, token: hub.token } as const;
  // One client for some seconds, for the bytes that the others send; its keyframe is left out.
  const record = `${stage.folder}/frames`;
  await clients.open({ ...open, group: 'record', n: 1, record });
  await pause(10_000);
  await clients.close('record');
  const serverOf = async (file: string, options: object): Promise<[ChildProcess, Listening]> => {
    const server = stage.keep(start('server', file, options));
    return [server, await heard<Listening>(server)];
  };
  const [naive, naiveAt] = await serverOf('socketio-server.ts', {
    hosts: HOSTS,
    emit: 'each',
  } satisfies SocketIoOptions);
  const [room, roomAt] = await serverOf('socketio-server.ts', {
    hosts: HOSTS,
    emit: 'room',
  } satisfies SocketIoOptions);
  const [ws, wsAt] = await serverOf('ws-server.ts', { file: record } satisfies WsServerOptions);
  const floor = stage.keep(await Floor.start());
  await floor.tick(1000, record);
  return [
    nodeSide('the hub', hub.hub, open),
    nodeSide('naive Socket.IO', naive, { kind: 'sio', port: naiveAt.port }),
    nodeSide('JSON room broadcast', room, { kind: 'sio', port: roomAt.port }),
    nodeSide('raw ws', ws, { kind: 'ws', port: wsAt.port }),
    floorSide(floor),
  ];
}

export async function run({ quick }: BenchOptions): Promise<BenchResult> {
  const size = quick ? short : full;
  return await onStage(async (stage) => {
    const clients = stage.clients();
    const all = await sides(stage, clients);
    for (const each of all) await measure(each, clients, size.warmUp);
    for (const each of all) forget(each);
    for (let round = 0; round < size.rounds; round++)
      for (const [index, each] of all.entries())
        await measure(each, clients, index === 0 ? size.ours : size.peers);
    return { bench: 'fanout', facts: [pinningFact()], figures: figures(all) };
  });
}

const best = (values: readonly number[]): number => Math.min(...values);

function figures(all: readonly Side[]): Figure[] {
  const [ours, naive, room, ws, floor] = all as [Side, Side, Side, Side, Side];
  const cpu = (side: Side): number => median(side.cpuPerFrameUs);
  const bytes = median(ours.bytesPerFrame);
  const times = { unit: '×' };
  return [
    ...all.flatMap((side): Figure[] => [
      { name: `${side.name}: CPU per frame`, value: cpu(side), unit: 'µs' },
      {
        name: `${side.name}: CPU per frame, best round`,
        value: best(side.cpuPerFrameUs),
        unit: 'µs',
      },
      { name: `${side.name}: sent → received p99`, value: median(side.p99Ms), unit: 'ms' },
    ]),
    atLeast('CPU per frame, naive / ours', cpu(naive) / cpu(ours), times.unit, 12),
    { name: 'CPU per frame, JSON room / ours', value: cpu(room) / cpu(ours), ...times },
    atMost('CPU per frame, ours / raw ws', cpu(ours) / cpu(ws), times.unit, 1.2),
    atMost('CPU per frame, ours / C write()', cpu(ours) / cpu(floor), times.unit, 2),
    { name: 'bytes per frame', value: bytes, unit: 'B' },
    { name: 'bytes per frame, naive JSON', value: median(naive.bytesPerFrame), unit: 'B' },
    atMost(
      'bytes per frame, ours / naive JSON',
      (100 * bytes) / median(naive.bytesPerFrame),
      '%',
      4.5,
    ),
  ];
}
