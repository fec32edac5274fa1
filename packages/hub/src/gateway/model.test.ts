/** Random life: hosts come, change and go, a client joins, leaves, loses its connection; its state is the hub's. */
import { headlineKeys, type Cursor, type FrameHost } from '@openmanager/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { atLeast } from '../ports/index.ts';
import { Follower, startHub, stateOf, type TestHub } from '../../test/gateway/hub.ts';

const A = 'aaaaaaaaaaaa';
const ids = [A, 'bbbbbbbbbbbb', 'cccccccccccc'];
const priorities = ['low', 'high'] as const;
type Topic = 'fleet' | `host:${string}`;

const host = fc.constantFrom(...ids);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('set'), host, value: fc.nat(50), high: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('keys'), host, count: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove'), host }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('late'), host }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.constantFrom(10, 60, 1100, 70_000) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reconnect') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('again') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('settle') }) },
) as fc.Arbitrary<{
  do: string;
  host: string;
  value: number;
  high: boolean;
  count: number;
  ms: number;
}>;

function expected(hub: TestHub, topic: Topic, min: 'low' | 'high'): Record<string, unknown> {
  const ticks = hub.live
    .all()
    .filter((tick) => topic === 'fleet' || topic === `host:${tick.hostId}`);
  const shown = ticks.filter((tick) => topic !== 'fleet' || atLeast(tick.priority, min));
  if (topic !== 'fleet') return stateOf(shown);
  const headlines = shown.map((tick): FrameHost => {
    const codes = headlineKeys.map((key) => tick.codes[tick.keys.indexOf(key)] ?? 0);
    return { ...tick, keys: headlineKeys, codes: Float64Array.from(codes) };
  });
  return stateOf(headlines);
}

test('whatever happens, a subscriber ends with the state of the hub and without a hole', async () => {
  const start = fc.record({
    topic: fc.constantFrom<Topic>('fleet', `host:${A}`),
    min: fc.constantFrom(...priorities),
  });
  await fc.assert(
    fc.asyncProperty(
      start,
      fc.array(step, { minLength: 5, maxLength: 30 }),
      async ({ topic, min }, steps) => {
        const hub = await startHub({ limits: { ringEntries: 4 } });
        let client = await Follower.connect(hub.url);
        const subscribe = async (since?: Cursor): Promise<void> => {
          if (topic !== 'fleet' && hub.live.state(A) === undefined)
            hub.live.set(A, [1], { keys: headlineKeys.slice(0, 1) });
          const answer = await client.subscribe(topic, min, since);
          expect(answer).toMatchObject({ ok: true });
        };
        try {
          await subscribe();
          for (const action of steps) {
            const tick = hub.live.state(action.host);
            if (action.do === 'set') {
              const keys = tick?.keys ?? headlineKeys.slice(0, 2);
              const priority = action.high ? 'high' : 'low';
              hub.live.set(
                action.host,
                keys.map((_, index) => action.value + index),
                { keys, priority },
              );
            } else if (action.do === 'keys') {
              const keys = headlineKeys.slice(0, action.count);
              hub.live.set(
                action.host,
                keys.map(() => 5),
                { keys },
              );
            } else if (action.do === 'remove') hub.live.remove(action.host);
            else if (action.do === 'late') {
              const columns = [Float64Array.of(1)];
              hub.live.tellLate({
                hostId: action.host,
                keys: headlineKeys.slice(0, 1),
                timesMs: [1],
                columns,
              });
            } else if (action.do === 'wait') {
              hub.time.pass(Math.min(action.ms, 1100));
              // Or it would be given up for silence.
              if (action.ms > 1100) await client.settle();
              hub.time.pass(action.ms - Math.min(action.ms, 1100));
            } else if (action.do === 'settle') await client.settle();
            else if (action.do === 'again') await subscribe(client.cursor);
            else {
              const before = client;
              before.socket.disconnect();
              client = await Follower.connect(hub.url);
              client.succeed(before);
              await subscribe(before.cursor);
            }
          }
          hub.time.pass(1100);
          await client.settle();
          expect(stateOf(client.hosts)).toEqual(expected(hub, topic, min));
          expect(client.holes).toBe(0);
        } finally {
          client.socket.disconnect();
          await hub.stop();
        }
      },
    ),
    { numRuns: 150 },
  );
});

test('what is sent again after a change of layout is known by its header', async () => {
  const hub = await startHub();
  const client = await Follower.connect(hub.url);
  try {
    const two = headlineKeys.slice(0, 2);
    hub.live.set(A, [1, 2], { keys: two });
    expect(await client.subscribe(`host:${A}`)).toMatchObject({ ok: true });
    await client.settle();
    // A delta of two keys, then a keyframe of one; both are on their way when the client asks for them again.
    hub.live.set(A, [3, 400], { keys: two });
    hub.time.pass(20);
    hub.live.set(A, [5], { keys: headlineKeys.slice(0, 1) });
    hub.time.pass(2000);
    expect(await client.subscribe(`host:${A}`, undefined, client.cursor)).toMatchObject({
      recovery: 'recovered',
    });
    await client.settle();
    expect(stateOf(client.hosts)).toEqual(expected(hub, `host:${A}`, 'low'));
    expect(client.holes).toBe(0);
  } finally {
    client.socket.disconnect();
    await hub.stop();
  }
});
