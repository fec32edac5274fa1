/** The command at a shell: start, stop, start again; and what it says when something is wrong. */
import { DatabaseSync } from 'node:sqlite';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { AlertList, History, HostSummary } from '@openmanager/protocol';
import { needs } from '../scripts/peers/needs.ts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { endAll, freePort, get, LINK, run, signIn, temporaryFolder, until } from './rig.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterEach(endAll);
afterAll(() => folder.remove());

function hosts(origin: string, cookie: string): Promise<HostSummary[]> {
  return get<HostSummary[]>(origin, 'hosts', cookie);
}

test('start watches this machine; Ctrl-C loses nothing; the second start goes on with the old history', async () => {
  const listen = `127.0.0.1:${await freePort()}`;
  const data = join(folder.path, 'start');
  const flags = ['start', '--listen', listen, '--data', data, '--interval', '1s'];

  const first = run(flags);
  const [, origin, token] = await first.printed(LINK);
  expect(origin).toBe(`http://${listen}`);
  const cookie = await signIn(origin as string, token as string);
  const [host] = await until(
    () => hosts(origin as string, cookie),
    ([one]) => one?.status === 'online' && one.metrics['system.cpu.utilization'] !== undefined,
  );
  const hostId = (host as HostSummary).hostId;
  const history = (): Promise<History> =>
    get(
      origin as string,
      `hosts/${hostId}/history?fromMs=0&toMs=${Date.now()}&maxPoints=1000&keys=system.cpu.utilization`,
      cookie,
    );
  const before = await until(history, ({ timesMs }) => timesMs.length >= 4);
  // The link was good for one sign-in.
  await expect(signIn(origin as string, token as string)).rejects.toThrow(/410.*setup-link-used/);

  const { code, ms } = await first.end('SIGINT');
  expect(code).toBe(0);
  expect(ms).toBeLessThan(3000);
  expect(first.output()).not.toMatch(/error/i);

  const second = run(flags);
  await second.printed(/Ctrl-C/);
  // The cookie still holds, the host is the same one, and every point from before is there.
  const after = await until(history, ({ timesMs }) => timesMs.length > before.timesMs.length + 2);
  expect(after.timesMs).toEqual(expect.arrayContaining([...before.timesMs]));
  expect((await hosts(origin as string, cookie)).map((one) => one.hostId)).toEqual([hostId]);
  expect((await get<AlertList>(origin as string, 'alerts', cookie)).alerts).toEqual(
    expect.any(Array),
  );
  expect((await second.end('SIGTERM')).code).toBe(0);
});

test('demo: simulated hosts through the same agents, marked as what they are, in a folder of their own', async () => {
  const data = join(folder.path, 'demo');
  const flags = ['demo', '--hosts', '50', '--interval', '1s', '--data', data];
  const demo = run([...flags, '--listen', `127.0.0.1:${await freePort()}`]);
  const [, origin = '', token = ''] = await demo.printed(LINK);
  const cookie = await signIn(origin, token);
  const list = await until(
    () => hosts(origin, cookie),
    (all) =>
      all.length === 50 && all.every((one) => one.metrics['system.cpu.utilization'] !== undefined),
  );
  expect(list.every((one) => one.facts.demo)).toBe(true);
  expect(new Set(list.map((one) => one.facts.hostname)).size).toBe(50);
  for (const { metrics } of list) expect(metrics['system.cpu.utilization']).toBeGreaterThan(0);
  expect((await demo.end('SIGINT')).code).toBe(0);
  // The second start finds its hosts again instead of making new ones.
  const again = run([...flags, '--listen', `127.0.0.1:${await freePort()}`]);
  const [, secondOrigin = ''] = await again.printed(/(http:\/\/127[^\s/]+)/);
  await again.printed(/Ctrl-C/);
  const same = await hosts(secondOrigin, cookie);
  expect(same.map((one) => one.hostId).toSorted()).toEqual(
    list.map((one) => one.hostId).toSorted(),
  );
  expect((await again.end('SIGINT')).code).toBe(0);
});

test('help, a wrong flag, a wrong command', async () => {
  const help = run(['--help']);
  expect(await help.ended()).toBe(0);
  for (const command of ['start', 'hub', 'agent', 'agent enroll', 'demo'])
    expect(help.output()).toContain(command);
  const flags = run(['hub', '--help']);
  expect(await flags.ended()).toBe(0);
  expect(flags.output()).toContain('OPENMANAGER_LISTEN');
  const wrongFlag = run(['hub', '--nonsense']);
  expect(await wrongFlag.ended()).toBe(2);
  expect(wrongFlag.output()).toContain('--nonsense');
  const wrongCommand = run(['fly']);
  expect(await wrongCommand.ended()).toBe(2);
  expect(wrongCommand.output()).toContain('fly');
  const korean = run(['--help'], { LANG: 'ko_KR.UTF-8', LC_ALL: '' });
  expect(await korean.ended()).toBe(0);
  expect(korean.output()).toContain('사용법');
});

