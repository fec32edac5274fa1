/** What arrives out of order, in part, from two machines, or not at all. */
import { encodeBatch, seriesSet, withRange, type Received } from '@openmanager/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { figure } from '../../../../scripts/proof/kit.ts';
import { IngestHarness } from '../../test/kit/ingest-harness.ts';
import type { TestAgent } from '../../test/kit/test-agent.ts';

let hub: IngestHarness;
beforeEach(async () => {
  hub = await IngestHarness.open();
});
afterEach(() => hub.close());

const HOUR_MS = 3_600_000;

describe('the present first and the past beside it', () => {
  test('packed batches of the past are stored once, are not judged, and close the hole', async () => {
    const { agentId, key } = await hub.enrol();
    const { agent } = await hub.connect(key);
    const nowMs = Date.now();
    agent.batch(100, { timesMs: [nowMs] });
    const first = await agent.next('ack');
    expect(first).toMatchObject({ seq: 0, ranges: [{ bootEpoch: 1, first: 100, last: 100 }] });
    const past = Array.from({ length: 60 }, (_, at) => nowMs - HOUR_MS + at * 5_000);
    const columns = [0.1, 0.2, 1000].map((value) => new Float64Array(60).fill(value));
    agent.batch(60, { first: 1, timesMs: past, columns });
    agent.batch(60, { first: 1, timesMs: past, columns });
    agent.batch(101, { timesMs: [nowMs + 1] });
    await agent.next('ack', ({ ranges }) => ranges.at(-1)?.last === 101);
    agent.batch(99, {
      first: 61,
      timesMs: past.slice(0, 39).map((timeMs) => timeMs + 1),
      columns: columns.map((column) => column.subarray(0, 39)),
    });
    expect(await agent.next('ack', ({ seq }) => seq > 60)).toMatchObject({ seq: 101, ranges: [] });
    expect(hub.store.timesOf(agentId)).toHaveLength(101);
    // Only the present went to rules and screens as such; the past is told as history.
    expect(hub.updates.map(({ timeMs }) => timeMs)).toEqual([nowMs, nowMs + 1]);
    expect(hub.late.flatMap(({ timesMs }) => timesMs)).toHaveLength(99);
    expect(hub.ingest.stats()).toMatchObject({ duplicates: 1, batchesLost: 0 });
  });

  test('the holes are known after a restart of the hub', async () => {
    const { key } = await hub.enrol();
    const { agent } = await hub.connect(key);
    agent.batch(5);
    agent.batch(6);
    await agent.next('ack', ({ ranges }) => ranges[0]?.last === 6);
    const { store } = hub;
    await hub.close();
    hub = await IngestHarness.open({}, store);
    const { welcome, agent: again } = await hub.connect(key);
    expect(welcome.acknowledged.ranges).toEqual([{ bootEpoch: 1, first: 5, last: 6 }]);
    again.batch(6);
    again.batch(4);
    await again.next('ack', ({ ranges }) => ranges[0]?.first === 4);
    expect(hub.ingest.stats().duplicates).toBe(1);
  });

  test('a pack of which a part is here is rejected as a whole, so that it comes one by one', async () => {
    const { key } = await hub.enrol();
    const { agent } = await hub.connect(key);
    agent.batch(2);
    agent.batch(3, { first: 1 });
    expect(await agent.next('reject')).toMatchObject({ seq: 3, code: 'invalid-input' });
    agent.batch(1);
    agent.batch(3);
    await agent.next('ack', ({ seq }) => seq === 3);
    expect(hub.ingest.stats().batchesRejected).toBe(0);
  });

  test('an agent whose batches have too many holes is sent away', async () => {
    const { key } = await hub.enrol();
    const { agent } = await hub.connect(key);
    for (let seq = 2; seq < 200; seq += 2) agent.batch(seq);
    expect(await agent.next('error')).toMatchObject({ code: 'too-many-requests' });
  });
});

test(
  'what the hub acknowledged and lost since is counted when the agent greets, once',
  { tags: ['faults'] },
  async ({ task }) => {
    const { key } = await hub.enrol();
    const { agent } = await hub.connect(key);
    agent.batch(1);
    await agent.next('ack', ({ seq }) => seq === 1);
    await agent.close();
    const acknowledged: Received = withRange(
      { bootEpoch: 1, seq: 150, ranges: [] },
      { bootEpoch: 1, first: 161, last: 175 },
    );
    const floor = { bootEpoch: 1, seq: 175 };
    const { welcome, agent: again } = await hub.connect(key, { acknowledged, floor });
    expect(welcome.acknowledged).toMatchObject({ seq: 175, ranges: [] });
    // 2–150 and 161–175 were acknowledged, 151–160 never came.
    expect(hub.ingest.stats()).toMatchObject({ batchesLostByHub: 164, batchesLost: 10 });
    expect(hub.eventsOf('batches-lost-by-hub')).toEqual([{ lost: 164 }]);
    again.batch(176);
    await again.next('ack', ({ seq }) => seq === 176);
    await again.close();
    await hub.connect(key, { acknowledged: { bootEpoch: 1, seq: 176, ranges: [] } });
    expect(hub.ingest.stats().batchesLostByHub).toBe(164);
    figure(task, '164 of 164 named');
  },
);

