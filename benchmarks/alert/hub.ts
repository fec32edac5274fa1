/** A process of its own: the real hub with an administrator signed in and one agent key per host. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHub } from '@openmanager/hub';
import { optionsOf, serve } from '../load/talk.ts';

export interface AlertHubOptions {
  readonly hosts: number;
  readonly allowOrigins: readonly string[];
}

export interface AlertHub {
  readonly url: string;
  readonly cookie: string;
  readonly token: string;
  /** One per host. */
  readonly keys: readonly string[];
}

const { hosts, allowOrigins } = optionsOf() as AlertHubOptions;
const dataFolder = mkdtempSync(join(tmpdir(), 'openmanager-bench-'));
process.on('exit', () => rmSync(dataFolder, { recursive: true, force: true }));
process.on('SIGTERM', () => process.exit(0));
serve();
const hub = await startHub({
  listen: '127.0.0.1:0',
  dataFolder,
  allowOrigins,
  logLevel: 'error',
});

async function post(path: string, body: unknown, cookie = ''): Promise<Response> {
  return await fetch(`${hub.url}/api/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: hub.url, cookie },
    body: JSON.stringify(body),
  });
}

const signedIn = await post('auth/setup', {
  token: new URL(hub.setupLink ?? '').hash.replace('#token=', ''),
});
const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
const made = await post('tokens', { name: 'bench' }, cookie);
const keys: string[] = [];
for (let index = 0; index < hosts; index++)
  keys.push((await hub.localAgentKey(`host-${index}-`)).key);
process.send?.({
  url: hub.url,
  cookie,
  token: ((await made.json()) as { secret: string }).secret,
  keys,
} satisfies AlertHub);
