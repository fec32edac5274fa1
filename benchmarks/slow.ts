/**
 * Ten clients that stopped reading and ten that answer pings but do not read, among 1,000: what the server holds
 * for each of them, whether the other 980 notice, and what the twenty have once they read again. The real hub
 * with 100 hosts each second on real agents, against plain Socket.IO that emits the same as JSON to a room.
 * - Others: p99 of sent → received in windows with and without the twenty, in turn; slow ones that were cut come
 *   back as slow ones, so that twenty are always there. They have small receive buffers, so that the kernel hides
 *   less of what they do not read.
 * - Held: for ours what the hub says was sent to a client and not acknowledged, the most of any at the end of a
 *   window; for plain emit what waits in the process (Socket.IO's queue and the socket's), and the kernel's send
 *   queue beside it, which `ss` shows for both.
 *   For that, twenty are left alone for three minutes at the end.
 * - Resume: twenty that stall for 10 s (behind, not yet cut) and twenty that stall for 20 s (ours cuts them after
 *   15 s) read again: time until they have the newest state, and what stale frames they read before. All that came
 *   while they slept is still in the kernel's buffers, so a few stale frames are read whatever a server does.
 */
import { execFileSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import {
  atMost,
  atLeast,
  quantile,
  type BenchOptions,
  type BenchResult,
  type Figure,
} from './harness.ts';
import type { GroupCount, GroupOptions, LoadClients, Mode } from './load/clients.ts';
import { pinningFact } from './load/cores.ts';
import type { SocketIoOptions } from './load/socketio-server.ts';
import { against, median, onStage, type Stage } from './load/stage.ts';
import { start } from './load/start.ts';
import { ask, heard, pause, type Listening } from './load/talk.ts';

const HOSTS = 100;
const EACH = 10;
const SMALL_BUFFER = 4096;
const BEHIND_MS = 10_000;
const CUT_MS = 20_000;
const RESUME_MS = 6000;
/** Between two looks at the queues: not on the second, when frames are on their way. */
const LOOK_MS = 4700;
const full = { clients: 1000, rounds: 2, windowMs: 15_000, settleMs: 3000, longMs: 60_000 };
const short = { clients: 200, rounds: 1, windowMs: 10_000, settleMs: 2000, longMs: 10_000 };
type Size = typeof full;

interface Side {
  readonly name: string;
  readonly server: ChildProcess;
  readonly open: Omit<GroupOptions, 'group' | 'n' | 'rate'>;
  /** Bytes held in the server for each of its slow clients, those of the kernel included for ours. */
  readonly held: () => Promise<readonly number[]>;
  readonly without: number[];
  readonly with: number[];
  readonly heldBytes: number[];
  readonly kernelBytes: number[];
  readonly resumed: Map<number, Resumption[]>;
  evicted: number;
}

interface Resumption {
  readonly fresh: boolean;
  readonly freshMs: number;
  readonly staleFrames: number;
  readonly reason: string;
}

/** The part of a hub's figures that is read here. */
interface SlowFigures {
  readonly slowClients: {
    readonly evicted: number;
    readonly worst: readonly { readonly heldBytes: number }[];
  };
}

type SideOptions = Pick<Side, 'name' | 'server' | 'open' | 'held'>;

function sideOf(options: SideOptions): Side {
  return {
    ...options,
    without: [],
    with: [],
    heldBytes: [],
    kernelBytes: [],
    resumed: new Map([
      [BEHIND_MS, []],
      [CUT_MS, []],
    ]),
    evicted: 0,
  };
}

async function sides(stage: Stage): Promise<readonly [Side, Side]> {
  const { hub, port, token } = await stage.hub({ hosts: HOSTS }, 1000);
  const options: SocketIoOptions = { hosts: HOSTS, emit: 'room' };
  const plain = stage.keep(start('server', 'socketio-server.ts', options));
  const at = await heard<Listening>(plain);
  return [
    sideOf({
      name: 'hub',
      server: hub,
      open: { kind: 'hub', port, token },
      held: async () => {
        const { slowClients } = await ask<SlowFigures>(hub, 'figures');
        return slowClients?.worst.map(({ heldBytes }) => heldBytes) ?? [];
      },
    }),
    sideOf({
      name: 'plain emit',
      server: plain,
      open: { kind: 'sio', port: at.port },
      held: async () => (await ask<{ heldBytes: number[] }>(plain, 'held')).heldBytes,
    }),
  ];
}

/** The server's send queue of each connection that has one, bytes. */
function kernelQueues(port: number): number[] {
  const lines = execFileSync('ss', ['-Htn', 'state', 'established', `( sport = :${port} )`], {
    encoding: 'utf8',
  }).split('\n');
  // Without the column of states, the second is Send-Q.
  return lines.map((line) => Number(line.trim().split(/\s+/)[1] ?? 0)).filter((bytes) => bytes > 0);
}

const slowModes: readonly Mode[] = ['stall', 'ping'];

async function openSlow(side: Side, clients: LoadClients, back: boolean): Promise<void> {
  for (const mode of slowModes)
    await clients.open({
      ...side.open,
      group: mode,
      n: EACH,
      mode,
      rcvbuf: SMALL_BUFFER,
      reconnect: back ? 'full' : 'none',
    });
}

async function closeSlow(clients: LoadClients): Promise<void> {
  for (const mode of slowModes) await clients.close(mode);
}

async function lookAtQueues(side: Side): Promise<void> {
  side.heldBytes.push(...(await side.held()));
  side.kernelBytes.push(...kernelQueues(side.open.port));
}

/** Waits, and looks at the queues now and then. */
async function watch(side: Side, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= LOOK_MS) {
    await pause(Math.min(left, LOOK_MS));
    await lookAtQueues(side);
  }
}

