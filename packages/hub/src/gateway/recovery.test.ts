import { headlineKeys, type Cursor } from '@openmanager/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LateRows } from '../ports/index.ts';
import { FakeLive, HandTime } from '../../test/gateway/fakes.ts';
import { Follower, startHub, stateOf, type TestHub } from '../../test/gateway/hub.ts';

const A = 'aaaaaaaaaaaa';
const B = 'bbbbbbbbbbbb';
const CPU = headlineKeys[0];
let hub: TestHub;
let first: Follower;
let followers: Follower[];
beforeEach(async () => {
  hub = await startHub();
  hub.live.set(A, [1], { keys: [CPU] });
  first = await Follower.connect(hub.url);
  followers = [first];
});
afterEach(async () => {
  for (const { socket } of followers) socket.disconnect();
  await hub.stop();
});

/** A new connection that has what `first` had. */
async function back(
  of: Follower = first,
  url: string = hub.url,
): Promise<{ follower: Follower; since: Cursor }> {
  of.socket.disconnect();
  const follower = await Follower.connect(url);
  followers.push(follower);
  follower.succeed(of);
  return { follower, since: of.cursor as Cursor };
}

function change(value: number): void {
  hub.live.set(A, [value]);
  hub.time.pass(50);
}

test('a short break: exactly the missed frames, keyframes and late rows among them', async () => {
  await first.subscribe('fleet');
  change(2);
  await first.settle();
  const { follower, since } = await back();
  change(3);
  hub.live.set(B, [9], { keys: [CPU] });
  hub.time.pass(50);
  hub.live.tellLate({ hostId: A, keys: [CPU], timesMs: [5], columns: [Float64Array.of(1)] });
  change(4);
  expect(await follower.subscribe('fleet', undefined, since)).toMatchObject({
    recovery: 'recovered',
    channel: 1,
  });
  change(5);
  await follower.settle();
  expect(follower.kinds).toEqual(['delta', 'keyframe', 'backfill', 'delta', 'delta']);
  expect(follower.offsets).toEqual([2, 3, 4, 5, 6]);
  expect(follower.hosts.map(({ codes }) => codes[0])).toEqual([5, 9]);
  expect(hub.history.calls).toEqual([]);
});

test('nothing was missed: nothing is sent', async () => {
  await first.subscribe('fleet');
  await first.settle();
  const { follower, since } = await back();
  expect(await follower.subscribe('fleet', undefined, since)).toMatchObject({
    recovery: 'recovered',
  });
  change(2);
  await follower.settle();
  expect(follower.kinds).toEqual(['delta']);
});

test('longer than the ring: a keyframe and the rows of history for what is shown', async () => {
  await first.subscribe(`host:${A}`);
  await first.settle();
  const { follower, since } = await back();
  // The channel ends a minute after its last holder.
  hub.time.pass(120_000);
  hub.live.set(A, [7]);
  const rows: LateRows = {
    hostId: A,
    keys: [CPU],
    timesMs: [10, 20],
    columns: [Float64Array.of(0.5, 0.6)],
  };
  hub.history.answer = () => rows;
  const answer = await follower.subscribe(`host:${A}`, undefined, since);
  expect(answer).toMatchObject({
    recovery: 'backfilled',
    fromMs: since.timeMs,
    toMs: hub.time.now(),
  });
  await follower.settle();
  expect(follower.kinds).toEqual(['keyframe', 'backfill']);
  expect(follower.backfills).toMatchObject([{ ...rows, offset: 0 }]);
  expect(follower.hosts[0]?.codes[0]).toBe(7);
  // Samples that came in up to 30 s after they were taken may be older than the cursor.
  expect(hub.history.calls).toEqual([
    { hostId: A, keys: undefined, fromMs: since.timeMs - 30_000, toMs: hub.time.now() },
  ]);
});

test('an old cursor does not fit a channel that was let go and made anew', async () => {
  await first.subscribe(`host:${A}`);
  for (const value of [2, 3, 4]) change(value);
  await first.settle();
  const { follower, since } = await back();
  hub.time.pass(120_000);
  await follower.subscribe(`host:${A}`);
  const other = await Follower.connect(hub.url);
  followers.push(other);
  for (const value of [5, 6, 7]) change(value);
  expect(await other.subscribe(`host:${A}`, undefined, since)).toMatchObject({
    recovery: 'backfilled',
  });
});

test('what changes while history is read follows the keyframe', async () => {
  await first.subscribe('fleet');
  let open = (): void => undefined;
  hub.history.gate = new Promise((resolve) => {
    open = resolve;
  });
  const other = await Follower.connect(hub.url);
  followers.push(other);
  const asked = other.subscribe('fleet', undefined, {
    epoch: 1,
    offset: 3,
    timeMs: hub.time.now() - 5000,
  });
  await first.settle();
  await other.settle();
  change(2);
  hub.live.set(B, [9], { keys: [CPU] });
  hub.time.pass(50);
  change(3);
  open();
  expect(await asked).toMatchObject({ recovery: 'backfilled' });
  change(4);
  await other.settle();
  await first.settle();
  expect(other.offsets).toEqual([0, 1, 2, 3, 4]);
  expect(stateOf(other.hosts)).toEqual(stateOf(first.hosts));
  expect(hub.history.calls).toMatchObject([{ hostId: A, keys: headlineKeys }]);
});

