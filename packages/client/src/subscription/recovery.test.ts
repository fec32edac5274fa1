import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostId, keys, ModelHub } from '../../test/model-hub.ts';
import { VirtualEnvironment } from '../../test/virtual-environment.ts';
import { Client } from '../client.ts';
import type { SubscriptionState } from '../types.ts';
import { LINGER_MS, RETIRED_KEPT } from './subscriptions.ts';

interface World {
  readonly hub: ModelHub;
  readonly environment: VirtualEnvironment;
  readonly client: Client;
}

function start(): World {
  const hub = new ModelHub();
  const environment = new VirtualEnvironment(hub.dial);
  const client = new Client({ url: 'http://hub.test' }, environment);
  client.subscribeTopic('fleet');
  client.connect();
  pass({ hub, environment, client }, 0);
  return { hub, environment, client };
}

function pass(
  { hub, environment }: Pick<World, 'hub' | 'environment' | 'client'>,
  spanMs: number,
): void {
  hub.answerDial();
  environment.pass(spanMs);
  hub.nowMs = environment.nowMs;
  hub.answerDial();
}

const state = (world: World): SubscriptionState | undefined =>
  world.client.subscriptions.getSnapshot()[0]?.state;
const operation = fc.oneof(
  { weight: 8, arbitrary: fc.constant('sample' as const) },
  { weight: 2, arbitrary: fc.constant('lose a frame' as const) },
  { weight: 1, arbitrary: fc.constant('break a frame' as const) },
  { weight: 1, arbitrary: fc.constant('cut' as const) },
  { weight: 1, arbitrary: fc.constant('restart' as const) },
  { weight: 1, arbitrary: fc.constant('leave and return' as const) },
  { weight: 1, arbitrary: fc.constant('store fails' as const) },
  { weight: 1, arbitrary: fc.constant('store works' as const) },
  { weight: 1, arbitrary: fc.constant('network down' as const) },
  { weight: 1, arbitrary: fc.constant('network up' as const) },
  { weight: 2, arbitrary: fc.constant('keyframe in place of frames' as const) },
);

