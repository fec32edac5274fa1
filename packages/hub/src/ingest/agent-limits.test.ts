/** What one agent key may ask of the hub costs only itself. */
import { encodeBatch, seriesSet } from '@openmanager/protocol';
import { afterEach, expect, test, vi } from 'vitest';
import { figure } from '../../../../scripts/proof/kit.ts';
import { IngestHarness } from '../../test/kit/ingest-harness.ts';
import { facts, plainSet } from '../../test/kit/test-agent.ts';
import { HealthIssues } from '../ports/index.ts';
import { SeriesBound } from './series-bound.ts';

let hub: IngestHarness;
afterEach(() => hub.close());

const security = { tags: ['security'] };

test('more series than one host may have: the rest goes on', security, async ({ task }) => {
  const issues = new HealthIssues();
  hub = await IngestHarness.open({ limits: { seriesPerHost: 100 }, issues, pingMs: 20 });
  const { agentId, key } = await hub.enrol();
  const { agent } = await hub.connect(key);
  let seq = 0;
  for (let set = 0; set < 50; set++) {
    const declared = seriesSet(Array.from({ length: 400 }, (_, at) => `made.up{n="${set}-${at}"}`));
    agent.declare(declared);
    agent.bytes(
      encodeBatch({
        bootEpoch: 1,
        seq: ++seq,
        setId: declared.id,
        timesMs: [Date.now() + seq],
        columns: declared.keys.map(() => Float64Array.of(1)),
      }),
    );
  }
  agent.batch(++seq, { timesMs: [Date.now() + seq] });
  // The first set had room for 97.
  await vi.waitFor(() => expect(hub.ingest.stats().batchesRejected).toBe(49));
  const known = new Set(hub.updates.flatMap(({ keys }) => keys));
  expect(known.size).toBe(100);
  // What it declared first, as any agent does with its own host.
  expect([...known]).toEqual(expect.arrayContaining([...plainSet.keys]));
  expect(hub.ingest.excess(agentId)).toMatchObject({ seriesLeftOut: 19_903 });
  await vi.waitFor(() => expect(issues.list().join()).toContain('19903 series left out'));
  expect(hub.store.timesOf(agentId).length).toBeGreaterThan(0);
  figure(task, '20,003 series: 100 taken, 19,903 counted');
});

test(
  'connecting again and again is refused with when to come back; others get in',
  security,
  async ({ task }) => {
    hub = await IngestHarness.open({ limits: { connectionsBurst: 5 } });
    const loud = await hub.enrol('loud');
    const quiet = await hub.enrol('quiet');
    for (let at = 0; at < 5; at++) {
      const { agent } = await hub.connect(loud.key);
      await agent.close();
    }
    for (let at = 0; at < 50; at++) {
      const refused = await hub.agent(loud.key).refused();
      expect(refused).toMatchObject({ status: 429, body: { code: 'too-many-requests' } });
      expect(refused.body.retryAfterMs).toBeGreaterThan(0);
    }
    await hub.connect(quiet.key);
    expect(hub.eventsOf('agent-connected')).toHaveLength(6);
    expect(hub.ingest.stats().connectionsRefused).toBe(50);
    expect(hub.ingest.excess(loud.agentId)).toMatchObject({ connectionsRefused: true });
    expect(hub.ingest.excess(quiet.agentId)).toBeUndefined();
    figure(task, '5 of 55 connections let in, 50 told when to come back');
  },
);

test(
  'more values than one host may send wait in its own socket; others do not wait',
  security,
  async ({ task }) => {
    hub = await IngestHarness.open({ limits: { valuesPerSecond: 100_000, valuesBurst: 2_000 } });
    const loud = await hub.enrol('loud');
    const quiet = await hub.enrol('quiet');
    const { agent: flood } = await hub.connect(loud.key);
    const { agent } = await hub.connect(quiet.key);
    const base = Date.now() - 86_400_000;
    const batches = 16;
    const rows = 1_000;
    for (let seq = 1; seq <= batches; seq++)
      flood.batch(seq, {
        timesMs: Array.from({ length: rows }, (_, row) => base + seq * rows + row),
        columns: plainSet.keys.map(() => Float64Array.from({ length: rows }, Math.random)),
      });
    await vi.waitFor(() => expect(hub.ingest.excess(loud.agentId)?.slowedDown).toBe(true));
    const fromMs = performance.now();
    agent.batch(1);
    await agent.next('ack');
    const waitedMs = performance.now() - fromMs;
    expect(
      flood.received.some((message) => message.type === 'ack' && message.seq === batches),
    ).toBe(false);
    // It is late, and nothing of it is lost.
    await flood.next('ack', ({ seq }) => seq === batches);
    expect(hub.store.timesOf(loud.agentId)).toHaveLength(batches * rows);
    figure(task, `another agent waits ${Math.round(waitedMs)} ms, lost 0`);
  },
);

test('only the hub of the demo takes hosts for simulated', security, async () => {
  hub = await IngestHarness.open();
  const { key } = await hub.enrol();
  await hub.connect(key, { facts: { ...facts, demo: true } });
  expect(hub.infos.at(-1)?.facts.demo).toBe(false);
  await hub.close();
  hub = await IngestHarness.open({ acceptsDemo: true });
  await hub.connect((await hub.enrol()).key, { facts: { ...facts, demo: true } });
  expect(hub.infos.at(-1)?.facts.demo).toBe(true);
});

test('series are counted once over sets and connections, and anew after a day', async () => {
  hub = await IngestHarness.open();
  let nowMs = 0;
  const bound = new SeriesBound(10, () => nowMs);
  const keys = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, at) => `k${from + at}`);
  expect(bound.take('a', keys(0, 8))).toBeUndefined();
  expect(bound.take('b', keys(2, 10))).toBeUndefined();
  expect(bound.take('a', keys(0, 8))).toBeUndefined();
  expect(bound.take('c', keys(8, 12))).toEqual([0, 1]);
  nowMs += 86_400_001;
  expect(bound.take('c', keys(8, 12))).toBeUndefined();
});
