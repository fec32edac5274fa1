/**
 * Programs of this machine that the agent asks: found in the folders of the system only, started without a shell, with
 * arguments of ours, an empty environment and low priority, and never waited for longer than said.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { Socket } from 'node:net';
import { setPriority } from 'node:os';
import { join } from 'node:path';

export const systemFolders: readonly string[] = [
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
  '/usr/local/sbin',
  '/usr/local/bin',
  // NixOS, and NVIDIA's programs under WSL.
  '/run/current-system/sw/bin',
  '/usr/lib/wsl/lib',
];
const ENVIRONMENT = { LC_ALL: 'C', PATH: systemFolders.slice(0, 4).join(':') };
const LOW_PRIORITY = 10;
const WRITABLE_BY_OTHERS = 0o022;
const ROOT = 0;

/** Path of the program; as root only one that nobody else can change. */
export function findProgram(
  name: string,
  folders: readonly string[] = systemFolders,
): string | undefined {
  return folders.map((folder) => join(folder, name)).find((path) => isTrusted(path));
}

function isTrusted(path: string): boolean {
  try {
    const { uid, mode } = statSync(path);
    const runs = (mode & 0o111) !== 0;
    return (
      runs && (process.getuid?.() !== ROOT || (uid === ROOT && (mode & WRITABLE_BY_OTHERS) === 0))
    );
  } catch {
    return false;
  }
}

/** A started program whose output is read from `stdout`. It does not keep this process from ending. */
export function startProgram(path: string, args: readonly string[]): ChildProcess {
  const child = spawn(path, [...args], {
    env: ENVIRONMENT,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'ignore'],
    windowsHide: true,
  });
  child.unref();
  // The pipe would keep this process running as well.
  if (child.stdout instanceof Socket) child.stdout.unref();
  if (child.pid !== undefined) lowerPriority(child.pid);
  return child;
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, LOW_PRIORITY);
  } catch {
    // Gone already.
  }
}

export interface Ended {
  /** Null when it was killed by a signal. */
  readonly code: number | null;
  readonly output: string;
}

export interface RunOptions {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Ends the program. */
  readonly signal: AbortSignal;
}

/**
 * Runs a program to its end. Rejects when it cannot be started, takes too long or says too much; one that hangs in a
 * driver cannot be killed, and is not waited for.
 */
export function runProgram(
  path: string,
  args: readonly string[],
  { timeoutMs, maxBytes, signal }: RunOptions,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = startProgram(path, args);
    const chunks: Buffer[] = [];
    let bytes = 0;
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      child.stdout?.destroy();
      settle();
    };
    const giveUp = (reason: string): void => {
      child.kill('SIGKILL');
      end(() => reject(new Error(reason)));
    };
    const abort = (): void => giveUp('stopped');
    const timer = setTimeout(() => giveUp(`no answer within ${timeoutMs} ms`), timeoutMs);
    timer.unref();
    signal.addEventListener('abort', abort);
    child.stdout?.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) giveUp(`more than ${maxBytes} bytes of output`);
      else chunks.push(chunk);
    });
    child.on('error', (error) => end(() => reject(error)));
    child.on('close', (code) =>
      end(() => resolve({ code, output: Buffer.concat(chunks).toString('utf8') })),
    );
    if (signal.aborted) abort();
  });
}
