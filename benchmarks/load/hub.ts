/** A process of its own: the real hub, through its public API, on a database in a temporary folder. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHub, type RunningHub } from '@openmanager/hub';
import type { Enrolled } from '@openmanager/protocol';
import { optionsOf, serve, standBy, type Listening } from './talk.ts';

export interface HubProcessOptions {
  readonly hosts: number;
  /** @default 127.0.0.1:0 */
  readonly listen?: string;
  /** Keeps its data there; otherwise in a folder that is removed with the process. */
  readonly dataFolder?: string;
  /** Pages that may connect. */
  readonly allowOrigins?: readonly string[];
  /** A hub that was there before: it waits for the order `start`, and makes neither token nor keys. */
  readonly standby?: boolean;
}

export interface HubListening extends Listening {
  readonly token: string;
  /** One per host. */
  readonly keys: readonly string[];
  readonly hostIds: readonly string[];
}

const { hosts, listen, dataFolder, allowOrigins, standby } = optionsOf() as HubProcessOptions;
const folder = dataFolder ?? mkdtempSync(join(tmpdir(), 'openmanager-bench-'));
if (dataFolder === undefined)
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
process.on('SIGTERM', () => process.exit(0));

let hub: RunningHub;
const beginWindow = serve({ figures: () => hub.status() });
if (standby === true) await standBy();
hub = await startHub({
  listen: listen ?? '127.0.0.1:0',
  dataFolder: folder,
  allowOrigins: allowOrigins ?? [],
  logLevel: 'error',
});
const listeningMs = Date.now();
// A hub that is back is measured from here on.
if (standby === true) beginWindow();

async function post(path: string, body: unknown, cookie = ''): Promise<Response> {
  return await fetch(`${hub.url}/api/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: hub.url, cookie },
    body: JSON.stringify(body),
  });
}

async function makeToken(): Promise<string> {
  const setup = new URL(hub.setupLink ?? '').hash.replace('#token=', '');
  const signedIn = await post('auth/setup', { token: setup });
  const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0];
  const made = await post('tokens', { name: 'bench' }, cookie);
  return ((await made.json()) as { secret: string }).secret;
}

const agents: Enrolled[] = [];
for (let index = 0; index < hosts && standby !== true; index++)
  agents.push(await hub.localAgentKey(`host-${index}`));
process.send?.({
  url: hub.url,
  port: Number(new URL(hub.url).port),
  token: standby === true ? '' : await makeToken(),
  keys: agents.map(({ key }) => key),
  hostIds: agents.map(({ agentId }) => agentId),
  listeningMs,
} satisfies HubListening);
