/** A hub on a file system of its own that gets full: everything but storing goes on, and it comes back by itself. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Health } from '@openmanager/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { needs } from '../../../scripts/peers/needs.ts';
import { figure } from '../../../scripts/proof/kit.ts';
import { HubHarness } from '../test/kit/hub-harness.ts';
import { TestAgent } from '../test/kit/test-agent.ts';

const PASSWORD = 'correct horse battery';
const waiting = { timeout: 15_000, interval: 50 };
let folder: string;
let harness: HubHarness;
let hook: Server;
let told: string[];

const filler = (): string => join(folder, 'somebody-elses.file');

/** Takes what is free, to the last byte; answers how much that was. */
function fill(): number {
  const file = openSync(filler(), 'a');
  let bytes = 0;
  for (const size of [1 << 20, 4096, 1])
    try {
      for (;;) bytes += writeSync(file, Buffer.alloc(size));
    } catch {
      // Nothing of this size fits any more.
    }
  closeSync(file);
  expect(statfsSync(folder).bavail).toBe(0);
  return bytes;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'openmanager-full-'));
  told = [];
  hook = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += String(chunk)));
    request.on('end', () => {
      told.push(text);
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(hook, 'listening');
});
afterEach(async () => {
  await harness.close();
  hook.closeAllConnections();
  hook.close();
  execFileSync('umount', ['-l', folder]);
  rmSync(folder, { recursive: true });
});

async function api(method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await harness.admin.send(`/api/v1${path}`, {
    method,
    ...(body === undefined ? {} : { body }),
    headers: { origin: new URL(harness.hub.url).origin },
  });
  if (answer.status >= 300 && path !== '/health')
    throw new Error(`${path}: ${answer.status} ${answer.text}`);
  return answer.body;
}

const health = (): Promise<Health> => api('GET', '/health') as Promise<Health>;
const probe = async (): Promise<number> => (await harness.client().send('/api/v1/health')).status;
const statusOf = async (): Promise<unknown> =>
  ((await api('GET', '/hosts')) as { status: string }[]).map(({ status }) => status);

test(
  'full disk: the reserve first, then live view, rules, notifications and sign-in from memory; a start on it; back by itself, nothing lost',
  { ...needs('linux', 'root'), tags: ['faults'] },
  async ({ task }) => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder]);
    harness = await HubHarness.open({ dataFolder: folder, logLevel: 'info' });
    await api('PUT', '/auth/password', { password: PASSWORD });
    await api('PUT', '/receivers/hook', {
      kind: 'webhook',
      url: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/hook`,
    });
    await api('PUT', '/routing', {
      route: { receivers: ['hook'], groupWaitMs: 0, groupIntervalMs: 1000 },
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
    // Made by the hub itself where there is room for more.
    const reserve = openSync(join(folder, 'openmanager.reserve'), 'w');
    writeSync(reserve, Buffer.alloc(2 << 20));
    closeSync(reserve);
    const { key } = await harness.hub.localAgentKey('box');
    let { agent } = await TestAgent.open(harness.hub.url, key);
    let seq = 0;
    const sent: number[] = [];
    const send = (value: number): void => {
      const timeMs = Date.now();
      sent.push(timeMs);
      agent.batch(++seq, { timesMs: [timeMs], values: [value, 0.2, 1000 + seq] });
    };
    send(0.1);
    await agent.next('ack');

    // First the reserve: what is under way is stored.
    fill();
    const acked = (): Promise<unknown> => agent.next('ack', (ack) => ack.seq === seq);
    await vi.waitFor(async () => {
      send(0.1);
      await acked();
      expect((await health()).problems?.join()).toContain('reserve');
    }, waiting);
    expect((await health()).status).toBe('degraded');

    // Then nothing is stored.
    const filledAt = performance.now();
    fill();
    await vi.waitFor(async () => {
      send(0.1);
      expect(agent.count('unstored')).toBe(1);
      expect(await probe()).toBe(503);
    }, waiting);
    const noticedMs = performance.now() - filledAt;
    const acks = agent.count('ack');
    harness.log.length = 0;
    const firing = performance.now();
    await vi.waitFor(() => {
      send(0.9);
      expect(told.join()).toContain('busy');
    }, waiting);
    const toldMs = performance.now() - firing;
    for (let round = 0; round < 30; round++) {
      send(0.9);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(await statusOf()).toEqual(['online']);
    expect(agent.count('ack')).toBe(acks);
    // Somebody else signs in and sees it.
    const other = harness.client();
    const signedIn = await other.send('/api/v1/auth/login', {
      body: { name: 'admin', password: PASSWORD },
    });
    expect(signedIn.status).toBe(200);
    expect(((await other.send('/api/v1/health')).body as Health).problems?.join()).toContain(
      'The disk of the data folder is full.',
    );
    // Pages that ask for what cannot be stored, and probes, add nothing at the level that people run with.
    for (let round = 0; round < 20; round++) await probe();
    const refused = await other.send('/api/v1/tokens', { body: { name: 'wall' } });
    expect(refused.status).toBe(503);
    const warnings = harness.log.filter((line) => /"level":[4-6]0/u.test(line));
    expect(warnings.join('')).not.toContain('    at ');
    expect(warnings.length).toBeLessThan(5);

    // A start on it, and a stop before there is room.
    await harness.hub.stop();
    await harness.start({ dataFolder: folder, logLevel: 'info' });
    const stopping = performance.now();
    await harness.hub.stop();
    expect(performance.now() - stopping).toBeLessThan(3000);
    expect(harness.log.join('')).not.toContain('took too long');
    await harness.start({ dataFolder: folder, logLevel: 'info', signinLink: true });
    // The one-time link is held in memory, and the harness has used it.
    expect(harness.hub.setupLink).not.toBeNull();
    expect(await probe()).toBe(503);
    const opened = await TestAgent.open(
      harness.hub.url,
      (await harness.hub.localAgentKey('box')).key,
    );
    agent = opened.agent;
    expect(opened.welcome.acknowledged.seq).toBeGreaterThan(0);
    seq = opened.welcome.acknowledged.seq;
    send(0.1);
    await vi.waitFor(async () => expect(await statusOf()).toEqual(['online']), waiting);

    // Space helps, without anybody's doing.
    const freed = performance.now();
    rmSync(filler());
    await agent.next('ack', (ack) => ack.seq === seq);
    const backMs = performance.now() - freed;
    await vi.waitFor(
      async () => expect(await health()).toMatchObject({ status: 'ok', problems: [] }),
      {
        ...waiting,
        timeout: 20_000,
      },
    );
    figure(
      task,
      `503 after ${Math.round(noticedMs)} ms, told ${Math.round(toldMs)} ms after the rule, stored again ${Math.round(backMs)} ms after there was room`,
    );
  },
);
