/** What the hub itself misses, and jumps of its clock, are no silence of its hosts. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PROTOCOL_VERSION, type AlertList, type EventList } from '@openmanager/protocol';
import { HOUR_MS } from '@openmanager/protocol/durations';
import { expect, test, vi } from 'vitest';
import { figure, full } from '../../../scripts/proof/kit.ts';
import { Follower } from '../test/gateway/hub.ts';
import { HttpClient } from '../test/kit/http-client.ts';
import { HubHarness } from '../test/kit/hub-harness.ts';
import { TestAgent } from '../test/kit/test-agent.ts';

const CHILD = fileURLToPath(new URL('../test/app/signed-in-child.ts', import.meta.url));
const INTERVAL_MS = 500;

/** Sends a row per interval, with what `valueOf` answers as the use of its CPU, until it is stopped. */
function sendRows(agent: TestAgent, valueOf: () => number = () => 0.1): () => void {
  let seq = 0;
  const timer = setInterval(
    () => agent.batch(++seq, { values: [valueOf(), 0.2, 1_000 + seq] }),
    INTERVAL_MS,
  );
  return () => clearInterval(timer);
}

const kindsIn = async (admin: HttpClient): Promise<readonly string[]> =>
  ((await admin.send('/api/v1/events')).body as EventList).events.map(({ kind }) => kind);

async function rulesTold(admin: HttpClient): Promise<readonly string[]> {
  const current = (await admin.send('/api/v1/alerts')).body as AlertList;
  const past = (await admin.send('/api/v1/alerts/history')).body as AlertList;
  return [...current.alerts, ...past.alerts].map(({ ruleId }) => ruleId);
}

