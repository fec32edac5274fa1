import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AGENT_VERSION } from '../version.ts';
import { nextBootEpoch } from './boot-epoch.ts';
import { enroll } from './enroll.ts';
import { loadIdentity } from './identity.ts';
import { lockStateFolder } from './lock.ts';
import { defaultStateFolder } from './state-folder.ts';

let folder: string;
let server: Server;
let answer: { status: number; body: unknown };
let asked: { url: string | undefined; body: unknown }[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'identity-test-'));
  asked = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      asked.push({ url: request.url, body: JSON.parse(body) });
      response
        .writeHead(answer.status, { 'content-type': 'application/json' })
        .end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const hub = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const request = (): Parameters<typeof enroll>[0] => ({
  hub: `${hub()}/`,
  code: ' ABCD-1234 ',
  hostname: 'web1',
  stateFolder: join(folder, 'deep', 'state'),
});

describe('enrolment', () => {
  it('stores the key where only its owner reads it', async () => {
    answer = { status: 200, body: { agentId: 'abcdefghijkl', key: 'k'.repeat(40) } };
    const identity = await enroll(request());
    expect(identity).toEqual({ agentId: 'abcdefghijkl', key: 'k'.repeat(40), hubUrl: hub() });
    expect(asked).toEqual([
      { url: '/api/v1/agents/enroll', body: { code: 'ABCD-1234', hostname: 'web1' } },
    ]);
    const stateFolder = join(folder, 'deep', 'state');
    expect(loadIdentity(stateFolder)).toEqual(identity);
    expect(statSync(join(stateFolder, 'identity.json')).mode & 0o777).toBe(0o600);
  });

  it("passes on the hub's own words when it refuses", async () => {
    answer = {
      status: 410,
      body: { code: 'code-expired', detail: 'Too late.', action: 'Make a new one.' },
    };
    await expect(enroll(request())).rejects.toMatchObject({
      code: 'enrolment-refused',
      message: 'Too late.',
      action: 'Make a new one.',
    });
    expect(loadIdentity(join(folder, 'deep', 'state'))).toBeUndefined();
  });

  it('tells a web server that is no hub, and a hub that is away', async () => {
    answer = { status: 200, body: { hello: 'world' } };
    await expect(enroll(request())).rejects.toMatchObject({
      code: 'enrolment-refused',
      message: expect.stringContaining('no OpenManager hub') as string,
    });
    await expect(enroll({ ...request(), hub: 'http://127.0.0.1:9' })).rejects.toMatchObject({
      code: 'hub-unreachable',
    });
  });
});

it('says what to do about a damaged identity', () => {
  writeFileSync(join(folder, 'identity.json'), '{"agentId":');
  expect(() => loadIdentity(folder)).toThrow(/damaged/);
});

it('gives each start a larger boot epoch, whatever the clock says', () => {
  expect(nextBootEpoch(folder, 1_000)).toBe(1_000);
  expect(nextBootEpoch(folder, 500)).toBe(1_001);
  expect(nextBootEpoch(folder, 2_000)).toBe(2_000);
  writeFileSync(join(folder, 'boot-epoch'), 'rubbish');
  expect(nextBootEpoch(folder, 3_000)).toBe(3_000);
});

it('ignores the lock of a process that is gone', () => {
  writeFileSync(join(folder, 'agent.lock'), '999999999 5\n');
  const unlock = lockStateFolder(folder);
  expect(readFileSync(join(folder, 'agent.lock'), 'utf8')).toContain(String(process.pid));
  unlock();
  // Alive, but another process than the one that took the lock.
  writeFileSync(join(folder, 'agent.lock'), `${process.ppid} 1\n`);
  lockStateFolder(folder)();
});

it('keeps its state where each system expects it', () => {
  const host = { home: '/home/a', env: {} };
  expect(defaultStateFolder({ ...host, platform: 'linux', isRoot: true })).toBe(
    '/var/lib/openmanager-agent',
  );
  expect(defaultStateFolder({ ...host, platform: 'linux', isRoot: false })).toBe(
    '/home/a/.local/state/openmanager-agent',
  );
  expect(
    defaultStateFolder({
      ...host,
      platform: 'linux',
      isRoot: false,
      env: { XDG_STATE_HOME: '/x' },
    }),
  ).toBe('/x/openmanager-agent');
  expect(defaultStateFolder({ ...host, platform: 'darwin', isRoot: false })).toBe(
    '/home/a/Library/Application Support/openmanager-agent',
  );
});

it('tells the version of its package', () => {
  const { version } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  expect(AGENT_VERSION).toBe(version);
});