test('a client that leaves while history is read leaks nothing', async () => {
  let open = (): void => undefined;
  hub.history.gate = new Promise((resolve) => {
    open = resolve;
  });
  void first
    .subscribe('fleet', undefined, { epoch: 1, offset: 3, timeMs: hub.time.now() - 5000 })
    .catch(() => undefined);
  await first.settle();
  first.socket.disconnect();
  await expect.poll(() => hub.gateway.stats().clients).toBe(0);
  open();
  await expect.poll(() => hub.time.pending).toBe(1);
  hub.time.pass(60_000);
  const other = await Follower.connect(hub.url);
  followers.push(other);
  expect(await other.subscribe('fleet')).toMatchObject({ channel: 2 });
});

test('clients that come back together ask history once', async () => {
  const since = { epoch: 1, offset: 3, timeMs: hub.time.now() - 5000 };
  for (let index = 0; index < 5; index++) {
    const follower = await Follower.connect(hub.url);
    followers.push(follower);
    expect(await follower.subscribe('fleet', undefined, since)).toMatchObject({
      recovery: 'backfilled',
    });
    change(index);
    await follower.settle();
    expect(follower.hosts[0]?.codes[0]).toBe(index);
  }
  expect(hub.history.calls).toHaveLength(1);
});

test.each([
  ['too many rows', 1000, (): LateRows | 'too-many' => 'too-many'],
  [
    'a store that fails',
    1000,
    () => {
      throw new Error('disk');
    },
  ],
  [
    'more than an hour',
    3_600_001,
    (hostId: string) => ({ hostId, keys: [], timesMs: [], columns: [] }),
  ],
])('%s: a gap is said', async (_, ageMs, answer) => {
  hub.history.answer = answer;
  const now = hub.time.now();
  const since = { epoch: 1, offset: 3, timeMs: now - ageMs };
  expect(await first.subscribe('fleet', undefined, since)).toMatchObject({
    recovery: 'gap',
    fromMs: now - ageMs,
    toMs: now,
  });
  await first.settle();
  expect(first.kinds).toEqual(['keyframe']);
});

test('a fleet of more than 64 hosts is not read from history', async () => {
  for (let index = 0; index < 64; index++)
    hub.live.set(`host${String(index).padStart(8, '0')}`, [1], { keys: [CPU] });
  const since = { epoch: 1, offset: 3, timeMs: hub.time.now() - 1000 };
  expect(await first.subscribe('fleet', undefined, since)).toMatchObject({ recovery: 'gap' });
  hub.live.remove(A);
  hub.time.pass(2000);
  expect(await first.subscribe('fleet', undefined, since)).toMatchObject({
    recovery: 'backfilled',
  });
});

test('a cursor from the future or of another start of the hub is not resumed', async () => {
  await first.subscribe('fleet');
  await first.settle();
  const cursor = first.cursor as Cursor;
  const ahead = { ...cursor, offset: cursor.offset + 5, timeMs: cursor.timeMs + 60_000 };
  expect(await first.subscribe('fleet', undefined, ahead)).toMatchObject({
    recovery: 'backfilled',
    fromMs: hub.time.now(),
  });
  const time = new HandTime();
  time.pass(5000);
  const live = new FakeLive(time);
  live.set(A, [1], { keys: [CPU] });
  const restarted = await startHub({ time, live });
  const { follower, since } = await back(first, restarted.url);
  expect(await follower.subscribe('fleet', undefined, since)).toMatchObject({
    recovery: 'backfilled',
  });
  follower.socket.disconnect();
  await restarted.stop();
});

test('channels without holders are bounded, the longest idle go first', async () => {
  const small = await startHub({ limits: { idleChannels: 2 } });
  const ids = [A, B, 'cccccccccccc'];
  const follower = await Follower.connect(small.url);
  followers.push(follower);
  for (const id of ids) {
    small.live.set(id, [1], { keys: [CPU] });
    await follower.subscribe(`host:${id}`);
    await follower.ask('unsubscribe', { topic: `host:${id}` });
  }
  await follower.settle();
  const since = { epoch: small.time.now(), offset: 0, timeMs: small.time.now() };
  const answers = [];
  for (const id of ids.toReversed())
    answers.push(await follower.subscribe(`host:${id}`, undefined, since));
  expect(answers).toMatchObject([
    { recovery: 'recovered' },
    { recovery: 'recovered' },
    { recovery: 'backfilled' },
  ]);
  follower.socket.disconnect();
  await small.stop();
});