test(
  'the hub is stopped (SIGSTOP): nobody is cut, no host is called silent',
  { tags: ['faults'] },
  async ({ task }) => {
    const stoppedMs = full(3_500, 12_000);
    const agents = full(10, 100);
    const folder = await mkdtemp(join(tmpdir(), 'openmanager-stopped-'));
    const hub = spawn(process.execPath, ['--conditions=source', CHILD, folder, String(agents)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const line = await new Promise<string>((resolve, reject) => {
        createInterface({ input: hub.stdout }).once('line', resolve);
        hub.once('exit', (code) => reject(new Error(`the hub ended with ${code}`)));
      });
      const { url, setupLink, keys } = JSON.parse(line) as {
        url: string;
        setupLink: string;
        keys: readonly string[];
      };
      const admin = new HttpClient(url);
      await admin.setUp(setupLink);
      const client = await Follower.connect(url, {
        auth: { version: PROTOCOL_VERSION },
        extraHeaders: { cookie: admin.cookie ?? '', origin: new URL(url).origin },
      });
      const closes: number[] = [];
      const stops: (() => void)[] = [];
      for (const key of keys) {
        const { agent } = await TestAgent.open(url, key, { intervalMs: INTERVAL_MS });
        void agent.closed.then((code) => closes.push(code));
        stops.push(sendRows(agent), () => agent.socket.terminate());
      }
      await delay(4 * INTERVAL_MS);
      hub.kill('SIGSTOP');
      await delay(stoppedMs);
      hub.kill('SIGCONT');
      await delay(full(1_500, 20_000));
      expect(closes).toEqual([]);
      expect(client.socket.connected).toBe(true);
      expect(await rulesTold(admin)).not.toContain('host-silent');
      expect(await kindsIn(admin)).not.toContain('host-stale');
      for (const stop of stops) stop();
      client.socket.disconnect();
      figure(task, `${stoppedMs / 1_000} s, ${agents} agents: cut 0, called silent 0`);
    } finally {
      hub.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    }
  },
);

test(
  "the hub's clock jumps an hour ahead and back: rules judge all the time, and it is said",
  { tags: ['faults'] },
  async ({ task }) => {
    let aheadMs = 0;
    const harness = await HubHarness.open({ clock: { now: () => Date.now() + aheadMs } });
    const { admin, hub } = harness;
    const firing = async (): Promise<boolean> =>
      ((await admin.send('/api/v1/alerts')).body as AlertList).alerts.some(
        ({ ruleId, state }) => ruleId === 'cpu-high' && state === 'firing',
      );
    let cpu = 0.1;
    const stops: (() => void)[] = [];
    try {
      for (let at = 0; at < 3; at++) {
        const { key } = await hub.localAgentKey(`host-${at}`);
        const { agent } = await TestAgent.open(hub.url, key, { intervalMs: INTERVAL_MS });
        stops.push(
          sendRows(agent, () => cpu),
          () => agent.socket.terminate(),
        );
      }
      await delay(2 * INTERVAL_MS);
      const judgedAfter = async (value: number, expected: boolean): Promise<number> => {
        const fromMs = performance.now();
        cpu = value;
        await vi.waitFor(async () => expect(await firing()).toBe(expected), {
          timeout: 5_000,
          interval: 20,
        });
        return performance.now() - fromMs;
      };
      aheadMs = HOUR_MS;
      const during = await judgedAfter(0.99, true);
      expect(((await admin.send('/api/v1/health')).body as { status: string }).status).toBe(
        'degraded',
      );
      expect(await kindsIn(admin)).toContain('hub-clock-held');
      await delay(full(0, 38_000));
      aheadMs = 0;
      await judgedAfter(0.1, false);
      const after = await judgedAfter(0.99, true);
      expect(((await admin.send('/api/v1/health')).body as { status: string }).status).toBe('ok');
      const kinds = await kindsIn(admin);
      expect(kinds).toContain('hub-clock-returned');
      expect(kinds).not.toContain('clock-skewed');
      expect(kinds).not.toContain('host-stale');
      expect(await rulesTold(admin)).not.toContain('host-silent');
      figure(task, `judged after ${Math.round(Math.max(during, after))} ms, silent 0`);
    } finally {
      for (const stop of stops) stop();
      await harness.close();
    }
  },
);

test(
  'the clocks of the hub and of its agents are set together: the hub follows, forward and back',
  { tags: ['faults'] },
  async ({ task }) => {
    let aheadMs = 0;
    const harness = await HubHarness.open({ clock: { now: () => Date.now() + aheadMs } });
    const { admin, hub } = harness;
    const stops: (() => void)[] = [];
    try {
      let cpu = 0.1;
      let seq = 0;
      const { key } = await hub.localAgentKey('box');
      const { agent } = await TestAgent.open(hub.url, key, { intervalMs: INTERVAL_MS });
      const send = (): void =>
        agent.batch(++seq, { timesMs: [Date.now() + aheadMs], values: [cpu, 0.2, 1_000 + seq] });
      const timer = setInterval(send, INTERVAL_MS);
      stops.push(
        () => clearInterval(timer),
        () => agent.socket.terminate(),
      );
      await delay(2 * INTERVAL_MS);
      for (const [jumpMs, value, expected] of [
        [HOUR_MS, 0.99, true],
        [HOUR_MS - 20_000, 0.1, false],
      ] as const) {
        aheadMs = jumpMs;
        cpu = value;
        await vi.waitFor(
          async () => {
            const { alerts } = (await admin.send('/api/v1/alerts')).body as AlertList;
            expect(alerts.some(({ ruleId }) => ruleId === 'cpu-high')).toBe(expected);
          },
          { timeout: 5_000 },
        );
        expect(hub.status().timeMs - Date.now()).toBeGreaterThan(jumpMs - 1_000);
        expect(hub.status().timeMs - Date.now()).toBeLessThan(jumpMs + 1_000);
      }
      expect(await kindsIn(admin)).toContain('hub-clock-set');
      expect(await rulesTold(admin)).not.toContain('host-silent');
      figure(task, 'followed twice, silent 0');
    } finally {
      for (const stop of stops) stop();
      await harness.close();
    }
  },
);
