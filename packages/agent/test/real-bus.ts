/** A D-Bus daemon of Debian on a socket of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
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
    await untilThere(socketPath);
    return new RealBus(socketPath, child);
  }

  async stop(): Promise<void> {
    await ended(this.#child);
  }
}

export async function untilThere(path: string, withinMs = 10_000): Promise<void> {
  for (const until = Date.now() + withinMs; !existsSync(path);) {
    if (Date.now() > until) throw new Error(`${path} did not appear`);
    await wait(20);
  }
}

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}
