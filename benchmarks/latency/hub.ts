/** A process of its own: the real hub on a database in a temporary folder. Prints what the others need as one JSON line. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHub } from '@openmanager/hub';

const [listen, origin, hosts] = process.argv.slice(2) as [string, string, string];
const hub = await startHub({
  listen,
  dataFolder: mkdtempSync(join(tmpdir(), 'openmanager-latency-')),
  allowOrigins: [origin],
  logLevel: 'error',
});
const setup = new URL(hub.setupLink ?? '').hash.replace('#token=', '');
const post = async (path: string, body: unknown, cookie = ''): Promise<Response> =>
  fetch(`${hub.url}/api/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: hub.url, cookie },
    body: JSON.stringify(body),
  });
const cookie = ((await post('auth/setup', { token: setup })).headers.get('set-cookie') ?? '').split(
  ';',
)[0];
const { secret } = (await (await post('tokens', { name: 'latency' }, cookie)).json()) as {
  secret: string;
};
const keys: string[] = [];
for (let index = 0; index < Number(hosts); index++)
  keys.push((await hub.localAgentKey(`latency-${index}`)).key);
console.log(JSON.stringify({ url: hub.url, token: secret, keys }));
process.on('SIGTERM', () => void hub.stop().then(() => process.exit(0)));
