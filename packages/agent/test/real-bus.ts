/** A D-Bus daemon of Debian on a socket of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { peerPath } from '../../../scripts/peers/table.ts';

export class RealBus {
  readonly socketPath: string;
  readonly #child: ChildProcess;

  private constructor(socketPath: string, child: ChildProcess) {
    this.socketPath = socketPath;
    this.#child = child;
  }

  static async start(folder: string): Promise<RealBus> {
    const socketPath = join(folder, 'system_bus_socket');
    const child = spawn(
      peerPath('dbus-daemon'),
      ['--session', `--address=unix:path=${socketPath}`, '--nofork', '--nopidfile'],
      { stdio: 'ignore' },
    );
    await untilListening(socketPath);
    return new RealBus(socketPath, child);
  }

  async stop(): Promise<void> {
    await ended(this.#child);
  }
}

/** The socket's file is there a moment before anybody listens. */
export async function untilListening(path: string, withinMs = 10_000): Promise<void> {
  for (const until = Date.now() + withinMs; !(await connects(path));) {
    if (Date.now() > until) throw new Error(`nobody listens at ${path}`);
    await wait(20);
  }
}

function connects(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}
