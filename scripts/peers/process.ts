/** Real programs of others, on ports and in folders of their own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts a program and waits until its URL answers. What it printed is in the error when it does not. */
export async function startPeer(
  command: string,
  args: readonly string[],
  readyUrl: string,
): Promise<ChildProcess> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  let failure: Error | undefined;
  child.on('error', (error) => (failure = error));
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => (printed = (printed + String(chunk)).slice(-4000)));
  for (let tries = 0; tries < 300; tries++) {
    if (failure) throw failure;
    if (child.exitCode !== null) throw new Error(`${command} ended: ${printed}`);
    const answer = await fetch(readyUrl).catch(() => undefined);
    if (answer?.ok) return child;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill('SIGKILL');
  throw new Error(`${command} did not become ready: ${printed}`);
}

export async function stopPeer(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
