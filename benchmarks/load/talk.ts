/** Servers under test and their helpers are processes of their own; this is what they and a benchmark say by Node's IPC. */
import type { ChildProcess } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** What a server process says once it listens. */
export interface Listening {
  readonly url: string;
  readonly port: number;
  /** Epoch ms since when. */
  readonly listeningMs: number;
}

/** What a server used since the window began. */
export interface Usage {
  /** User and system, all threads. */
  readonly cpuUs: number;
  readonly passedMs: number;
  readonly rssBytes: number;
  /** Longest time the event loop was blocked, where that was watched. */
  readonly stallMs: number;
}

export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}

export function optionsOf(): unknown {
  return JSON.parse(process.argv[2] ?? '{}') as unknown;
}

/** The next message of a process; rejects when it ends before. */
export async function heard<T>(child: ChildProcess): Promise<T> {
  return await new Promise<T>((resolve, reject) => {
    const ended = (code: number | null, signal: string | null): void =>
      reject(new Error(`${child.spawnargs.find((arg) => arg.endsWith('.js'))}: ${code ?? signal}`));
    child.once('exit', ended);
    child.once('error', reject);
    child.once('message', (message: T) => {
      child.off('exit', ended);
      child.off('error', reject);
      resolve(message);
    });
  });
}

export async function ask<T>(child: ChildProcess, order: string): Promise<T> {
  const answer = heard<T>(child);
  child.send({ order });
  return await answer;
}

/** After garbage was collected, which may hold up a tick. */
const COLLECTED_MS = 1000;

/**
 * From here on CPU counts; garbage of what was before is collected first. Stalls only where they are asked for: what
 * looks for them wakes up each millisecond, which takes 2.5 % of a core.
 */
export async function begin(
  server: ChildProcess,
  what: 'cpu' | 'stalls too' = 'cpu',
): Promise<void> {
  await ask(server, 'collect');
  await pause(COLLECTED_MS);
  await ask(server, what === 'cpu' ? 'begin' : 'watch');
}

export async function end(server: ChildProcess): Promise<Usage> {
  return await ask<Usage>(server, 'end');
}

/** Memory after everything that can be freed was. */
export async function settledRss(server: ChildProcess): Promise<number> {
  return await ask<number>(server, 'rss');
}

/** Answers the orders to measure, and further ones of a server. Answers how to begin a window with stalls without a pause. */
export function serve(orders: Readonly<Record<string, () => unknown>> = {}): () => void {
  const RESOLUTION_MS = 1;
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  let before = process.cpuUsage();
  let began = performance.now();
  const window = (): void => {
    before = process.cpuUsage();
    began = performance.now();
  };
  const watch = (): void => {
    loop.enable();
    loop.reset();
    window();
  };
  const standard: Readonly<Record<string, () => unknown>> = {
    collect,
    begin: () => {
      loop.disable();
      window();
    },
    watch,
    end: (): Usage => {
      const { user, system } = process.cpuUsage(before);
      return {
        cpuUs: user + system,
        passedMs: performance.now() - began,
        // The histogram counts from timer to timer, so its own period is in every value.
        stallMs: Math.max(0, loop.max / 1e6 - RESOLUTION_MS),
        rssBytes: process.memoryUsage.rss(),
      };
    },
    rss: () => {
      collect();
      return process.memoryUsage.rss();
    },
  };
  process.on('message', ({ order }: { order: string }) => {
    const answer = orders[order] ?? standard[order];
    // A number or undefined would not survive as an object would.
    process.send?.(answer?.() ?? {});
  });
  process.on('disconnect', () => process.exit(0));
  return watch;
}

/** A process that is loaded and waits for the order `start`, so that it is up again as soon as it may be. */
export async function standBy(): Promise<void> {
  process.send?.({ ready: true });
  await new Promise<void>((resolve) => {
    process.once('message', () => resolve());
  });
}

function collect(): void {
  for (let times = 0; times < 3; times++) globalThis.gc?.();
}
