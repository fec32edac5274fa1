/** Hubs that are killed while they tell a real webhook of alerts; time is theirs to move. */
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Alert, AlertList } from '@openmanager/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { figure } from '../../../../scripts/proof/kit.ts';
import { HttpClient } from '../../test/kit/http-client.ts';
import { TestAgent } from '../../test/kit/test-agent.ts';

const CHILD = fileURLToPath(new URL('../../test/app/alert-child.ts', import.meta.url));
const waiting = { timeout: 20_000, interval: 20 };

interface Message {
  readonly key: string;
  readonly alerts: readonly (Pick<Alert, 'id' | 'state' | 'target'> & {
    readonly fingerprint: string;
  })[];
}

let folder: string;
let child: ChildProcess;
let lines: Interface;
let admin: HttpClient;
let cookie: string | undefined;
let hubUrl: string;
let agentKeys: readonly string[];
let aheadMs: number;
let seqs: number[];
let server: Server;
let port: number;
let messages: Message[];
let onMessage: () => boolean;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openmanager-alerts-'));
  cookie = undefined;
  aheadMs = 0;
  seqs = [0, 0, 0, 0];
  messages = [];
  onMessage = () => true;
  port = 0;
  await listen();
});
afterEach(async () => {
  child.kill('SIGKILL');
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

async function listen(): Promise<void> {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += String(chunk)));
    request.on('end', () => {
      messages.push(JSON.parse(text) as Message);
      if (onMessage()) response.writeHead(200).end('ok');
    });
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
}

async function start(): Promise<void> {
  child = spawn(process.execPath, ['--conditions=source', CHILD, folder, String(aheadMs)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, 'line')) as [string];
  const { url, setupLink, keys } = JSON.parse(line) as {
    url: string;
    setupLink: string | null;
    keys: string[];
  };
  admin = new HttpClient(url);
  if (cookie === undefined) {
    await admin.setUp(setupLink ?? '');
    ({ cookie } = admin);
    await setUp(url);
  } else admin.cookie = cookie;
  hubUrl = url;
  agentKeys = keys;
}

async function kill(): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

async function api<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await admin.send(`/api/v1${path}`, {
    method,
    ...(body === undefined ? {} : { body }),
  });
  if (answer.status >= 300) throw new Error(`${answer.status} ${answer.text}`);
  return answer.body as T;
}

async function setUp(url: string): Promise<void> {
  admin = Object.assign(new HttpClient(url), { cookie });
  await api('PUT', '/receivers/hook', { kind: 'webhook', url: `http://127.0.0.1:${port}/` });
  await api('PUT', '/routing', {
    route: { receivers: ['hook'], groupWaitMs: 0, groupIntervalMs: 60_000 },
    allowHosts: ['127.0.0.1'],
  });
  await api('PUT', '/rules/busy', {
    kind: 'above',
    ruleId: 'busy',
    metric: 'system.cpu.utilization',
    scope: 'total',
    threshold: 0.5,
    clear: 0.4,
    forMs: 0,
    severity: 'warning',
  });
}

async function advance(ms: number): Promise<void> {
  aheadMs += ms;
  const heard = once(lines, 'line');
  child.stdin?.write(`${aheadMs}\n`);
  await heard;
}

/** One sample, on disk when this resolves. */
async function cpu(host: number, value: number): Promise<void> {
  // An interval so long that the jumps of the clock are no silence; connections they do end.
  const hello = { intervalMs: 3_600_000, nowMs: Date.now() + aheadMs };
  const { agent } = await TestAgent.open(hubUrl, agentKeys[host] as string, hello);
  const seq = (seqs[host] = (seqs[host] as number) + 1);
  agent.batch(seq, { timesMs: [Date.now() + aheadMs], values: [value, 0.2, 10] });
  await agent.next('ack', (ack) => ack.seq >= seq);
  await agent.close();
}

