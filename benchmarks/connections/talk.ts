/** What the processes of this benchmark say to each other over Node's IPC. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a server process says once it listens. */
export interface Listening {
  readonly url: string;
  readonly token: string;
  /** Keys for the agents of the hosts; none for a server without hosts. */
  readonly keys: readonly string[];
}

/** What a server has used since it started, and its longest stall since it was asked last. */
export interface Usage {
  readonly cpuUs: number;
  readonly rssBytes: number;
  readonly stallMs: number;
}

export type ClientOrder =
  | {
      readonly order: 'connect';
      readonly kind: 'socket.io' | 'ws';
      readonly url: string;
      readonly token: string;
      readonly clients: number;
      /** Clients with the stock socket.io-client among them; not timed. */
      readonly stock: number;
      /** 0: all at the same instant. */
      readonly perSecond: number;
    }
  | { readonly order: 'count' }
  | { readonly order: 'disconnect' };

export interface Connected {
  /** Dialled → accepted, ms, one per timed client. */
  readonly connectMs: readonly number[];
  /** Dialled → first live data, ms. */
  readonly firstFrameMs: readonly number[];
  readonly failed: number;
}

/** Received since the last order to count. */
export interface Counted {
  readonly frames: number;
  readonly bytes: number;
  /** Clients that received a frame. */
  readonly alive: number;
}

/** Starts one of the processes; it ends with this one, and after ten minutes in any case. */
export function start(file: string, ...args: readonly string[]): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return fork(path, args, {
    execArgv: ['--conditions=source', '--expose-gc'],
    timeout: 600_000,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

export async function heard<T>(child: ChildProcess): Promise<T> {
  return await new Promise<T>((resolve, reject) => {
    const ended = (code: number | null): void =>
      reject(new Error(`${child.spawnargs.find((arg) => arg.endsWith('.ts'))} ended with ${code}`));
    child.once('exit', ended);
    child.once('error', reject);
    child.once('message', (message: T) => {
      child.off('exit', ended);
      child.off('error', reject);
      resolve(message);
    });
  });
}

export async function ask<T>(child: ChildProcess, order: object): Promise<T> {
  const answer = heard<T>(child);
  child.send(order);
  return await answer;
}

export function tell(message: object): void {
  process.send?.(message);
}

/** Answers every message with this process's usage. */
export function reportUsage(): void {
  const loop = monitorEventLoopDelay({ resolution: 2 });
  loop.enable();
  process.on('message', () => {
    const stallMs = loop.max / 1e6;
    const { user, system } = process.cpuUsage();
    globalThis.gc?.();
    globalThis.gc?.();
    const usage: Usage = { cpuUs: user + system, rssBytes: process.memoryUsage.rss(), stallMs };
    loop.reset();
    tell(usage);
  });
  process.on('disconnect', () => process.exit(0));
}
