/** Floods without credentials against a whole hub with few descriptors: agents and signed-in people keep their places. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PROTOCOL_VERSION } from '@openmanager/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { figure, full } from '../../../scripts/proof/kit.ts';
import { HttpClient } from '../test/kit/http-client.ts';
import { RawPeer } from '../test/kit/raw-peer.ts';
import { TestAgent } from '../test/kit/test-agent.ts';
import { socketTo } from '../test/gateway/hub.ts';

const CHILD = fileURLToPath(new URL('../test/app/hub-child.ts', import.meta.url));
const DESCRIPTORS = 1_500;
const HANDSHAKES = full(4_000, 22_000);

let folder: string;
let child: ChildProcess;
let admin: HttpClient;
let hub: { readonly url: string; readonly setupLink: string; readonly key: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openmanager-flood-'));
  // Node raises the soft limit to the hard one, so both are set.
  const line = `ulimit -n ${DESCRIPTORS}; exec "$0" --conditions=source "$1" "$2"`;
  child = spawn('/bin/sh', ['-c', line, process.execPath, CHILD, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  hub = JSON.parse(((await once(lines, 'line')) as [string])[0]) as typeof hub;
  admin = new HttpClient(hub.url);
  await admin.setUp(hub.setupLink);
});
afterAll(async () => {
  const ended = once(child, 'exit');
  child.kill();
  await ended;
  await rm(folder, { recursive: true, force: true });
});

/** An agent, a dashboard with a session, a page with an API token: all get in, and how long the slowest took. */
async function everybodyGetsIn(): Promise<number> {
  const from = performance.now();
  const { agent } = await TestAgent.open(hub.url, hub.key);
  agent.batch(1);
  await agent.next('ack');
  await agent.close();
  expect((await admin.send('/api/v1/hosts')).status).toBe(200);
  const origin = hub.url;
  for (const transports of [['websocket'], ['polling']]) {
    const socket = socketTo(hub.url, {
      auth: { version: PROTOCOL_VERSION },
      transports,
      extraHeaders: { cookie: admin.cookie ?? '', origin },
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    socket.disconnect();
  }
  return Math.round(performance.now() - from);
}

test(
  '1,600 sockets against 1,500 descriptors: the hub goes on, agents and people get in',
  { tags: ['security'] },
  async ({ task }) => {
    const peers: RawPeer[] = [];
    const upgrade =
      'GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    const kinds = ['', 'GET / HTTP/1.1\r\nX: ', 'not http\r\n\r\n', upgrade];
    for (let index = 0; index < 1_600; index++) {
      const from = `127.0.0.${2 + (index % 16)}`;
      const peer = await RawPeer.connect(hub.url, from);
      peers.push(peer.send(kinds[index % kinds.length] as string));
    }
    const ms = await everybodyGetsIn();
    const health = (await admin.send('/api/v1/health')).body as { status: string };
    expect(['ok', 'degraded']).toContain(health.status);
    const figures = (await admin.send('/metrics')).text;
    const strangers = Number(/openmanager_connections\{of="strangers"\} (\d+)/.exec(figures)?.[1]);
    expect(strangers).toBeLessThanOrEqual(343);
    for (const peer of peers) peer.destroy();
    figure(task, `${strangers} strangers held, everybody in within ${ms} ms`);
  },
);

test(
  `${HANDSHAKES.toLocaleString('en')} polling handshakes from one address: refused beyond its share, dashboards get in`,
  { tags: ['security'] },
  async ({ task }) => {
    const counts: Record<number, number> = {};
    const url = `${hub.url}/socket.io/?EIO=4&transport=polling`;
    const total = HANDSHAKES;
    let left = total;
    const began = performance.now();
    let dashboards: Promise<number> | undefined;
    await Promise.all(
      Array.from({ length: 32 }, async () => {
        while (left-- > 0) {
          const { status } = await fetch(url).then(async (answer) => {
            await answer.arrayBuffer();
            return answer;
          });
          counts[status] = (counts[status] ?? 0) + 1;
          if (left === total / 2) dashboards = everybodyGetsIn();
        }
      }),
    );
    const ms = await dashboards;
    // What one address may begin for nothing within ten seconds, however long this took.
    const windows = Math.ceil((performance.now() - began) / 10_000) + 1;
    expect(counts[200]).toBeLessThanOrEqual(2_000 * windows);
    expect(counts[403]).toBeGreaterThan(0);
    figure(task, `${counts[200]} begun, ${counts[403]} refused; everybody in within ${ms} ms`);
  },
);
