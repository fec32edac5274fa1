/** Real processes, killed, parted, cut and with clocks that jump: the agents' ledgers against the store. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { HOUR_MS } from '@openmanager/protocol/durations';
import { afterEach, expect, test } from 'vitest';
import { anySeed, dice, figure, full, rounds } from '../../../../scripts/proof/kit.ts';
import { Rig, told, type AgentProcess, type RigOptions } from '../../test/faults/rig.ts';

const seed = anySeed();
const random = dice(seed);
let rig: Rig | undefined;

async function opened(options: Partial<RigOptions> = {}): Promise<Rig> {
  rig = await Rig.open({ random, ...options });
  return rig;
}

afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

const nothingLost = { lost: 0, twice: 0 };

const KILLS = rounds(5, 200);

test(
  `kill -9 at ${KILLS} moments, of the hub and of agents: nothing lost, nothing twice`,
  { tags: ['faults'] },
  async ({ task }) => {
    const running = await opened({ agents: 4 });
    let left = KILLS;
    const killed = { hub: 0, agents: 0 };
    const killHub = async (): Promise<void> => {
      for (; left > 0; killed.hub++) {
        left--;
        await delay(200 + random() * full(300, 2_000));
        await running.endHub('SIGKILL');
        await delay(random() * 300);
        await running.startHub();
      }
    };
    const killAgents = async (agent: AgentProcess): Promise<void> => {
      for (; left > 0; killed.agents++) {
        left--;
        await delay(300 + random() * full(500, 4_000));
        await running.endAgent(agent, 'SIGKILL');
        await delay(random() * 300);
        running.startAgent(agent);
      }
    };
    await Promise.all([killHub(), ...running.agents.map(killAgents)]);
    const audit = await running.audit();
    expect(audit, `seed ${seed}`).toMatchObject(nothingLost);
    expect(audit.stored).toBeGreaterThanOrEqual(audit.acknowledged);
    figure(task, `hub × ${killed.hub}, agents × ${killed.agents}; ${told(audit)}`);
  },
);

test(
  `the network is parted for ${full(3, 60)} s: what was sampled meanwhile arrives`,
  { tags: ['faults'] },
  async ({ task }) => {
    const running = await opened();
    running.way.part();
    await delay(full(3_000, 60_000));
    const fromMs = performance.now();
    running.way.heal();
    await running.connected();
    const connectedMs = performance.now() - fromMs;
    const audit = await running.audit();
    expect(audit).toMatchObject({ ...nothingLost, counted: 0, excused: 0 });
    expect(audit.stored).toBe(audit.taken);
    figure(task, `connected after ${(connectedMs / 1000).toFixed(1)} s; ${told(audit)}`);
  },
);

test(
  'one segment in ten is lost on the way: nothing lost, nothing twice',
  { tags: ['faults'] },
  async ({ task }) => {
    const running = await opened({ agents: full(2, 6) });
    running.way.loss = 0.1;
    await delay(full(1_000, 60_000));
    while (running.way.lost === 0) await delay(100);
    running.way.loss = 0;
    const audit = await running.audit();
    expect(audit).toMatchObject({ ...nothingLost, counted: 0, excused: 0 });
    figure(task, `${running.way.lost} segments lost; ${told(audit)}`);
  },
);

test(
  'connections are cut again and again, and half of them without a word to either side',
  { tags: ['faults'] },
  async ({ task }) => {
    const running = await opened({ agents: full(2, 4) });
    const cuts = rounds(6, 60);
    for (let cut = 0; cut < cuts; cut++) {
      await delay(100 + random() * 500);
      running.way.cut();
    }
    // Found out by the silence of the other side: 20 s.
    const silent = full(0, 2);
    for (let turn = 0; turn < silent; turn++) {
      await running.connected();
      running.way.fallSilent();
      await running.connected();
    }
    const audit = await running.audit();
    expect(audit).toMatchObject({ ...nothingLost, counted: 0, excused: 0 });
    figure(task, `${cuts} cut, ${silent} half-open; ${told(audit)}`);
  },
);

test(
  'the hub’s clock jumps by up to two hours, there and back: nothing lost, nobody called silent',
  { tags: ['faults'] },
  async ({ task }) => {
    const running = await opened({ agents: 3 });
    const jumps = full(1, 6);
    const held = full(700, 3_000);
    for (let turn = 0; turn < jumps; turn++)
      for (const sign of [1, -1]) {
        const byMs = sign * Math.round(random() * 2 * HOUR_MS);
        running.setHubClock(byMs);
        await delay(held);
        running.setHubClock(0);
        await delay(held);
      }
    expect(await running.rulesTold(), `seed ${seed}`).not.toContain('host-silent');
    const audit = await running.audit();
    expect(audit, `seed ${seed}`).toMatchObject(nothingLost);
    figure(task, `${4 * jumps} jumps of the hub’s clock; ${told(audit)}`);
  },
);

test(
  'the data folder is put back elsewhere, as a copy: the hub goes on there, and nothing is lost',
  { tags: ['faults'] },
  async ({ task }) => {
    const running = await opened();
    await delay(1_500);
    await running.endHub('SIGTERM');
    const elsewhere = join(running.folder, 'elsewhere');
    cpSync(running.dataFolder, elsewhere, { recursive: true });
    rmSync(running.dataFolder, { recursive: true });
    running.dataFolder = elsewhere;
    running.forgetPort();
    await delay(1_000);
    await running.startHub();
    await running.connected();
    const audit = await running.audit();
    expect(audit).toMatchObject({ ...nothingLost, counted: 0, excused: 0 });
    expect(audit.stored).toBe(audit.taken);
    figure(task, told(audit));
  },
);
