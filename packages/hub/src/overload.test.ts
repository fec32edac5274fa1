/** A hub that gets too little of the processor calls nobody silent, and stops in time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { AlertList } from '@openmanager/protocol';
import { openStore } from '@openmanager/store';
import { expect, test } from 'vitest';
import { figure, full } from '../../../scripts/proof/kit.ts';
import { HttpClient } from '../test/kit/http-client.ts';
import { TestAgent } from '../test/kit/test-agent.ts';

const CHILD = fileURLToPath(new URL('../test/app/signed-in-child.ts', import.meta.url));
/** Longer where the machine may be busy with more agents than it has time for: it is the hub that is to be late. */
const INTERVAL_MS = full(500, 1_000);
/** Of the set that the agents send. */
const SERIES = 3;

test(
  'the hub gets a few per cent of a processor: nobody is called silent or cut; it stops within 5 s and loses nothing',
  { tags: ['faults'] },
  async ({ task }) => {
    const count = full(40, 400);
    const folder = await mkdtemp(join(tmpdir(), 'openmanager-overload-'));
    const hub = spawn(process.execPath, ['--conditions=source', CHILD, folder, String(count)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const lines = createInterface({ input: hub.stdout })[Symbol.asyncIterator]();
      const next = async (): Promise<unknown> => JSON.parse((await lines.next()).value as string);
      const { url, setupLink, keys } = (await next()) as {
        url: string;
        setupLink: string;
        keys: readonly string[];
      };
      const admin = new HttpClient(url);
      await admin.setUp(setupLink);
      const agents: TestAgent[] = [];
      const hostIds: string[] = [];
      let closes = 0;
      for (const key of keys) {
        const { agent, welcome } = await TestAgent.open(url, key, { intervalMs: INTERVAL_MS });
        hostIds.push(welcome.hostId);
        void agent.closed.then(() => closes++);
        agents.push(agent);
      }
      let seq = 0;
      const sentMs: number[] = [];
      const timer = setInterval(() => {
        seq++;
        sentMs.push(Date.now());
        for (const agent of agents) agent.batch(seq, { values: [0.1, 0.2, 1_000 + seq] });
      }, INTERVAL_MS);
      await delay(2 * INTERVAL_MS);
      const endMs = performance.now() + full(5_000, 60_000);
      while (performance.now() < endMs) {
        hub.kill('SIGSTOP');
        await delay(700);
        hub.kill('SIGCONT');
        await delay(30);
      }
      await delay(1_000);
      const told = [
        ...((await admin.send('/api/v1/alerts')).body as AlertList).alerts,
        ...((await admin.send('/api/v1/alerts/history')).body as AlertList).alerts,
      ];
      // On a machine that is busy with other things the agents themselves may come too late: that is no mistake.
      const wasSent = (fromMs: number, toMs: number): boolean =>
        sentMs.some((atMs) => fromMs <= atMs && atMs <= toMs);
      const wrong = told.filter(
        ({ ruleId, activeAtMs, threshold }) =>
          ruleId === 'host-silent' &&
          wasSent(activeAtMs - threshold + INTERVAL_MS / 2, activeAtMs - INTERVAL_MS / 2),
      );
      expect(wrong).toEqual([]);
      expect(closes).toBe(0);
      clearInterval(timer);
      hub.kill('SIGTERM');
      const { stopMs } = (await next()) as { stopMs: number };
      expect(stopMs).toBeLessThan(5_000);
      await Promise.all(agents.map(({ closed }) => closed));
      if (hub.exitCode === null) await once(hub, 'exit');
      const store = await openStore({ folder });
      const stored = await store.watermarks();
      const { samplesStored } = await store.stats();
      await store.close();
      let rows = 0;
      for (const [index, hostId] of hostIds.entries()) {
        const acknowledged = (agents[index] as TestAgent).received.reduce(
          (most, message) => (message.type === 'ack' ? Math.max(most, message.seq) : most),
          0,
        );
        const has = stored.get(hostId)?.seq ?? 0;
        expect(has, hostId).toBeGreaterThanOrEqual(acknowledged);
        rows += has;
      }
      expect(samplesStored).toBe(rows * SERIES);
      figure(
        task,
        `${count} hosts: silent 0, cut 0; stopped in ${Math.round(stopMs)} ms; ${rows} rows, lost 0`,
      );
    } finally {
      hub.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    }
  },
);
