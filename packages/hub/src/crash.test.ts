/**
 * The hub is killed at random moments while an agent sends. Every batch, and every time it is sent, has a time of
 * its own, so that the audit by (agentId, bootEpoch, seq) is a comparison of times: each acknowledged batch is
 * stored, and none twice, not even under another time.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { limits } from '@openmanager/protocol';
import { openStore } from '@openmanager/store';
import { expect, test } from 'vitest';
import { figure, fromSource, rounds } from '../../../scripts/proof/kit.ts';
import { TestAgent } from '../test/kit/test-agent.ts';

const KILLS = rounds(8, 200);
/** Longest time between welcome and kill. */
const LIFE_MS = 120;
/** Room in a batch's time for the number of the connection that sent it. */
const ATTEMPTS = 1_000;
const HOSTNAME = 'box';
const CHILD = fileURLToPath(new URL('../test/app/crash-child.ts', import.meta.url));

interface Child {
  readonly process: ChildProcess;
  readonly url: string;
  readonly agentId: string;
  readonly key: string;
}

async function startChild(folder: string): Promise<Child> {
  const child = spawn(process.execPath, [...fromSource, CHILD, folder, HOSTNAME], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`the hub ended with ${code}`)));
  });
  return { process: child, ...(JSON.parse(line) as Omit<Child, 'process'>) };
}

test(
  `kill -9 at ${KILLS} moments: no acknowledged batch is lost, none is stored twice`,
  { tags: ['faults'] },
  async ({ task }) => {
    const folder = await mkdtemp(join(tmpdir(), 'openmanager-crash-'));
    const first = Date.now() - 86_400_000;
    const timeOf = (seq: number, attempt: number): number => first + seq * ATTEMPTS + attempt;
    let sent = 0;
    let acknowledged = 0;
    let resent = 0;
    let agentId = '';
    let running: ChildProcess | undefined;
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        const child = await startChild(folder);
        ({ agentId } = child);
        running = child.process;
        const { agent, welcome } = await TestAgent.open(child.url, child.key);
        const watermark = welcome.acknowledged.seq;
        // What was acknowledged before is stored; what was only sent may be.
        expect(watermark).toBeGreaterThanOrEqual(acknowledged);
        expect(watermark).toBeLessThanOrEqual(sent);
        acknowledged = watermark;
        const exit = new Promise((resolve) => child.process.once('exit', resolve));
        setTimeout(() => child.process.kill('SIGKILL'), Math.random() * LIFE_MS);
        let next = watermark;
        if (next < sent) resent += sent - next;
        while (agent.socket.readyState === agent.socket.OPEN) {
          while (next - acknowledged < limits.batchesInFlight) {
            next++;
            sent = Math.max(sent, next);
            agent.batch(next, { timesMs: [timeOf(next, kill)], values: [next % 1000, 0.2, 10] });
          }
          await agent.next('ack').then(
            (ack) => (acknowledged = Math.max(acknowledged, ack.seq)),
            () => undefined,
          );
        }
        for (const message of agent.received)
          if (message.type === 'ack') acknowledged = Math.max(acknowledged, message.seq);
        await exit;
      }

      const store = await openStore({ folder });
      const watermark = (await store.watermarks()).get(agentId);
      const result = await store.query({
        hostId: agentId,
        keys: ['system.cpu.utilization'],
        fromMs: first,
        toMs: timeOf(sent, KILLS),
        maxPoints: sent * ATTEMPTS,
      });
      const stats = await store.stats();
      await store.close();
      const stored = watermark?.seq ?? 0;
      expect(stored).toBeGreaterThanOrEqual(acknowledged);
      expect(result.stepMs).toBe(0);
      expect(
        Array.from(result.timesMs, (timeMs) => Math.floor((timeMs - first) / ATTEMPTS)),
      ).toEqual(Array.from({ length: stored }, (_, index) => index + 1));
      expect([...(result.columns[0] ?? [])]).toEqual(
        Array.from({ length: stored }, (_, index) => (index + 1) % 1000),
      );
      expect(stats.samplesStored).toBe(stored * 3);
      // The kills hit batches under way, or nothing was tested.
      expect(acknowledged).toBeGreaterThan(KILLS);
      expect(resent + (sent - stored)).toBeGreaterThan(0);
      figure(task, `${acknowledged} acknowledged, ${resent} sent again: lost 0, twice 0`);
    } finally {
      running?.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    }
  },
);