test('every setting is an environment variable too', async () => {
  const listen = `127.0.0.1:${await freePort()}`;
  const hub = run(['hub'], {
    OPENMANAGER_LISTEN: listen,
    OPENMANAGER_DATA: join(folder.path, 'env'),
  });
  expect((await hub.printed(LINK))[1]).toBe(`http://${listen}`);
  expect((await hub.end('SIGINT')).code).toBe(0);
});

test(
  'a hub bounds its memory from the start, unless the environment says how',
  needs('linux'),
  async () => {
    const startedWith = async (name: string, env: NodeJS.ProcessEnv): Promise<string> => {
      const listen = ['--listen', `127.0.0.1:${await freePort()}`];
      const hub = run(['hub', ...listen, '--data', join(folder.path, name)], env);
      await hub.printed(LINK);
      const of = (file: string): string => readFileSync(`/proc/${hub.child.pid}/${file}`, 'utf8');
      const said = of('cmdline') + of('environ');
      expect((await hub.end('SIGINT')).code).toBe(0);
      return said.replaceAll('\0', ' ');
    };
    const bounded = await startedWith('bounded', {});
    expect(bounded).toMatch(/node --max-semi-space-size=8 .*openmanager\.js hub/);
    expect(bounded).toContain('MALLOC_ARENA_MAX=1');
    const own = '--max-semi-space-size=32';
    const told = await startedWith('told', { NODE_OPTIONS: own });
    expect(told).toContain(own);
    expect(told).not.toContain('--max-semi-space-size=8 ');
  },
);

test('a busy port says which, and what to do', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const hub = run(['hub', '--listen', `127.0.0.1:${port}`, '--data', join(folder.path, 'busy')]);
  expect(await hub.ended()).toBe(1);
  expect(hub.output()).toContain(String(port));
  expect(hub.output()).toContain('--listen');
  other.close();
});

test('a data folder that is in use, newer, or not a folder says so', async () => {
  const data = join(folder.path, 'shared');
  const listen = async (): Promise<string> => `127.0.0.1:${await freePort()}`;
  const first = run(['hub', '--listen', await listen(), '--data', data]);
  await first.printed(LINK);
  const second = run(['hub', '--listen', await listen(), '--data', data]);
  expect(await second.ended()).toBe(1);
  expect(second.output()).toContain(data);
  expect((await first.end('SIGINT')).code).toBe(0);

  const file = readdirSync(data).find((name) => name.endsWith('.db'));
  const database = new DatabaseSync(join(data, file as string));
  database.exec('PRAGMA user_version = 9999');
  database.close();
  const newer = run(['hub', '--listen', await listen(), '--data', data]);
  expect(await newer.ended()).toBe(1);
  expect(newer.output()).toMatch(/newer/);

  const plain = join(folder.path, 'plain');
  writeFileSync(plain, 'not a folder');
  const notFolder = run(['hub', '--listen', await listen(), '--data', plain]);
  expect(await notFolder.ended()).toBe(1);
  expect(notFolder.output()).toContain(plain);
  expect(existsSync(plain)).toBe(true);
});

test.for(['SIGHUP', 'SIGTERM'] as const)(
  'an agent without its hub that gets %s has written what it holds, and ends with 0',
  async (signal) => {
    const state = join(folder.path, `agent-${signal}`);
    const hub = `http://127.0.0.1:${await freePort()}`;
    const agent = run([
      'agent',
      '--hub',
      hub,
      '--token',
      'any',
      '--state',
      state,
      '--interval',
      '1s',
    ]);
    const spooled = async (): Promise<string[]> =>
      existsSync(join(state, 'spool')) ? readdirSync(join(state, 'spool')) : [];
    await until(spooled, ({ length }) => length > 0);
    const { code, ms } = await agent.end(signal);
    expect(code).toBe(0);
    expect(ms).toBeLessThan(3000);
    expect(await spooled()).not.toHaveLength(0);
  },
);

test('an agent with a wrong token or an expired code is told what to do', async () => {
  const listen = `127.0.0.1:${await freePort()}`;
  const hub = run(['hub', '--listen', listen, '--data', join(folder.path, 'tokens')]);
  await hub.printed(LINK);
  const state = join(folder.path, 'agent-state');
  const agent = run(['agent', '--hub', `http://${listen}`, '--token', 'wrong', '--state', state]);
  await agent.printed(/not known|revoked|enrol/i);
  await agent.end('SIGINT');
  const enroll = run([
    'agent',
    'enroll',
    '--hub',
    `http://${listen}`,
    '--code',
    'AAAA-BBBB-CCCC-DDDD',
    '--state',
    state,
  ]);
  expect(await enroll.ended()).toBe(1);
  expect(enroll.output()).toMatch(/new code/);
  await hub.end('SIGINT');
});
