/** Starts the built command as a person would, and reads what it prints. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import type { Page } from 'playwright';

const command = fileURLToPath(new URL('../packages/cli/bin/openmanager.js', import.meta.url));

export interface Running {
  readonly child: ChildProcess;
  /** Everything printed so far, both streams. */
  output(): string;
  /** Resolves with the first match in the output; fails when the process ends without it. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends the signal and resolves with the exit code (null for a signal) and the ms it took. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; ms: number }>;
  /** Resolves with the exit code when the process ends by itself. */
  ended(): Promise<number | null>;
}

const started = new Set<ChildProcess>();

export function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, [command, ...args], {
    env: { ...process.env, LANG: 'C.UTF-8', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.add(child);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = once(child, 'exit').then(([code]) => {
    started.delete(child);
    return code as number | null;
  });
  return {
    child,
    output: () => text,
    ended: () => ended,
    async printed(pattern) {
      for (;;) {
        const match = pattern.exec(text);
        if (match) return match;
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`ended without printing ${String(pattern)}:\n${text}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async end(signal) {
      const start = performance.now();
      child.kill(signal);
      return { code: await ended, ms: performance.now() - start };
    },
  };
}

/** Ends whatever a failed test left running. */
export function endAll(): void {
  for (const child of started) child.kill('SIGKILL');
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'openmanager-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export const LINK = /(http:\/\/[^\s/]+)\/setup#token=(\S+)/;

/** Signs in by the printed link's token, without a browser; answers the cookie. */
export async function signIn(origin: string, token: string): Promise<string> {
  const answer = await fetch(`${origin}/api/v1/auth/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin },
    body: JSON.stringify({ token }),
  });
  if (!answer.ok) throw new Error(`sign-in: ${answer.status} ${await answer.text()}`);
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}

/** GET of the API as the signed-in person. */
export async function get<T>(origin: string, path: string, cookie: string): Promise<T> {
  const answer = await fetch(`${origin}/api/v1/${path}`, { headers: { cookie } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** Asks until the answer satisfies; the test's own timeout is the bound. */
export async function until<T>(
  ask: () => Promise<T>,
  satisfied: (answer: T) => boolean,
): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (satisfied(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** What a screen reader or a keyboard would stumble over. What fades in is looked at when it is there. */
export async function obstacles(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    await Promise.all(
      document
        .getAnimations()
        .filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity)
        .map(async ({ finished }) => {
          // One that is cancelled is over, too.
          await finished.catch(() => undefined);
        }),
    );
    const { axe: loaded } = globalThis as unknown as { axe: typeof axe };
    const { violations } = await loaded.run(document, { rules: { region: { enabled: false } } });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}