describe('a set with series that cannot be stored', () => {
  test(
    'the second of two equal ones, and what is no series, is refused by name; the host goes on',
    { tags: ['faults'] },
    async ({ task }) => {
      const { agentId, key } = await hub.enrol();
      const { agent } = await hub.connect(key);
      const set = seriesSet([
        'a.b',
        'a.b',
        'Not A Metric',
        'c.d',
        'e.f{x="1"',
        '',
        `g.h{x="${'y'.repeat(300)}"}`,
        'x'.repeat(5_000),
      ]);
      agent.declare(set);
      agent.bytes(
        encodeBatch({
          bootEpoch: 1,
          seq: 1,
          setId: set.id,
          timesMs: [Date.now()],
          columns: set.keys.map((_, at) => Float64Array.of(at)),
        }),
      );
      await agent.next('ack', ({ seq }) => seq === 1);
      const stored = hub.store.appended.find((entry) => entry.agentId === agentId);
      expect(stored?.rows.keys).toEqual(['a.b', 'c.d']);
      expect(stored?.rows.columns.map((column) => column[0])).toEqual([0, 3]);
      expect(stored?.rows.setId).toBe(seriesSet(['a.b', 'c.d']).id);
      expect(hub.eventsOf('series-refused')).toEqual([{ refused: 6, series: 'a.b' }]);
      figure(task, '2 stored, 6 refused by name');
    },
  );
});

describe('the same key on two machines', () => {
  const machine = (digit: string): string => digit.repeat(32);
  const problems = new Map<string, string>();
  const reopen = async (nowMs: () => number, lastSeenAtMs: number): Promise<void> => {
    await hub.close();
    problems.clear();
    let known: string | undefined;
    hub = await IngestHarness.open({
      clock: { now: nowMs },
      knownAgent: () => ({ hostname: 'web-1', machine: known, lastSeenAtMs }),
      agentSeen: (_, seen) => (known = seen?.machine ?? known),
      problem: (part, sentence) =>
        sentence === undefined ? problems.delete(part) : problems.set(part, sentence),
      pingMs: 20,
    });
  };
  const second = async (key: string, ids: object): Promise<TestAgent> => {
    const agent = hub.agent(key);
    await agent.opened();
    agent.hello(ids);
    return agent;
  };

  test.each([
    ['another machine id', { machine: machine('b'), boot: machine('2') }],
    ['a clone with the same machine id', { machine: machine('a'), boot: machine('2') }],
    ['no machine id and another kernel', { boot: machine('2') }],
  ])(
    'a copied state folder on %s is refused, both are named, and the first goes on',
    { tags: ['faults'] },
    async (_, ids) => {
      let nowMs = Date.now();
      await reopen(() => nowMs, nowMs);
      const { agentId, key } = await hub.enrol();
      const { agent } = await hub.connect(key, { machine: machine('a'), boot: machine('1') });
      const other = await second(key, ids);
      expect(await other.next('error')).toMatchObject({
        code: 'other-machine',
        action: expect.stringContaining('openmanager agent enroll') as string,
      });
      expect(await other.closed).toBe(4410);
      agent.batch(1);
      await agent.next('ack');
      expect(hub.connections).toEqual([true]);
      expect(hub.eventsOf('machine-refused')).toHaveLength(1);
      expect(problems.get(`machine:${agentId}`)).toContain('box');
      // Told once, and over when the second one is gone.
      await second(key, ids).then((again) => again.next('error'));
      expect(hub.eventsOf('machine-refused')).toHaveLength(1);
      nowMs += 4 * 60_000;
      await vi.waitFor(() => expect(problems.size).toBe(0));
    },
  );

  test('the same machine after a restart, and an agent that restarts, take their place at once', async () => {
    await reopen(Date.now, Date.now());
    const { key } = await hub.enrol();
    const { agent } = await hub.connect(key, { machine: machine('a'), boot: machine('1') });
    await hub.connect(key, { machine: machine('a'), boot: machine('1') });
    expect(await agent.closed).toBe(4409);
  });

  test('a key moves when its machine has been silent for ten minutes, and that is told', async () => {
    let nowMs = Date.now();
    await reopen(() => nowMs, nowMs);
    const { key } = await hub.enrol();
    const { agent } = await hub.connect(key, { machine: machine('a'), boot: machine('1') });
    await agent.close();
    const early = await second(key, { machine: machine('b'), boot: machine('2') });
    expect(await early.next('error')).toMatchObject({ code: 'other-machine' });
    nowMs += 11 * 60_000;
    await hub.connect(key, { machine: machine('b'), boot: machine('2') });
    expect(hub.eventsOf('machine-moved')).toHaveLength(1);
  });
});
