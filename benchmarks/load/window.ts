/** A server's CPU for its clients: what it uses with them, less what it uses without, right before and right after. */
import type { GroupCount, GroupOptions, LoadClients } from './clients.ts';
import { pause } from './talk.ts';

export interface Served {
  readonly name: string;
  readonly open: Omit<GroupOptions, 'group' | 'n' | 'rate'>;
  /** CPU counts from here. */
  begin(): Promise<unknown>;
  end(): Promise<{ readonly cpuUs: number; readonly passedMs: number }>;
}

export interface WindowSize {
  readonly clients: number;
  readonly windowMs: number;
  /** Without clients, half of it before and half after. */
  readonly emptyMs: number;
  /** From the last client's first frame to the window. */
  readonly settleMs: number;
}

export interface Window {
  readonly count: GroupCount;
  readonly cpuUs: number;
  readonly passedMs: number;
}

const DIAL_PER_SECOND = 500;
/** After the clients are gone. */
const CLEAR_MS = 2000;
/** A generator that uses more of its core is what limits. */
const BUSY = 0.8;

/** Throws when a client is not served to the end. */
export async function windowOf(
  server: Served,
  clients: LoadClients,
  { clients: n, windowMs, emptyMs, settleMs }: WindowSize,
): Promise<Window> {
  const empty = async (): Promise<number> => {
    await server.begin();
    await pause(emptyMs / 2);
    const { cpuUs, passedMs } = await server.end();
    return cpuUs / passedMs;
  };
  const before = await empty();
  const opened = await clients.open({ ...server.open, group: 'all', n, rate: DIAL_PER_SECOND });
  if (opened.live < n)
    throw new Error(`${server.name}: ${opened.live} of ${n} live: ${opened.why}`);
  await pause(settleMs);
  await server.begin();
  await clients.count();
  await pause(windowMs);
  const { groups, cpuShare } = await clients.count();
  const { cpuUs, passedMs } = await server.end();
  await clients.close('all');
  await pause(CLEAR_MS);
  const after = await empty();
  if (cpuShare > BUSY)
    console.error(`${server.name}: the load generator used ${cpuShare} of a core`);
  const count = groups['all'] as GroupCount;
  if (count.alive < n || count.lost + count.refused > 0)
    throw new Error(`${server.name}: ${count.alive} of ${n} clients were served to the end`);
  return { count, cpuUs: cpuUs - ((before + after) / 2) * passedMs, passedMs };
}
