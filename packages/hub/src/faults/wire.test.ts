/** What may come over the wire: other versions of the protocol, a batch again, a later one first. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAgent } from '@openmanager/agent';
import { PROTOCOL_VERSION } from '@openmanager/protocol';
import { expect, test, vi } from 'vitest';
import { anySeed, dice, figure, rounds } from '../../../../scripts/proof/kit.ts';
import { fastTiming } from '../../../agent/test/fast-timing.ts';
import { SteadyCollector } from '../../../agent/test/steady-collector.ts';
import { TestHub } from '../../../agent/test/test-hub.ts';
import { refusalOf } from '../../test/gateway/hub.ts';
import { HubHarness } from '../../test/kit/hub-harness.ts';
import { IngestHarness } from '../../test/kit/ingest-harness.ts';
import { TestAgent } from '../../test/kit/test-agent.ts';

const OTHER = PROTOCOL_VERSION + 7;

test(
  'an agent and a page of another version are told both versions and what to do',
  { tags: ['faults'] },
  async ({ task }) => {
    const harness = await HubHarness.open();
    try {
      const { key } = await harness.hub.localAgentKey('box');
      const agent = new TestAgent(harness.hub.url, key);
      await agent.opened();
      agent.json({ type: 'hello', version: OTHER, shape: 'of another time' });
      const error = await agent.next('error');
      expect(error).toMatchObject({ code: 'protocol-version' });
      expect(error.message).toMatch(new RegExp(`\\b${OTHER}\\b`));
      expect(error.action).toContain('Update');
      const { cookie } = harness.admin;
      const page = await refusalOf(harness.hub.url, {
        auth: { version: OTHER },
        extraHeaders: { cookie: cookie ?? '', origin: new URL(harness.hub.url).origin },
      });
      expect(page).toMatchObject({ code: 'protocol-version' });
      figure(task, `agent: “${error.message}”`);
    } finally {
      await harness.close();
    }
  },
);

test(
  'a hub of another version: the agent keeps its samples until it is updated, and loses none',
  { tags: ['faults'] },
  async ({ task }) => {
    const folder = mkdtempSync(join(tmpdir(), 'openmanager-version-'));
    const hub = await TestHub.start();
    hub.greet = (_hello, socket) => {
      const told = {
        code: 'protocol-version',
        message: 'Version 9 is spoken here.',
        action: 'Update.',
      };
      socket.send(JSON.stringify({ type: 'error', ...told }));
      socket.close(4426);
    };
    const logged: string[] = [];
    const collector = new SteadyCollector();
    const agent = await startAgent({
      hub: hub.url,
      key: 'k',
      stateFolder: folder,
      intervalMs: 5_000,
      timing: fastTiming(200),
      collect: collector,
      log: (level, message) => void (level === 'error' && logged.push(message)),
    });
    try {
      await vi.waitFor(() => expect(collector.samples).toBeGreaterThan(20), { timeout: 20_000 });
      expect(logged.join('\n')).toContain('Version 9 is spoken here.');
      const kept = collector.samples - 1;
      hub.greet = undefined;
      await hub.until(() => rowsOf(hub) >= kept);
      const { batchesDropped } = agent.stats();
      expect(batchesDropped).toBe(0);
      figure(task, `${kept} samples kept and sent: lost 0`);
    } finally {
      await agent.stop();
      await hub.leave();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

const rowsOf = (hub: TestHub): number =>
  hub.stored.reduce((sum, { batch }) => sum + batch.timesMs.length, 0);

/** An agent that connects more often than this in a minute is held off. */
const MOST_ENDS = 5;
const BATCHES = rounds(300, 20_000);

test(
  `${BATCHES} batches, some twice, some after later ones, over connections that end: each is stored once or counted as lost`,
  { tags: ['faults'] },
  async ({ task }) => {
    const seed = anySeed();
    const random = dice(seed);
    const hub = await IngestHarness.open();
    const { agentId, key } = await hub.enrol();
    const firstMs = Date.now() - 20_000;
    let repeated = 0;
    let early = 0;
    let ends = 0;
    let acknowledged = 0;
    try {
      let { agent } = await hub.connect(key);
      for (let seq = 1; seq <= BATCHES; seq++) {
        // Where an epoch begins only the agent knows: it counts what it lost before.
        const isEarly = random() < 0.1 && seq > 1 && seq < BATCHES;
        const order = isEarly ? [seq + 1, seq] : [seq];
        if (order.length > 1) early++;
        for (const one of order) {
          const times = random() < 0.2 ? 2 : 1;
          repeated += times - 1;
          for (let turn = 0; turn < times; turn++)
            agent.batch(one, { timesMs: [firstMs + one], values: [0.1, 0.2, one] });
        }
        seq += order.length - 1;
        // The window of a real agent.
        const isEnd = ends < MOST_ENDS && random() < 0.01;
        if (seq % 8 === 0 || isEnd)
          while (acknowledged < seq)
            acknowledged = Math.max(acknowledged, (await agent.next('ack')).seq);
        if (isEnd) {
          ends++;
          await agent.close();
          ({ agent } = await hub.connect(key));
        }
      }
      await vi.waitFor(() => expect(hub.store.timesOf(agentId)).toContain(firstMs + BATCHES));
      const times = hub.store.timesOf(agentId);
      const lost = hub
        .eventsOf('batches-lost')
        .reduce((sum, detail) => sum + Number(detail['lost'] ?? 0), 0);
      expect(new Set(times).size, `seed ${seed}`).toBe(times.length);
      expect(times.length + lost, `seed ${seed}`).toBe(BATCHES);
      figure(
        task,
        `${repeated} repeated, ${early} pairs the wrong way round: ${times.length} stored, ${lost} counted, twice 0`,
      );
    } finally {
      await hub.close();
    }
  },
);