async function window(side: Side, clients: LoadClients, size: Size): Promise<number> {
  await pause(size.settleMs);
  await clients.count();
  await watch(side, size.windowMs);
  const { latency, gaps, lost } = (await clients.count()).groups['others'] as GroupCount;
  if (gaps + lost > 0)
    throw new Error(`${side.name}: the others lost ${gaps} frames, ${lost} ends`);
  return latency.p99;
}

async function round(side: Side, clients: LoadClients, size: Size): Promise<void> {
  const n = size.clients - 2 * EACH;
  const opened = await clients.open({ ...side.open, group: 'others', n, rate: 500 });
  if (opened.live < n) throw new Error(`${side.name}: ${opened.live} of ${n} live (${opened.why})`);
  // Twice each, in turn, so that what drifts meets both.
  for (let turn = 0; turn < 2; turn++) {
    side.without.push(await window(side, clients, size));
    await openSlow(side, clients, true);
    side.with.push(await window(side, clients, size));
    await closeSlow(clients);
  }
  for (const stallMs of [BEHIND_MS, CUT_MS]) {
    await openSlow(side, clients, false);
    await watch(side, stallMs);
    for (const mode of slowModes) await clients.behave(mode, 'read', 'full');
    await pause(RESUME_MS);
    for (const mode of slowModes) side.resumed.get(stallMs)?.push(...(await clients.resumed(mode)));
    await closeSlow(clients);
  }
  await clients.close('others');
  const { slowClients } = await ask<SlowFigures>(side.server, 'figures');
  side.evicted = slowClients?.evicted ?? 0;
  await pause(2000);
}

/** For minutes: nothing but slow clients, until what they do not read no longer fits into the kernel. */
async function long(side: Side, clients: LoadClients, { longMs }: Size): Promise<void> {
  await openSlow(side, clients, true);
  await watch(side, longMs);
  await closeSlow(clients);
}

export async function run({ quick }: BenchOptions): Promise<BenchResult> {
  const size = quick ? short : full;
  return await onStage(async (stage) => {
    const clients = stage.clients();
    const [ours, plain] = await sides(stage);
    for (let index = 0; index < size.rounds; index++) {
      await round(ours, clients, size);
      await round(plain, clients, size);
    }
    for (const side of [ours, plain]) await long(side, clients, size);
    return { bench: 'slow', facts: [pinningFact()], figures: figures(ours, plain) };
  });
}

function figures(ours: Side, plain: Side): Figure[] {
  const most = (values: readonly number[]): number => Math.max(0, ...values) / 1024;
  const ratio = ({ with: slow, without }: Side): number => median(slow) / median(without);
  const resumption = (stallMs: number): Figure[] => {
    const of = (side: Side): readonly Resumption[] => side.resumed.get(stallMs) ?? [];
    const slowest = (side: Side): number =>
      quantile(
        of(side).map(({ freshMs }) => freshMs),
        1,
      );
    const stale = (side: Side): number => median(of(side).map(({ staleFrames }) => staleFrames));
    const after = `after ${stallMs / 1000} s`;
    return [
      atLeast(
        `newest state ${after}, clients`,
        of(ours).filter(({ fresh }) => fresh).length,
        '',
        of(ours).length,
      ),
      {
        name: `read again → newest state ${after}, slowest`,
        value: slowest(ours),
        unit: 'ms',
        ...against(plain.name, slowest(ours), slowest(plain)),
      },
      {
        name: `stale frames read first ${after}, median`,
        value: stale(ours),
        unit: 'frames',
        ...against(plain.name, stale(ours), stale(plain)),
      },
    ];
  };
  const told = (ours.resumed.get(CUT_MS) ?? []).filter(({ reason }) => reason === 'slow-consumer');
  return [
    atMost('held for a slow client, most', most(ours.heldBytes), 'KiB', 1024, {
      ...against(plain.name, most(ours.heldBytes), most(plain.heldBytes)),
    }),
    { name: 'held in the process by plain emit, most', value: most(plain.heldBytes), unit: 'KiB' },
    {
      name: 'kernel send queue of a slow client, most',
      value: most(ours.kernelBytes),
      unit: 'KiB',
      ...against(plain.name, most(ours.kernelBytes), most(plain.kernelBytes)),
    },
    { name: "others' p99 without slow clients", value: median(ours.without), unit: 'ms' },
    { name: "others' p99 with slow clients", value: median(ours.with), unit: 'ms' },
    atMost("others' p99, with / without", ratio(ours), '×', 1.1),
    { name: "others' p99 with / without, plain emit", value: ratio(plain), unit: '×' },
    { name: 'cut as slow consumers', value: ours.evicted, unit: 'connections' },
    {
      name: 'of those stalled for 20 s, told why',
      value: told.length,
      unit: `of ${ours.resumed.get(CUT_MS)?.length ?? 0}`,
    },
    ...resumption(BEHIND_MS),
    ...resumption(CUT_MS),
  ];
}