const firing = async (): Promise<Alert[]> =>
  (await api<AlertList>('GET', '/alerts')).alerts.filter(({ state }) => state === 'firing');

test(
  'what the webhook hears of is on disk: killed at that very moment, the hub knows it, and tells it once more under the same key, then never again',
  {
    tags: ['faults'],
  },
  async ({ task }) => {
    await start();
    // Killed before it hears that the message arrived.
    onMessage = () => {
      child.kill('SIGKILL');
      return false;
    };
    const gone = once(child, 'exit');
    await cpu(0, 0.7).catch(() => undefined);
    await gone;
    expect(messages).toHaveLength(1);
    const [told] = messages;
    onMessage = () => true;

    await start();
    expect((await firing()).map(({ id }) => id)).toEqual([told?.alerts[0]?.id]);
    await vi.waitFor(() => expect(messages).toHaveLength(2), waiting);
    expect(messages[1]).toMatchObject({ key: told?.key, alerts: [{ id: told?.alerts[0]?.id }] });
    await vi.waitFor(
      async () =>
        expect(await api('GET', '/notifications')).toMatchObject([{ outcome: 'delivered' }]),
      waiting,
    );

    await kill();
    await start();
    expect(await firing()).toHaveLength(1);
    // Well beyond the group's interval, within the repeat interval.
    for (let minute = 0; minute < 4; minute++) {
      await advance(MINUTE_MS);
      await cpu(0, 0.7);
      await new Promise((resolve) => setTimeout(resolve, 1_100));
    }
    expect(messages).toHaveLength(2);
    figure(task, 'killed at the message: told twice under one key, missed 0');
  },
);

test(
  'a webhook that is down for an hour, and the hub killed in between: what fires on is told, at most one duplicate',
  {
    tags: ['faults'],
    timeout: 120_000,
  },
  async ({ task }) => {
    await start();
    await cpu(0, 0.7);
    await vi.waitFor(() => expect(messages).toHaveLength(1), waiting);
    server.closeAllConnections();
    server.close();

    let fired = new Set<string>();
    const note = async (): Promise<void> => {
      const past = await api<AlertList>('GET', '/alerts/history');
      fired = new Set([...fired, ...[...(await firing()), ...past.alerts].map(({ id }) => id)]);
    };
    // The hosts go up and down at their own times; some of it begins and ends while nobody can be told.
    for (let minute = 0; minute < 60; minute += 5) {
      await advance(5 * MINUTE_MS);
      for (let host = 0; host < 4; host++)
        await cpu(host, (minute / 5 + host) % (host + 2) === 0 ? 0.7 : 0.1);
      await note();
      if (minute === 30) {
        await kill();
        await start();
      }
      // Attempts are made meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 1_100));
    }
    const [last] = await api<{ outcome: string }[]>('GET', '/notifications?limit=1');
    expect(last?.outcome).toBe('failed');
    expect(messages).toHaveLength(1);
    expect(fired.size).toBeGreaterThan(8);

    await listen();
    await vi.waitFor(
      async () => {
        await advance(MINUTE_MS);
        // What the far side believes of each series: what began and ended meanwhile it never hears of.
        const known = new Map(
          messages.flatMap(({ alerts }) => alerts.map((one) => [one.fingerprint, one.state])),
        );
        const live = (await firing()).map(({ target }) => target.name).toSorted();
        const believed = messages
          .flatMap(({ alerts }) => alerts)
          .filter((one) => known.get(one.fingerprint) === 'firing')
          .map((one) => one.target.name);
        expect([...new Set(believed)].toSorted()).toEqual(live);
      },
      { timeout: 60_000, interval: 1_100 },
    );

    const keys = messages.map(({ key }) => key);
    const again = keys.length - new Set(keys).size;
    expect(again).toBeLessThanOrEqual(1);
    figure(
      task,
      `${fired.size} alerts, most while nobody could be told: what fires is known, what ended is not, told twice ${again}`,
    );
  },
);
