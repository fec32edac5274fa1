/** A process of its own: the real hub on a database in a temporary folder. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHub } from '@openmanager/hub';
import { reportUsage, tell, type Listening } from './talk.ts';

const hosts = Number(process.argv[2]);
const dataFolder = mkdtempSync(join(tmpdir(), 'openmanager-connections-'));
process.on('exit', () => rmSync(dataFolder, { recursive: true, force: true }));
process.on('SIGTERM', () => process.exit(0));
const hub = await startHub({
  listen: '127.0.0.1:0',
  dataFolder,
  logLevel: 'error',
});
async function post(path: string, body: unknown, cookie = ''): Promise<Response> {
  return await fetch(`${hub.url}/api/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: hub.url, cookie },
    body: JSON.stringify(body),
  });
}
const setup = new URL(hub.setupLink ?? '').hash.replace('#token=', '');
const signedIn = await post('auth/setup', { token: setup });
const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0];
const { secret } = (await (await post('tokens', { name: 'bench' }, cookie)).json()) as {
  secret: string;
};
const keys: string[] = [];
for (let index = 0; index < hosts; index++)
  keys.push((await hub.localAgentKey(`host-${index}`)).key);
reportUsage();
tell({ url: hub.url, token: secret, keys } satisfies Listening);
