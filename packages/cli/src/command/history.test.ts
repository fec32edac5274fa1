import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { HubHarness } from '../../../hub/test/kit/hub-harness.ts';
import { main } from '../main.ts';

let harness: HubHarness;
let folder = '';
let hub: string[] = [];
let out: string[] = [];
let err: string[] = [];
const environment = { OPENMANAGER_PASSWORD: 'a-long-password' };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openmanager-history-'));
  harness = await HubHarness.open();
  await harness.admin.send('/api/v1/auth/password', {
    method: 'PUT',
    body: { password: 'a-long-password' },
  });
  hub = ['--hub', harness.hub.url, '--user', 'admin'];
});
afterAll(async () => {
  await harness.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  [out, err] = [[], []];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void out.push(line));
  vi.spyOn(console, 'error').mockImplementation((line: string) => void err.push(line));
});
afterEach(() => void vi.restoreAllMocks());

const at = Math.floor(Date.now() / 1000) - 600;
const samples = `# TYPE queue_length gauge
queue_length{instance="db",zone="a"} 1.5 ${at}
queue_length{instance="db",zone="a"} 2.5 ${at + 15}
# EOF
`;

test('what was imported is exported, answered by PromQL, and in the backup', async () => {
  const file = join(folder, 'samples.txt');
  await writeFile(file, samples);
  expect([await main(['import', file, ...hub], environment), err]).toEqual([0, []]);
  expect(out).toEqual(['2 samples of 1 series of 1 hosts imported; 0 samples were there already']);

  const csv = join(folder, 'out.csv');
  expect([await main(['export', '--out', csv, '--from', '1h', ...hub], environment), err]).toEqual([
    0,
    [`0.0 MB written to ${csv}`],
  ]);
  const time = (seconds: number): string => new Date(seconds * 1000).toISOString();
  expect((await readFile(csv, 'utf8')).split('\r\n').slice(1, 3)).toEqual([
    `${time(at)},db,db,"queue_length{zone=""a""}",1.5`,
    `${time(at + 15)},db,db,"queue_length{zone=""a""}",2.5`,
  ]);

  const created = await harness.admin.send('/api/v1/tokens', { body: { name: 'export' } });
  const { secret } = created.body as { secret: string };
  const text = join(folder, 'out.txt');
  const flags = ['--format', 'openmetrics', '--metric', 'queue_length', '--hub', harness.hub.url];
  expect(await main(['export', '--out', text, ...flags, '--api-token', secret], {})).toBe(0);
  expect(await readFile(text, 'utf8')).toContain(
    `queue_length{zone="a",host="db",instance="db",job="openmanager"} 2.5 ${at + 15}\n# EOF\n`,
  );

  const query = new URLSearchParams({
    query: 'sum(queue_length)',
    time: String(at + 20),
  }).toString();
  expect((await harness.admin.send(`/api/v1/query?${query}`)).body).toMatchObject({
    data: { result: [{ value: [at + 20, '2.5'] }] },
  });

  const copy = join(folder, 'openmanager.db');
  expect([await main(['backup', copy, ...hub], environment), err.slice(2)]).toEqual([0, []]);
  const database = new DatabaseSync(copy, { readOnly: true });
  expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  expect(database.prepare('SELECT host_id FROM host').all()).toEqual([{ host_id: 'db' }]);
  database.close();
});

test('a token neither imports nor copies the database; nobody does without credentials', async () => {
  const created = await harness.admin.send('/api/v1/tokens', { body: { name: 'read' } });
  const { secret } = created.body as { secret: string };
  const post = { raw: samples, headers: { 'content-type': 'text/plain' } };
  for (const [path, request] of [
    ['import', post],
    ['backup', {}],
    ['export', {}],
  ] as const) {
    const client = harness.client();
    expect((await client.send(`/api/v1/${path}`, request)).status, path).toBe(401);
    const authorization = `Bearer ${secret}`;
    const headers = { ...('headers' in request ? request.headers : {}), authorization };
    const { status } = await client.send(`/api/v1/${path}`, { ...request, headers });
    expect(status, path).toBe(path === 'export' ? 200 : 403);
  }
});

test('a store that is none is refused before anything starts', async () => {
  expect(await main(['hub', '--store', 'victoria:8428'], {})).toBe(2);
  expect(err.join()).toContain('--store takes prometheus=URL');
});

test('what is wrong is said', async () => {
  const file = join(folder, 'wrong.txt');
  await writeFile(file, 'a{host="x"} b 1\n');
  expect(await main(['import', file, ...hub], environment)).toBe(1);
  expect(err.join()).toContain('line 1: the value "b" is not a number');
  expect(await main(['import'], environment)).toBe(2);
  expect(await main(['import', file, ...hub], {})).toBe(2);
  expect(await main(['export', '--format', 'xml', ...hub], environment)).toBe(2);
  expect(await main(['export', '--from', 'soon', ...hub], environment)).toBe(2);
  expect(
    await main(['backup', file, '--hub', 'http://127.0.0.1:1', '--user', 'admin'], environment),
  ).toBe(1);
  expect(err.at(-1)).toContain('127.0.0.1:1');
});