test('whatever is lost, the state ends as the hub’s, and every sample is held or lies in a gap that is shown', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 120, size: 'max' }), (operations) => {
      const world = start();
      const { hub, client } = world;
      let count = 0;
      let release = client.subscribeTopic('fleet');
      const apply = (kind: (typeof operations)[number]): void => {
        switch (kind) {
          case 'sample':
            hub.sample([++count, count % 3]);
            break;
          case 'lose a frame':
            hub.losing++;
            break;
          case 'break a frame':
            hub.broken++;
            break;
          case 'cut':
            hub.breakConnection();
            break;
          case 'restart':
            hub.restart();
            break;
          case 'leave and return':
            release();
            release = client.subscribeTopic('fleet');
            break;
          case 'store fails':
            hub.storeWorks = false;
            break;
          case 'store works':
            hub.storeWorks = true;
            break;
          case 'network down':
            hub.reachable = false;
            hub.breakConnection();
            break;
          case 'keyframe in place of frames':
            hub.sendKeyframe();
            break;
          case 'network up':
            hub.reachable = true;
            world.environment.wake();
            break;
        }
        pass(world, 1000);
      };
      for (const kind of operations) apply(kind);
      hub.losing = 0;
      hub.broken = 0;
      hub.reachable = true;
      // Long enough for every attempt, and one more sample to notice a frame lost last.
      for (let second = 0; second < 40; second++) apply('sample');
      expect(client.connection.getSnapshot().status).toBe('connected');
      expect(state(world)).toBe('subscribed');
      const [host] = client.fleet.getSnapshot();
      expect(host?.series).toEqual({ [keys[0]]: count, [keys[1]]: count % 3 });
      const { timesMs, values } = client.series(hostId, keys[0]).getSnapshot();
      const held = new Map(Array.from(timesMs, (timeMs, index) => [timeMs, values.at(index)]));
      const { gaps } = client.stats.getSnapshot();
      const first = timesMs.at(0) ?? Infinity;
      for (const [timeMs, [value]] of hub.stored) {
        if (timeMs < first) continue;
        if (held.has(timeMs)) expect(held.get(timeMs)).toBe(value);
        else expect(gaps.some(({ fromMs, toMs }) => timeMs >= fromMs && timeMs <= toMs)).toBe(true);
      }
      for (const timeMs of held.keys()) expect(hub.stored.has(timeMs)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('a frame lost on the way is asked for again and recovered, not backfilled', () => {
  const world = start();
  const { hub, client } = world;
  for (let count = 1; count <= 5; count++) {
    hub.losing = count === 3 ? 1 : 0;
    hub.sample([count, 0]);
    pass(world, 1000);
  }
  expect([...client.series(hostId, keys[0]).getSnapshot().values]).toEqual([1, 2, 3, 4, 5]);
  expect(client.stats.getSnapshot()).toMatchObject({ recovered: 1, backfilled: 0, gaps: [] });
});

test('a frame that cannot be decoded is counted and asked for again', () => {
  const world = start();
  const { hub, client } = world;
  hub.sample([1, 0]);
  hub.broken = 1;
  pass(world, 1000);
  hub.sample([2, 0]);
  pass(world, 1000);
  expect(client.stats.getSnapshot()).toMatchObject({ malformedFrames: 1, recovered: 1 });
  expect([...client.series(hostId, keys[0]).getSnapshot().values]).toEqual([1, 2]);
  hub.send(Uint8Array.of(9));
  expect(client.stats.getSnapshot().malformedFrames).toBe(2);
});

test('when the store cannot help, the gap is recorded and shown between the points', () => {
  const world = start();
  const { hub, client } = world;
  for (let count = 1; count <= 5; count++) {
    hub.sample([count, 0]);
    pass(world, 1000);
  }
  const beforeMs = hub.nowMs;
  hub.storeWorks = false;
  hub.restart();
  hub.reachable = false;
  for (let count = 6; count <= 15; count++) {
    pass(world, 1000);
    hub.sample([count, 0]);
  }
  hub.reachable = true;
  pass(world, 30_000);
  hub.sample([16, 0]);
  pass(world, 1000);
  const { gaps, timesMs } = client.series(hostId, keys[0]).getSnapshot();
  // The keyframe brought one sample from within, on either side of which it is still unknown.
  expect(gaps.at(0)).toMatchObject({ topic: 'fleet', fromMs: beforeMs - 1000 });
  expect(gaps.at(0)?.toMs).toBe(timesMs.at(5));
  expect([...client.series(hostId, keys[0]).getSnapshot().values]).toEqual([1, 2, 3, 4, 5, 15, 16]);
  expect(client.stats.getSnapshot().gaps).toHaveLength(1);
});

test('a topic that was left for a while resumes where it was', () => {
  const world = start();
  const { client } = world;
  const other = client.subscribeTopic(`host:${hostId}`);
  pass(world, 1000);
  other();
  pass(world, 10_000);
  expect(client.subscriptions.getSnapshot().map(({ topic }) => topic)).toEqual(['fleet']);
  client.subscribeTopic(`host:${hostId}`);
  pass(world, 0);
  expect(client.stats.getSnapshot().recovered).toBe(1);
});

test('a hub that answers nonsense again and again is asked at most once a second', () => {
  const world = start();
  const { hub, client } = world;
  hub.sample([1, 0]);
  const asked = (): number => {
    const { recovered, backfilled } = client.stats.getSnapshot();
    return recovered + backfilled;
  };
  const before = asked();
  for (let index = 0; index < 100; index++) {
    hub.broken = 1;
    hub.sample([index + 2, 0]);
    pass(world, 100);
  }
  expect(asked() - before).toBeGreaterThan(5);
  expect(asked() - before).toBeLessThanOrEqual(11);
});

test('of the topics that were left, the newest are kept to be resumed', () => {
  const world = start();
  const { hub, client } = world;
  const topics = Array.from({ length: RETIRED_KEPT + 5 }, (_, index) => `host:h${index}` as const);
  for (const topic of topics) {
    const release = client.subscribeTopic(topic);
    release();
    pass(world, LINGER_MS);
  }
  hub.asked.length = 0;
  for (const topic of [topics.at(0), topics.at(-1)]) if (topic) client.subscribeTopic(topic);
  pass(world, 0);
  expect(hub.asked.map(({ since }) => since === undefined)).toEqual([true, false]);
});

test('a topic held with several priorities is asked for with the lowest, and resumed by time when it changes', () => {
  const world = start();
  const { hub, client } = world;
  hub.sample([1, 0]);
  pass(world, 1000);
  hub.asked.length = 0;
  const topic = `host:${hostId}` as const;
  const high = client.subscribeTopic(topic, { minPriority: 'high' });
  pass(world, 0);
  const low = client.subscribeTopic(topic, { minPriority: 'medium' });
  client.subscribeTopic(topic, { minPriority: 'critical' });
  pass(world, 0);
  low();
  pass(world, 0);
  high();
  pass(world, 0);
  expect(hub.asked.map(({ minPriority, since }) => [minPriority, since?.epoch])).toEqual([
    ['high', undefined],
    ['medium', 0],
    ['high', 0],
    ['critical', 0],
  ]);
});
